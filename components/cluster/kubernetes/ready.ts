import {
  clusterAt,
  isReady,
  podObstacle,
  quote,
  WaitTimeout,
  watch,
  type Cluster,
  type ClusterAddress,
  type Obstacle,
} from "../../kubernetes";
import { kind, Unfinished, type Step, type StepInputs } from "../../step";

/** Not secret. */
interface MongoDBReadyInputs extends StepInputs, ClusterAddress {
  /** The name of the `MongoDBCommunity`. */
  readonly name: string;
  /** The resource's generation, which changes with its spec. */
  readonly generation: number;
  readonly timeoutSeconds: number;
}

/** Waits for MongoDB if the resource is new, has a new spec, or the last wait failed. Does nothing on a rollback. */
export const mongoDBReady: Step<MongoDBReadyInputs, object> = {
  ...kind<MongoDBReadyInputs, object>("MongoDBReady", ["cluster", "kubernetes"], [], []),
  id: ({ namespace, name }) => `${namespace}/${name}`,
  compares: ["namespace", "name", "generation"],
  forward: async (inputs) => {
    const { name, timeoutSeconds } = inputs;
    try {
      const cluster = await clusterAt(inputs);
      await watch(cluster, "MongoDB", timeoutSeconds, async () => {
        const found = await readResource(cluster, name);
        const problem = diagnose(found);
        if (problem === undefined) return [];
        const unready = [
          ...(found.status?.phase === undefined ? await cluster.list("Pod", operatorPods) : []),
          ...(await cluster.list("Pod", `app=${name}-svc`)),
        ].filter((pod) => !isReady(pod));
        return [
          { object: `mongodbcommunity ${name}`, ...problem },
          ...unready.map((pod) => podObstacle(pod)),
        ];
      });
      console.log(`MongoDB: ${name} runs`);
      return {};
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reasons =
        error instanceof WaitTimeout
          ? [`MongoDB ${name} is not running ${error.message}`]
          : [`The wait for MongoDB ${name} failed.`, error.message];
      const resumeHint =
        "No later step was started. Fix the cause and run pulumi up again: it continues to wait.";
      throw new Unfinished([...reasons, resumeHint], {});
    }
  },
};

// Label of the chart `mongodb-kubernetes`.
const operatorPods = "app.kubernetes.io/name=mongodb-kubernetes-operator";

/** The fields of a `MongoDBCommunity` that this step reads. */
interface MongoDBCommunity {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
  /** Absent until the operator has seen the resource. */
  readonly status?: { readonly phase?: string; readonly message?: string };
}

/** The replica set's resource. @throws ClusterError if absent, or if the API refuses */
export async function readResource(cluster: Cluster, name: string): Promise<MongoDBCommunity> {
  return (await cluster.read("MongoDBCommunity", name)) as MongoDBCommunity;
}

function diagnose(found: MongoDBCommunity): Omit<Obstacle, "object"> | undefined {
  const { phase, message } = found.status ?? {};
  const detail = quote(message);
  switch (phase) {
    case undefined:
      return {
        found: "the operator does not answer",
        advice: "Check that the operator runs and watches this namespace.",
      };
    case "Running":
      if (isApplied(found)) return undefined;
      return {
        found: "running, but the last change is not applied yet",
        detail,
        advice: "See the operator's log for the reason.",
      };
    default:
      return { found: phase, detail, advice: "See the pods below, and the operator's log." };
  }
}

// The annotation with the last applied spec, as JSON.
const lastAppliedAnnotation = "mongodb.com/v1.lastSuccessfulConfiguration";

/**
 * Whether the operator has applied this spec. The phase is not enough: it stays `Running` for the former spec
 * until the operator has seen the change.
 */
export function isApplied({ metadata, spec }: MongoDBCommunity): boolean {
  const text = metadata.annotations?.[lastAppliedAnnotation];
  return text !== undefined && contains(JSON.parse(text), spec);
}

// Kubernetes normalizes quantities: 1024Mi becomes 1Gi.
const quantities = ["requests", "limits"];

function contains(whole: unknown, part: unknown): boolean {
  if (isEmpty(part)) return isEmpty(whole);
  if (Array.isArray(part)) {
    if (!Array.isArray(whole) || whole.length !== part.length) return false;
    return part.every((item, at) => contains(whole[at], item));
  }
  if (typeof part !== "object" || part === null) return whole === part;
  const members = (whole ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(part).every(
    ([key, value]) => quantities.includes(key) || contains(members[key], value),
  );
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) {
    return Object.values(value).every(isEmpty);
  }
  return value === undefined || value === null || value === false || value === 0 || value === "";
}
