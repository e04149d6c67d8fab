import { describePlace } from "../../../kubernetes";
import { kind, Unfinished, type Step } from "../../../step";
import { namespaceAt } from "./api";
import { untilReady, type MongoDBReadyInputs } from "./ready";

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
    const reasons = await waitUntilReady(inputs);
    if (reasons.length > 0) throw new Unfinished([...reasons, goOn], {});
    return {};
  },
};

const goOn =
  "No later step was started. Fix the cause and run pulumi up again: it continues to wait.";

/** What MongoDB waits for, or what the API says, in words; nothing where MongoDB runs. */
async function waitUntilReady(inputs: MongoDBReadyInputs): Promise<readonly string[]> {
  const { name, timeoutSeconds } = inputs;
  try {
    const namespace = await namespaceAt(inputs);
    const reasons = await untilReady(namespace, inputs, console.log);
    if (reasons.length === 0) return [];
    const where = describePlace(namespace.place);
    return [`MongoDB ${name} is not running after ${timeoutSeconds} s, in ${where}:`, ...reasons];
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return [`The wait for MongoDB ${name} failed.`, error.message];
  }
}
