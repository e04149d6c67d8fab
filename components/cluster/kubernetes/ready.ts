import {
  clusterAt,
  inFull,
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

/** None of it is secret. */
interface MongoDBReadyInputs extends StepInputs, ClusterAddress {
  /** The name of the `MongoDBCommunity` resource. */
  readonly name: string;
  /** The resource's generation: another one is another spec, and makes the step wait again. */
  readonly generation: number;
  readonly timeoutSeconds: number;
}

/**
 * The wait for MongoDB: where the resource is new or has another spec, or where the last wait did not
 * finish. A rollback needs no MongoDB.
 */
export const mongoDBReady: Step<MongoDBReadyInputs, object> = {
  ...kind<MongoDBReadyInputs, object>("MongoDBReady", ["cluster", "kubernetes"], [], []),
  id: ({ namespace, name }) => `${namespace}/${name}`,
  compares: ["namespace", "name", "generation"],
  forward: async (inputs) => {
    const { name, timeoutSeconds } = inputs;
    try {
      const cluster = await clusterAt(inputs);
      await watch(cluster, {
        ...{ what: "MongoDB", timeoutSeconds },
        look: async (moment) => {
          const found = await readResource(cluster, name);
          const matter = diagnose(found);
          if (matter === undefined) return [];
          const unready = [
            ...(found.status?.phase === undefined ? await cluster.list("Pod", operatorPods) : []),
            ...(await cluster.list("Pod", `app=${name}-svc`)),
          ].filter((pod) => !isReady(pod));
          return [
            { object: `mongodbcommunity ${name}`, ...matter },
            ...unready.map((pod) => podObstacle(pod, moment)),
          ];
        },
      });
      console.log(`MongoDB: ${name} runs`);
      return {};
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      const reasons =
        error instanceof WaitTimeout
          ? [`MongoDB ${name} is not running ${error.when}:`, ...error.obstacles.map(inFull)]
          : [`The wait for MongoDB ${name} failed.`, error.message];
      const resumeHint =
        "No later step was started. Fix the cause and run pulumi up again: it continues to wait.";
      throw new Unfinished([...reasons, resumeHint], {});
    }
  },
};

// Of the chart `mongodb-kubernetes`.
const operatorPods = "app.kubernetes.io/name=mongodb-kubernetes-operator";

/** A `MongoDBCommunity` resource, as far as the wait looks at it. */
interface MongoDBCommunity {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
  /** The operator's answer; absent until it has seen the resource. */
  readonly status?: { readonly phase?: string; readonly message?: string };
}

/** The replica set's resource. @throws ClusterError if it is not there, or the API refuses */
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
      if (confirms(found)) return undefined;
      return {
        found: "running, but the last change is not applied yet",
        detail,
        advice: "See the operator's log for the reason.",
      };
    default:
      return { found: phase, detail, advice: "See the pods below, and the operator's log." };
  }
}

// Where the operator writes the spec that it has applied, as JSON.
const confirmation = "mongodb.com/v1.lastSuccessfulConfiguration";

/**
 * Whether the operator has applied the spec as it stands. The phase is not enough: until
 * the operator has seen a change it says `Running` of the spec before.
 */
export function confirms({ metadata, spec }: MongoDBCommunity): boolean {
  const text = metadata.annotations?.[confirmation];
  return text !== undefined && holds(JSON.parse(text), spec);
}

// Kubernetes writes the quantities in these in its own way: 1024Mi becomes 1Gi.
const quantities = ["requests", "limits"];

function holds(whole: unknown, part: unknown): boolean {
  if (isEmpty(part)) return isEmpty(whole);
  if (Array.isArray(part)) {
    if (!Array.isArray(whole) || whole.length !== part.length) return false;
    return part.every((item, at) => holds(whole[at], item));
  }
  if (typeof part !== "object" || part === null) return whole === part;
  const members = (whole ?? {}) as Readonly<Record<string, unknown>>;
  return Object.entries(part).every(
    ([key, value]) => quantities.includes(key) || holds(members[key], value),
  );
}

function isEmpty(value: unknown): boolean {
  if (typeof value === "object" && value !== null) {
    return Object.values(value).every(isEmpty);
  }
  return value === undefined || value === null || value === false || value === 0 || value === "";
}
