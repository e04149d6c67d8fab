import type * as pulumi from "@pulumi/pulumi";
import { UnfinishedStep } from "../../../dynamic";
import { placeInWords } from "../../../kubernetes";
import { namespaceAt } from "./api";
import type { MongoDBReadyInputs, MongoDBReadyState } from "./inputs";
import { untilReady } from "./ready";

let filesystemMode = false;

/**
 * The dynamic provider of the wait for MongoDB. It waits where the resource is new or has another
 * spec, or where the last wait did not finish; never in filesystem mode, which needs no MongoDB.
 */
const MongoDBReady: Required<pulumi.dynamic.ResourceProvider> = {
  configure: async ({ config }) => {
    filesystemMode = config.get("storageMode") === "filesystem";
    return Promise.resolve();
  },
  check: (_olds, news: MongoDBReadyInputs) => Promise.resolve({ inputs: news }),
  diff: (_id, state: MongoDBReadyState, { namespace, name, generation }: MongoDBReadyInputs) => {
    const isOther =
      state.namespace !== namespace || state.name !== name || state.generation !== generation;
    return Promise.resolve({ changes: !filesystemMode && (!state.applied || isOther) });
  },
  create: async (inputs: MongoDBReadyInputs) => {
    const id = `${inputs.namespace}/${inputs.name}`;
    return { id, outs: await waitedFor(id, inputs) };
  },
  update: async (id, state: MongoDBReadyState, news: MongoDBReadyInputs) => ({
    outs: filesystemMode ? state : await waitedFor(id, news),
  }),
  read: (id, props: MongoDBReadyState) => Promise.resolve({ id, props }),
  delete: () => Promise.resolve(),
};

export const providers = { MongoDBReady };

/** @throws UnfinishedStep with what MongoDB waits for, or with what the API says */
async function waitedFor(id: string, inputs: MongoDBReadyInputs): Promise<MongoDBReadyState> {
  if (filesystemMode) return { ...inputs, applied: false };
  const { name, timeoutSeconds } = inputs;
  const goOn =
    "Nothing after it was begun. Mend the cause, then run pulumi up again: it goes on waiting.";
  try {
    const namespace = await namespaceAt(inputs);
    const reasons = await untilReady(namespace, inputs, console.log);
    if (reasons.length === 0) return { ...inputs, applied: true };
    const where = placeInWords(namespace.place);
    const first = `MongoDB ${name} does not run after ${timeoutSeconds} s, in ${where}:`;
    throw new UnfinishedStep(id, inputs, [first, ...reasons, goOn]);
  } catch (error) {
    if (error instanceof UnfinishedStep || !(error instanceof Error)) throw error;
    throw new UnfinishedStep(id, inputs, [
      `MongoDB ${name} was not waited for.`,
      error.message,
      goOn,
    ]);
  }
}
