import { version } from "../../package.json";
import { interrupted } from "./interruption";
import { JobError, runJob, stateRoot } from "./jobs";
import { uriFacts } from "../settings/uri";
import {
  hyphenated,
  Unfinished,
  type JobForm,
  type MongoInputs,
  type StateOf,
  type Step,
  type StepInputs,
} from "./step";

export type AnyStep = Step<StepInputs, object>;
export type AnyState = StateOf<StepInputs, object>;

/** A Job's request, without a secret. */
export interface StepRequest {
  /** The project's version; a Job of another version refuses the request. */
  readonly version: string;
  readonly inputs: StepInputs;
  /** The prior outputs that the step declares; absent in the first run. */
  readonly state?: object;
}

/** A Job's answer: its results, or why it did not finish. */
export type Answer =
  | { readonly results: object }
  | { readonly unfinished: { readonly reasons: readonly string[]; readonly results?: object } };

/** Runs a step in the engine or as a Job. */
export async function workOf(
  step: AnyStep,
  inputs: StepInputs,
  state?: AnyState,
): Promise<object | undefined> {
  const { job: form } = step;
  const { job } = inputs as MongoInputs;
  if (job === undefined || form === undefined) return inDirection(step, inputs, state);
  if (form.coveredBy) return form.coveredBy;
  const asked = {
    kind: hyphenated(step.name),
    direction: inputs.direction === "back" ? ("back" as const) : ("forward" as const),
    request: JSON.stringify(requestOf(form, inputs, state)),
    ...(form.state && { state: form.state }),
  };
  await form.guard?.(inputs, state);
  const signal = form.endsEarly ? interrupted : undefined;
  const answer = await runJob(job, asked, signal).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    const reasons = error instanceof JobError ? error.reasons : [text];
    const instead = form.onJobFailure?.(reasons, state);
    if (instead === undefined) throw new Unfinished(reasons);
    return { results: instead };
  });
  await form.guard?.(inputs, state);
  const known = answer as Answer;
  if ("unfinished" in known) {
    throw new Unfinished(known.unfinished.reasons, known.unfinished.results);
  }
  // A rollback keeps the results that its pod does not return.
  const kept = inputs.direction === "back" && state ? pick(state, step.results) : {};
  return { ...kept, ...known.results };
}

/**
 * Runs a step in a Job's pod.
 *
 * @param uri the connection string from the pod's Secret; secret
 * @throws Error if another version of the project made the request
 */
export async function workInPod(step: AnyStep, request: StepRequest, uri: string): Promise<Answer> {
  if (request.version !== version) {
    throw new Error(
      `The image of the Job has version ${version}, but the stack needs version ${request.version}. ` +
        `Nothing was done. Set jobs.image to version ${request.version}.`,
    );
  }
  const { database = uriFacts(uri)?.database, ...others } = request.inputs as MongoInputs;
  const inputs = { ...others, uri, database, isInPod: true };
  const state = request.state as AnyState | undefined;
  const whole = inputs.direction === "back" ? undefined : step.job?.forward?.bind(step.job);
  try {
    const results = await (whole ? whole(inputs, state) : inDirection(step, inputs, state));
    return { results: results ?? {} };
  } catch (error) {
    if (!(error instanceof Unfinished)) throw error;
    const { reasons, results } = error;
    return { unfinished: { reasons, ...(results && { results }) } };
  }
}

async function inDirection(step: AnyStep, inputs: StepInputs, state?: AnyState) {
  return inputs.direction === "back" ? step.back?.(inputs, state) : step.forward(inputs, state);
}

function requestOf(
  { state: mounted, priorOutputs = [], engineOnly = [] }: JobForm<StepInputs, object>,
  inputs: StepInputs,
  state?: AnyState,
): StepRequest {
  // The pod gets the connection string from a Secret.
  const left: readonly string[] = ["uri", "hosts", "job", ...engineOnly];
  const keys = Object.keys(inputs).filter((key) => !left.includes(key));
  const sent: StepInputs & { readonly root?: string } = pick(inputs, keys);
  const { root } = sent;
  // Messages name the state directory as the settings do.
  const inPod = { root: stateRoot, ...(root !== undefined && { rootName: root }) };
  return {
    version,
    inputs: { ...sent, ...(mounted && inPod) },
    ...(state && { state: pick(state, priorOutputs) }),
  };
}

function pick(from: StepInputs, keys: readonly string[]): StepInputs {
  return Object.fromEntries(Object.entries(from).filter(([key]) => keys.includes(key)));
}
