import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { UnfinishedStep } from "../../dynamic";
import { placeInWords } from "../../kubernetes";
import { namespaceAt, type Namespace } from "./api";
import { drain, undoDrain } from "./drain";
import {
  drainInputsOf,
  replacedInputsOf,
  type DrainInputs,
  type DrainRequestInputs,
  type DrainRequestState,
  type DrainState,
  type PodsReplacedInputs,
  type PodsReplacedState,
  type ServiceAddress,
} from "./inputs";
import { podsReplaced } from "./replaced";
import { foreseenCutover, unknownCutover } from "./unknown-cutover";
import { goOn, waysOut, webIsNext } from "../ways-out";

/** What all have in common: a refresh asks no cluster, and deleting leaves the service alone. */
const passive = {
  configure: () => Promise.resolve(),
  check: (_olds: unknown, inputs: unknown) => Promise.resolve({ inputs }),
  read: (id: string, props: unknown) => Promise.resolve({ id, props }),
  delete: () => Promise.resolve(),
};

/**
 * The dynamic provider of what is recorded before a drain begins. Where the engine is killed during
 * the drain, its state knows nothing of it; a mode that is taken back then is a second change here,
 * and makes the drain look at the replicas.
 */
const DrainRequest: Required<pulumi.dynamic.ResourceProvider> = {
  ...passive,
  diff: (_id, state: DrainRequestState, news: DrainRequestInputs) =>
    Promise.resolve({ changes: state.mode !== news.mode }),
  create: (inputs: DrainRequestInputs) =>
    Promise.resolve({ id: `${inputs.service}/drain-request`, outs: { ...inputs, requests: 0 } }),
  update: (_id, state: DrainRequestState, news: DrainRequestInputs) =>
    Promise.resolve({ outs: { ...news, requests: state.requests + 1 } }),
};

/**
 * The dynamic provider of a service's drain. It drains when the mode becomes another one than that
 * of the last finished drain; a service that is new to the stack and in filesystem mode is left as
 * it is, and refused, in a preview already, where the stack is to take it there from MongoDB. A drain
 * that was not finished and whose mode was then taken back is undone.
 */
const Drain: Required<pulumi.dynamic.ResourceProvider> = {
  ...passive,
  check: async (olds: object, news: DrainInputs) => {
    const isNew = Object.keys(olds).length === 0;
    const reason = isNew ? await foreseenCutover(news) : undefined;
    return { inputs: news, failures: reason === undefined ? [] : [{ property: "mode", reason }] };
  },
  diff: (_id, state: DrainState, news: DrainInputs) => {
    const same = isDeepStrictEqual(drainInputsOf(state), drainInputsOf(news));
    return Promise.resolve({ changes: !state.applied || !same });
  },
  create: async (inputs: DrainInputs) => {
    const id = `${inputs.namespace}/${inputs.service}/drain`;
    // What was out of reach in the check is asked again: nothing of this step is kept where it fails.
    const reason = await unknownCutover(inputs);
    if (reason !== undefined)
      throw new Error(`${inputs.service} was not taken to files. ${reason}`);
    const begins = { requests: 0, drains: 0, finished: "filesystem", applied: true } as const;
    const state = { ...inputs, ...begins };
    return { id, outs: await drained(id, state, inputs) };
  },
  update: async (id, state: DrainState, news: DrainInputs) => ({
    outs: await drained(id, state, news),
  }),
};

/**
 * The dynamic provider of the wait for a service's new pods; it begins with putting replicas back.
 * In the worker's step of a release that holds both services web's rests: pods of web that do not
 * come must not keep the worker from going back.
 */
const PodsReplaced: Required<pulumi.dynamic.ResourceProvider> = {
  ...passive,
  diff: (_id, state: PodsReplacedState, news: PodsReplacedInputs) => {
    const same = isDeepStrictEqual(replacedInputsOf(state), replacedInputsOf(news));
    return Promise.resolve({ changes: !rests(news) && (!state.applied || !same) });
  },
  create: async (inputs: PodsReplacedInputs) => {
    const id = `${inputs.namespace}/${inputs.service}/pods`;
    if (rests(inputs)) return { id, outs: { ...inputs, applied: true } };
    const begins = { ...inputs, mode: "filesystem", applied: true } as const;
    return { id, outs: await replaced(id, begins, inputs) };
  },
  update: async (id, state: PodsReplacedState, news: PodsReplacedInputs) => ({
    outs: rests(news) ? state : await replaced(id, state, news),
  }),
};

/** The real dynamic providers. */
export const providers = { DrainRequest, Drain, PodsReplaced };

function rests({ service, step }: PodsReplacedInputs): boolean {
  return service === "web" && step === "worker";
}

async function drained(id: string, state: DrainState, news: DrainInputs): Promise<DrainState> {
  const { drains, finished, applied, requests = news.requests } = state;
  const outs = { ...news, drains, finished, applied: true };
  const isWanted = news.mode !== finished;
  if (!isWanted && applied && requests === news.requests) return outs;
  await finishing(id, outs, `${news.service} was not drained`, async (namespace) => {
    if (isWanted) return drain(namespace, news, console.log);
    await undoDrain(namespace, news, console.log);
    return [];
  });
  return isWanted ? { ...outs, drains: drains + 1, finished: news.mode } : outs;
}

async function replaced(
  id: string,
  state: PodsReplacedState,
  inputs: PodsReplacedInputs,
): Promise<PodsReplacedState> {
  const outs = { ...inputs, applied: true };
  const failure = `The pods of ${inputs.service} in ${inputs.mode} mode are not all there, or not alone`;
  const step = (namespace: Namespace) => podsReplaced(namespace, inputs, console.log);
  await finishing(id, outs, failure, step, waysOut(inputs));
  const arrives = state.mode !== inputs.mode || !state.applied;
  // In web's step of a release that holds both, web is there before or comes with the worker.
  const isAhead = inputs.service === "worker" && inputs.step !== "web";
  if (arrives && isAhead) console.log(webIsNext(inputs));
  return outs;
}

/**
 * Does a step. However it fails, it is one that has begun: the next `up` has to come back to it even
 * where the mode was taken back meanwhile, or a service might be left without replicas.
 *
 * @throws UnfinishedStep with what `step` returns or throws
 */
async function finishing(
  id: string,
  outs: ServiceAddress & { readonly timeoutSeconds: number },
  failure: string,
  step: (namespace: Namespace) => Promise<readonly string[]>,
  advice = goOn,
): Promise<void> {
  const namespace = await namespaceAt(outs);
  const reasons = await step(namespace).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new UnfinishedStep(id, outs, [`${failure}.`, message, advice]);
  });
  if (reasons.length === 0) return;
  const where = placeInWords(namespace.place);
  const first = `${failure} after ${outs.timeoutSeconds} s, in ${where}:`;
  throw new UnfinishedStep(id, outs, [first, ...reasons, advice]);
}
