import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { ConnectionError, sameServer } from "../mongo";
import { workOf, type AnyStep } from "./work";
import { timesAfter } from "./times";
import { Unfinished, type MongoInputs, type StateOf, type Step, type StepInputs } from "./step";

type State = StateOf<StepInputs, object>;
type Provider = Required<pulumi.dynamic.ResourceProvider>;

/** The dynamic provider of a step; no other code of this project implements provider methods. */
export function providerOf<Inputs extends StepInputs, Results extends object>(
  typed: Step<Inputs, Results>,
): Provider {
  const step = typed as unknown as AnyStep;
  // A refresh sees only outputs, which are those of the last direction that the step went.
  let isRollback = false;
  return {
    configure: ({ config }) => {
      isRollback = config.get("storageMode") === "filesystem";
      return Promise.resolve();
    },
    check: async (olds: StepInputs, news: StepInputs) => {
      const inputs = step.isOncePerCutover ? countCutover(olds, news) : news;
      const refusal = await step.refuses?.(inputs, Object.keys(olds).length > 0 ? olds : undefined);
      return { inputs, failures: refusal ? [refusal] : [] };
    },
    diff: async (_id, state: State, news: StepInputs) => {
      if (rests(step, news)) return { changes: false };
      const isDue = await hasToRun(step, state, news);
      const lines = isDue ? await step.foresees?.(state, news) : undefined;
      for (const line of lines ?? []) console.log(line);
      return { changes: isDue || isRotated(step, state, news) };
    },
    create: async (inputs: StepInputs) => {
      const id = step.id(inputs);
      if (rests(step, inputs)) return { id, outs: { ...inputs, applied: false } };
      return { id, outs: await run(step, id, inputs) };
    },
    update: async (id, state: State, news: StepInputs) => {
      if (rests(step, news)) return { outs: state };
      if (await hasToRun(step, state, news)) return { outs: await run(step, id, news, state) };
      return { outs: step.followsServer ? { ...state, uri: (news as MongoInputs).uri } : state };
    },
    read: async (id, state: State) => {
      const isResting = isRollback && step.back === undefined;
      // What runs as Jobs is not looked at: the engine does not reach the database.
      const isApart = isResting || (state as MongoInputs).job !== undefined;
      if (isApart || !state.applied || !step.reads) return { id, props: state };
      const drift = await readOrWarn(id, step.reads(state));
      return drift === undefined ? {} : { id, ...applyDrift(step, state, drift) };
    },
    delete: () => Promise.resolve(),
  };
}

/**
 * Counts the cutovers: one more where the step goes forward again after it did not. Nothing else about
 * the files or the database makes a step run that runs once in each.
 */
function countCutover(olds: StepInputs, news: StepInputs): StepInputs {
  const isKnown = Object.keys(olds).length > 0;
  const begins = isKnown && olds.direction !== "forward" && news.direction === "forward";
  return { ...news, cutover: (olds.cutover ?? 1) + (begins ? 1 : 0) };
}

function rests(step: AnyStep, { direction }: StepInputs): boolean {
  return direction === "rest" || (direction === "back" && step.back === undefined);
}

async function hasToRun(step: AnyStep, state: State, inputs: StepInputs): Promise<boolean> {
  const turns = step.back !== undefined && state.direction !== inputs.direction;
  if (!state.applied || turns) return true;
  const compared = [...(step.compares ?? []), ...(step.isOncePerCutover ? ["cutover"] : [])];
  const differs = compared.some(
    (key) => !isDeepStrictEqual(memberOf(state, key), memberOf(inputs, key)),
  );
  const { uri } = inputs as MongoInputs;
  const moves = step.followsServer === true && !sameServer((state as MongoInputs).uri, uri);
  return differs || moves || ((await step.isDue?.(state, inputs)) ?? false);
}

function memberOf(from: object, key: string): unknown {
  return (from as Readonly<Record<string, unknown>>)[key];
}

function isRotated({ followsServer }: AnyStep, state: MongoInputs, { uri }: MongoInputs): boolean {
  return followsServer === true && state.uri !== uri;
}

/** @throws the engine's own form of `Unfinished`, by which it keeps a resource that is not finished */
async function run(step: AnyStep, id: string, inputs: StepInputs, state?: State): Promise<State> {
  const began = now();
  const recordTimes = (ended?: string) => {
    const times = timesAfter(inputs, state, { began, ...(ended !== undefined && { ended }) });
    return Object.keys(times).length > 0 ? { times } : {};
  };
  try {
    const results = await workOf(step, inputs, state);
    return { ...inputs, ...results, ...recordTimes(now()), applied: true };
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    const { message, reasons, results } = error;
    const kept = results ? { ...inputs, ...results } : (state ?? inputs);
    const properties = { ...kept, ...recordTimes(), applied: false };
    throw Object.assign(new Error(message), { id, properties, reasons });
  }
}

const now = () => new Date().toISOString();

/** A refresh uses the connection string of the state, whose password may be a former one. */
async function readOrWarn(id: string, reading: Promise<object | undefined>) {
  try {
    return await reading;
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    console.warn(`warning: ${id} was not refreshed. ${error.message}`);
    return {};
  }
}

/** Inputs are returned only with a drift: those in the state must not be created again. */
function applyDrift({ results }: AnyStep, state: State, drift: object) {
  if (Object.keys(drift).length === 0) return { props: state };
  const others: readonly string[] = ["applied", "times", "__provider", ...results];
  const inputs = Object.entries({ ...state, ...drift }).filter(([key]) => !others.includes(key));
  return { props: { ...state, ...drift }, inputs: Object.fromEntries(inputs) as object };
}
