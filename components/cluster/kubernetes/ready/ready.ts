import {
  type ClusterAddress,
  type Obstacle,
  isReady,
  podObstacle,
  quote,
  watch,
} from "../../../kubernetes";
import type { StepInputs } from "../../../step";
import type { MongoDBCommunity, Namespace } from "./api";

/** Inputs of the wait for MongoDB in Kubernetes. None of it is secret. */
export interface MongoDBReadyInputs extends StepInputs, ClusterAddress {
  /** The name of the `MongoDBCommunity` resource. */
  readonly name: string;
  /** The resource's generation: another one is another spec, and makes the step wait again. */
  readonly generation: number;
  readonly timeoutSeconds: number;
}

/** The pods of the operator that the chart `mongodb-kubernetes` makes. */
const operatorPods = "app.kubernetes.io/name=mongodb-kubernetes-operator";

/**
 * Waits until the operator says that MongoDB runs with the spec as it stands.
 *
 * @param say takes a line of progress
 * @returns what it waits for when the time is over, pods and why; nothing where it runs
 * @throws ClusterError where the API refuses
 */
export async function untilReady(
  namespace: Namespace,
  { name, timeoutSeconds }: MongoDBReadyInputs,
  say: (line: string) => void,
): Promise<readonly string[]> {
  const remain = await watch({
    ...{ what: "MongoDB", timeoutSeconds, say, warnings: namespace.warnings },
    look: async (moment) => {
      const found = await namespace.mongoDBCommunity(name);
      const matter = matterOf(found);
      if (matter === undefined) return [];
      const pods = [
        ...(found.status?.phase === undefined ? await namespace.pods(operatorPods) : []),
        ...(await namespace.pods(`app=${name}-svc`)),
      ].filter((pod) => !isReady(pod));
      return [
        { object: `mongodbcommunity ${name}`, ...matter },
        ...pods.map((pod) => podObstacle(pod, moment)),
      ];
    },
  });
  if (remain.length === 0) say(`MongoDB: ${name} runs`);
  return remain;
}

/** Why MongoDB is not ready, in the operator's words; undefined where it is. */
function matterOf(found: MongoDBCommunity): Omit<Obstacle, "object"> | undefined {
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

/** Where the operator writes the spec that it has brought about, as JSON. */
const confirmation = "mongodb.com/v1.lastSuccessfulConfiguration";

/**
 * Whether the operator has brought about the spec as it stands. The phase alone does not tell: until
 * the operator has seen a change it says `Running` of the spec before.
 */
export function confirms({ metadata, spec }: MongoDBCommunity): boolean {
  const text = metadata.annotations?.[confirmation];
  return text !== undefined && holds(JSON.parse(text), spec);
}

/** Kubernetes writes the quantities in these in its own way: 1024Mi becomes 1Gi. */
const quantities = ["requests", "limits"];

/** Whether `whole` has all that `part` says. The operator leaves out what is empty, and adds defaults. */
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
