import { sameServer } from "../../mongo";
import { type StateSize, cutoverInForce, measureRuns, readCutoverRecord } from "../../state";
import { type StateOf, unknownValue } from "../../step";
import { formatCount, formatDuration, formatSize } from "../../text";
import type {
  BulkPassResults,
  FinalPassInputs,
  FirstVerificationInputs,
  FirstVerificationResults,
  PassInputs,
  PassResults,
  StateInputs,
} from "./inputs";
import { namedState, stateOf } from "./sides";

/** Describes a bulk pass before it runs; undefined if it will import and export nothing. */
export async function describeBulkPass(
  inputs: PassInputs,
  state?: Partial<StateOf<PassInputs, BulkPassResults>>,
): Promise<string | undefined> {
  const { direction, job } = inputs;
  const { root } = namedState(inputs);
  if (direction === "back") {
    const isEnding = job ? state !== undefined : await isInForce(inputs);
    return isEnding
      ? `Export what changed in MongoDB to ${root}, before the worker stops.`
      : undefined;
  }
  if (await isTakenOver(inputs)) return undefined;
  if (job) return `Import the runs in ${root} by a Job, which counts them.`;
  const size = describeSize(await measureRuns(stateOf(inputs)));
  const isSameServer = sameServer(state?.uri, inputs.uri) && state?.database === inputs.database;
  return state?.report && isSameServer
    ? `Import what changed in ${root} since the last import: it has ${size}.`
    : `Import ${size} from ${root}.`;
}

function describeSize({ runs, isMore = false, bytes }: StateSize): string {
  const size = bytes === undefined ? "" : `, ${formatSize(bytes)}`;
  return `${isMore ? "more than " : ""}${formatCount(runs, "run")}${size}`;
}

/** Describes a first verification before it runs; undefined if it has nothing to verify. */
export async function describeFirst(
  inputs: FirstVerificationInputs,
  state?: Partial<FirstVerificationResults>,
): Promise<string | undefined> {
  if (inputs.importedAt === undefined || (await isInForce(inputs))) return undefined;
  const { importMs } = state?.report?.firstVerification ?? {};
  const last =
    importMs === undefined
      ? ""
      : `: ${formatDuration(importMs)} last time, for which the worker will stop too`;
  return `Verify the import, then import what changed meanwhile${last}.`;
}

/** Describes a handover before it runs; undefined if it will import and export nothing. */
export async function describeHandover(
  inputs: PassInputs,
  state?: PassResults,
): Promise<string | undefined> {
  const { direction, cutover } = inputs;
  if (direction === "back") {
    const isEnding = state?.cutoverRecord !== undefined || (await isInForce(inputs));
    return isEnding ? `Export the rest, and end cutover ${cutover}.` : undefined;
  }
  if (await isTakenOver(inputs)) return undefined;
  return `Import the rest, and record cutover ${cutover}: then MongoDB is the source of truth.`;
}

/** Describes a final pass before it runs; undefined if it will import and export nothing. */
export async function describeFinalPass(inputs: FinalPassInputs): Promise<string | undefined> {
  const { direction, cutoverAt, job, confirm } = inputs;
  const then = (command: string) =>
    confirm ? ` Then deploy worker and web, and run \`taskrunner-storage ${command}\`.` : "";
  if (direction === "back") {
    // A preview may not know the handover's result.
    const isUnknown = cutoverAt === unknownValue && !job;
    const isEnding = isUnknown ? await isInForce(inputs) : cutoverAt !== undefined;
    return isEnding ? `Export what web wrote to MongoDB meanwhile.${then("export")}` : undefined;
  }
  return (await isTakenOver(inputs))
    ? undefined
    : `Import what web wrote to files meanwhile.${then("import --cutover-pass final")}`;
}

/** Whether the stack takes over services that work on MongoDB. A preview may not know the claim's result. */
async function isTakenOver({ takenOver = "", ...inputs }: StateInputs): Promise<boolean> {
  return takenOver === unknownValue ? isInForce(inputs) : takenOver !== "";
}

/** Whether the state directory has a cutover in force; false if only a Job can read it. */
async function isInForce(inputs: StateInputs): Promise<boolean> {
  if (inputs.job) return false;
  return cutoverInForce(await readCutoverRecord(stateOf(inputs).root)) !== undefined;
}
