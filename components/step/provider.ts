import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { type Finding, findingsFrom, formatPrinted, warning } from "../text";
import { ClusterError, KubeconfigError } from "../kubernetes";
import { ConnectionError, sameServer } from "../mongo";
import { reportFindings, reportLine } from "./jobs";
import { workOf, type AnyState as State, type AnyStep } from "./work";
import { onlyInstance, Unfinished, type MongoInputs, type Step, type StepInputs } from "./step";

type Provider = Required<pulumi.dynamic.ResourceProvider>;

/** The dynamic provider of a step; no other code of this project implements provider methods. */
export function providerOf<Inputs extends StepInputs, Results extends object>(
  typed: Step<Inputs, Results>,
): Provider {
  const step = typed as unknown as AnyStep;
  const { withNulls, withoutNulls, lacksAny } = resultsOf(step);
  let stackMode: string | undefined;
  let isPreview = false;
  /** The inputs of a look, which a preview takes quickly. */
  const looking = (inputs: StepInputs): StepInputs =>
    isPreview ? { ...inputs, isPreview: true } : inputs;
  return {
    configure: ({ config }) => {
      stackMode = config.get("storageMode");
      return Promise.resolve();
    },
    check: async (olds: StepInputs, { isPreview: preview, ...news }: StepInputs) => {
      isPreview = preview === true;
      const known = Object.keys(olds).length > 0 ? olds : undefined;
      try {
        const inputs = { ...news, ...(await step.observes?.(looking(news), known)) };
        const stops = reportFindings((await step.findings?.(looking(inputs), known)) ?? []);
        const isNew = !known && stops.length === 0 && !skips(step, inputs);
        if (isPreview && isNew) await describe(step, looking(inputs));
        return { inputs, failures: stops.map(toFailure) };
      } catch (error) {
        if (!isUnanswered(error)) throw error;
        return { inputs: news, failures: [toFailure({ ...unanswered, text: error.message })] };
      }
    },
    diff: async (_id, outs: State, news: StepInputs) => {
      const state = withoutNulls(outs);
      if (skips(step, news)) return { changes: false };
      const isDue = await reportDue(step, state, looking(news));
      if (isPreview && isDue) await describe(step, looking(news), state);
      const { uri } = news as MongoInputs;
      const isRotated = step.followsServer === true && (state as MongoInputs).uri !== uri;
      return { changes: isDue || isRotated || lacksAny(outs) };
    },
    create: async (inputs: StepInputs) => {
      const id = step.id(inputs);
      if (skips(step, inputs)) return { id, outs: withNulls({ ...inputs, applied: null }) };
      return { id, outs: withNulls(await run(step, id, inputs)) };
    },
    update: async (id, outs: State, news: StepInputs) => {
      const state = withoutNulls(outs);
      if (skips(step, news)) return { outs };
      if (await hasToRun(step, state, news))
        return { outs: withNulls(await run(step, id, news, state)) };
      const { uri } = news as MongoInputs;
      return { outs: withNulls(step.followsServer ? { ...outs, uri } : outs) };
    },
    read: async (id, outs: State) => {
      const state = withoutNulls(outs);
      // A refresh sees only outputs, which are those of the last direction that the step went. One of several
      // environments may have another mode than the stack's setting.
      const isOfStack = (state.instance ?? onlyInstance) === onlyInstance;
      const isRollback = isOfStack && stackMode === "filesystem";
      const isSkipped = isRollback && step.back === undefined;
      // A step that runs as a Job is not refreshed: the engine does not reach the database.
      const isApart = isSkipped || (state as MongoInputs).job !== undefined;
      if (isApart || !state.applied || !step.reads) return { id, props: outs };
      return refresh(step, id, outs, state);
    },
    delete: async (_id, outs: State) => {
      await step.cleansUp?.(withoutNulls(outs));
    },
  };
}

/** Prints, in a preview, what a step that is due will do. */
async function describe(step: AnyStep, inputs: StepInputs, state?: State): Promise<void> {
  try {
    const text = await step.describes?.(inputs, state);
    findingsFrom(text, { severity: "info", code: "planned" }).forEach(reportLine);
  } catch {
    // The step's findings, or its run, report the error.
  }
}

async function refresh(
  step: AnyStep,
  id: string,
  outs: State,
  state: State,
): Promise<pulumi.dynamic.ReadResult> {
  let drift: object | undefined;
  try {
    drift = await step.reads?.(state);
  } catch (error) {
    // A refresh uses the connection string of the state, whose password may be a former one.
    if (!(error instanceof ConnectionError)) throw error;
    const text = `${id} was not refreshed. ${error.message}`;
    console.warn(formatPrinted(warning("not-refreshed", text)));
    return { id, props: outs };
  }
  if (drift === undefined) return {};
  // Inputs are returned only with a drift: those in the state must not be created again.
  if (Object.keys(drift).length === 0) return { id, props: outs };
  const props = { ...outs, ...drift };
  const others: readonly string[] = ["applied", "__provider", ...step.results];
  const inputs = Object.entries(props).filter(([key]) => !others.includes(key));
  return { id, props, inputs: Object.fromEntries(inputs) as object };
}

const unanswered = { severity: "stop", code: "cluster-not-checked" } as const;

const isUnanswered = (error: unknown): error is Error =>
  error instanceof ClusterError || error instanceof KubeconfigError;

/** Without a property: the engine would put it and its value before our text. */
function toFailure({ code, text }: Finding): pulumi.dynamic.CheckFailure {
  return { property: "", reason: `${text} [${code}]` };
}

/**
 * The state has a null for each result that a run did not have, because an output that the state lacks is unknown in
 * each preview, also in one without changes. The state of an earlier version gets it without a run. A step sees an
 * absent result as undefined.
 */
function resultsOf({ results }: AnyStep) {
  const names: readonly string[] = results;
  const none = Object.fromEntries(names.map((name) => [name, null]));
  return {
    lacksAny: (outs: State) => names.some((name) => !(name in outs)),
    withNulls: <Outs extends object>(outs: Outs): Outs => ({ ...none, ...outs }),
    withoutNulls: (outs: State): State => {
      const members = Object.entries(outs);
      const there = members.filter(([name, value]) => value !== null || !names.includes(name));
      return Object.fromEntries(there) as unknown as State;
    },
  };
}

function skips(step: AnyStep, { direction }: StepInputs): boolean {
  return direction === "back" && step.back === undefined;
}

async function hasToRun(step: AnyStep, state: State, inputs: StepInputs): Promise<boolean> {
  const changesDirection = step.back !== undefined && state.direction !== inputs.direction;
  if (!state.applied || changesDirection) return true;
  const before: Readonly<Record<string, unknown>> = { ...state };
  const asked: Readonly<Record<string, unknown>> = { ...inputs };
  const differs = (step.compares ?? []).some((key) => !isDeepStrictEqual(before[key], asked[key]));
  const { uri } = inputs as MongoInputs;
  const moves = step.followsServer === true && !sameServer((state as MongoInputs).uri, uri);
  return differs || moves || ((await step.isDue?.(state, inputs)) ?? false);
}

/** Whether a step has to run; prints its findings if so. */
async function reportDue(step: AnyStep, state: State, inputs: StepInputs): Promise<boolean> {
  try {
    const isDue = await hasToRun(step, state, inputs);
    const found = isDue ? await step.findings?.(inputs, state, state) : undefined;
    found?.forEach(reportLine);
    return isDue;
  } catch (error) {
    // Without an answer of the cluster the update looks again, and stops.
    if (isUnanswered(error)) return true;
    throw error;
  }
}

/** @throws the engine's own form of `Unfinished`, by which it keeps a resource that is not finished */
async function run(step: AnyStep, id: string, inputs: StepInputs, state?: State): Promise<State> {
  try {
    const results = await workOf(step, inputs, state);
    return { ...inputs, ...outputsOf(results), applied: true };
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    const { message, reasons, results } = error;
    const kept = results ? { ...inputs, ...outputsOf(results) } : (state ?? inputs);
    const properties = resultsOf(step).withNulls({ ...kept, applied: false });
    throw Object.assign(new Error(message), { id, properties, reasons });
  }
}

/**
 * Results as outputs are, without undefined members at any depth: one of them makes the engine fail, or wait forever.
 */
function outputsOf(results: object = {}): object {
  return JSON.parse(JSON.stringify(results)) as object;
}
