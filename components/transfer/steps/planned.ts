import { sameServer } from "../../mongo";
import { type StateSize, cutoverInForce, measureState, readCutoverRecord } from "../../state";
import { type StateOf, unknownValue } from "../../step";
import { formatCount, formatSize } from "../../text";
import type { BulkPassResults, PassInputs, StateInputs } from "./inputs";
import { namedState, stateOf } from "./sides";

/** Describes the bulk pass of a cutover before it runs; undefined if it will import nothing. */
export async function describeBulkImport(
  inputs: PassInputs,
  state?: Partial<StateOf<PassInputs, BulkPassResults>>,
): Promise<string | undefined> {
  const { root } = namedState(inputs);
  if (await isTakenOver(inputs)) return undefined;
  if (inputs.job) return `Import the runs in ${root} by a Job, which counts them.`;
  const size = describeSize(await measureState(stateOf(inputs)));
  const isSameServer = sameServer(state?.uri, inputs.uri) && state?.database === inputs.database;
  return state?.report && isSameServer
    ? `Import what changed in ${root} since the last import: it has ${size}.`
    : `Import ${size} from ${root}.`;
}

/** Whether the stack takes over services that work on MongoDB. A preview may not know the claim's result. */
async function isTakenOver({ takenOver = "", job, ...inputs }: StateInputs): Promise<boolean> {
  if (takenOver !== unknownValue || job) return takenOver !== "";
  return cutoverInForce(await readCutoverRecord(stateOf(inputs).root)) !== undefined;
}

function describeSize({ runs, isMore = false, bytes }: StateSize): string {
  const size = bytes === undefined ? "" : `, ${formatSize(bytes)}`;
  return `${isMore ? "more than " : ""}${formatCount(runs, "run")}${size}`;
}

/** Describes the bulk pass of a rollback before it runs; undefined if no cutover is to be ended. */
export async function describeBulkExport(
  inputs: PassInputs,
  state?: object,
): Promise<string | undefined> {
  if (!state) return undefined;
  const record = inputs.job ? undefined : await readCutoverRecord(stateOf(inputs).root);
  if (!inputs.job && !cutoverInForce(record)) return undefined;
  return `Export what changed in MongoDB to ${namedState(inputs).root}, before the worker stops.`;
}
