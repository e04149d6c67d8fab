import {
  clusterAt,
  describePlace,
  isReady,
  podObstacle,
  quote,
  watch,
  type Cluster,
  type ClusterAddress,
  type Obstacle,
} from "../../kubernetes";
import { kind, Unfinished, type Step, type StepInputs } from "../../step";
import { confirms, type MongoDBCommunity } from "./confirmed";

/** Inputs of the wait for MongoDB in Kubernetes. None of it is secret. */
export interface MongoDBReadyInputs extends StepInputs, ClusterAddress {
  /** The name of the `MongoDBCommunity` resource. */
  readonly name: string;
  /** The resource's generation: another one is another spec, and makes the step wait again. */
  readonly generation: number;
  readonly timeoutSeconds: number;
}

export const MongoDBReady = kind<MongoDBReadyInputs, object>(
  "MongoDBReady",
  ["cluster", "kubernetes"],
  [],
  [],
);

/**
 * The wait for MongoDB: where the resource is new or has another spec, or where the last wait did not
 * finish. A rollback needs no MongoDB.
 */
export const mongoDBReady: Step<MongoDBReadyInputs, object> = {
  ...MongoDBReady,
  id: ({ namespace, name }) => `${namespace}/${name}`,
  compares: ["namespace", "name", "generation"],
  forward: async (inputs) => {
    const { name, timeoutSeconds } = inputs;
    let reasons: readonly string[];
    try {
      const cluster = await clusterAt(inputs);
      const { warnings, place } = cluster;
      const remain = await watch({
        ...{ what: "MongoDB", timeoutSeconds, say: console.log, warnings },
        look: async (moment) => {
          const found = await readResource(cluster, name);
          const matter = matterOf(found);
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
      if (remain.length === 0) {
        console.log(`MongoDB: ${name} runs`);
        return {};
      }
      const where = describePlace(place);
      reasons = [
        `MongoDB ${name} is not running after ${timeoutSeconds} s, in ${where}:`,
        ...remain,
      ];
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      reasons = [`The wait for MongoDB ${name} failed.`, error.message];
    }
    const goOn =
      "No later step was started. Fix the cause and run pulumi up again: it continues to wait.";
    throw new Unfinished([...reasons, goOn], {});
  },
};

/** The pods of the operator that the chart `mongodb-kubernetes` makes. */
const operatorPods = "app.kubernetes.io/name=mongodb-kubernetes-operator";

/** The replica set's resource. @throws ClusterError if it is not there, or the API refuses */
export async function readResource(cluster: Cluster, name: string): Promise<MongoDBCommunity> {
  return (await cluster.read("MongoDBCommunity", name)) as MongoDBCommunity;
}

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
