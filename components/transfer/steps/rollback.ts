import { type Finding, warning } from "../../text";
import { CutoverMissing } from "../../ledger";
import { ServerTroubleError } from "../../mongo";
import {
  type CutoverRecord,
  StateFolderError,
  readCutoverRecord,
  sourceOfTruth,
} from "../../state";
import { type StateOf, Unfinished, reportLine } from "../../step";
import { type ExportPass, describeRollbackPreview, rollbackSections } from "../describe/rollback";
import { reportProgress } from "../describe/progress";
import { toMessages } from "../describe/sections";
import { MongoUnreadableError } from "../rollback/reach";
import { previewRollback, runRollback } from "../rollback/rollback";
import { countHeld } from "../totals";
import type { PassInputs, PassResults } from "./inputs";
import { namedState, stateOf } from "./sides";

type Past = StateOf<PassInputs, PassResults>;

function keepResults(state: Partial<PassResults> = {}): PassResults {
  const { report, cutoverRecord, rollback } = state;
  return {
    ...(report && { report }),
    ...(cutoverRecord && { cutoverRecord }),
    ...(rollback && { rollback }),
  };
}

/**
 * Whether a finished rollback has to run again: a Job may export what an earlier one could not. Without `jobs`, you run
 * `taskrunner-storage export` for that, beside a live worker.
 */
export function isDueAgain({ rollback }: Past, { job }: PassInputs): boolean {
  if (job === undefined || rollback === undefined) return false;
  return rollback.unreachable !== undefined || countHeld(rollback) > 0;
}

type EndedCutover = Pick<CutoverRecord, "at" | "cutover">;

/**
 * The cutover since which MongoDB may have what the files lack; undefined if no cutover came this far, or a later one
 * stopped before it was recorded: no service has worked on MongoDB since the rollback.
 */
function cutoverToEnd(
  cutoverRecord: EndedCutover | undefined,
  last: CutoverRecord | undefined,
  cutover: number,
): EndedCutover | undefined {
  // The stack knows a later cutover than an older copy of the directory.
  const isOlderCopy =
    cutoverRecord !== undefined && last !== undefined && cutoverRecord.at > last.at;
  const isLater = last?.cutover !== undefined && cutover > last.cutover && !isOlderCopy;
  return isLater && sourceOfTruth(last) === "disk" ? undefined : cutoverRecord;
}

/**
 * Runs the handover or the final pass in a rollback: exports what changed in MongoDB, and ends the cutover if it is in
 * force.
 *
 * @param recordOf the cutover that the stack knows, by the last one of `cutover.json`
 * @param beforeEnd may stop it after the export, with the cutover in force
 * @throws Unfinished if it failed, and the services still work on MongoDB
 */
export async function runRollbackPass(
  inputs: PassInputs,
  state: Past | undefined,
  pass: ExportPass,
  recordOf: (last: CutoverRecord | undefined) => EndedCutover | undefined,
  beforeEnd: () => Promise<void> = () => Promise.resolve(),
): Promise<PassResults> {
  const { database: name, isInPod } = inputs;
  let cutoverAt = "";
  try {
    const last = await readCutoverRecord(stateOf(inputs).root);
    const cutoverRecord = cutoverToEnd(recordOf(last), last, inputs.cutover);
    if (cutoverRecord === undefined) return keepResults(state);
    const { cutover: ended } = cutoverRecord;
    cutoverAt = cutoverRecord.at;
    const asked = { ...inputs, uri: inputs.uri, name, cutoverAt, ended };
    const options = { ...asked, watch: console.log, beforeEnd };
    const rollback = await reportProgress("export", stateOf(inputs), (sides) =>
      runRollback(sides, options),
    );
    const known = { cutoverAt, isAgain: isInPod === true, pass };
    toMessages(rollbackSections(rollback, namedState(inputs), known)).forEach(reportLine);
    return { ...keepResults(state), rollback };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const earlier = keepEarlierResults([error.message], state);
    if (earlier) return earlier;
    // The step's state stays the cutover's, so that the next `up` resumes there.
    throw new Unfinished([
      `Export to ${namedState(inputs).root}: ${error.message} Exported files stay. ` +
        "Run `pulumi up` again, which resumes where it stopped." +
        (error instanceof ServerTroubleError
          ? ` If MongoDB cannot be read again, set advanced.abandonMongo: "${cutoverAt}" before that.`
          : ""),
    ]);
  }
}

/** Warns and keeps the earlier results if the services already work on files: then a failure stops no service. */
export function keepEarlierResults(
  reasons: readonly string[],
  state: Past | undefined,
): PassResults | undefined {
  // A step that a rollback created and that failed has no rollback yet.
  if (state?.direction !== "back" || state.rollback === undefined) return undefined;
  const text = `What changed in MongoDB is still only there. ${reasons.join(" ")}`;
  reportLine(warning("not-exported", text));
  return keepResults(state);
}

/**
 * Findings for the review of a rollback: whether MongoDB answers, if the engine can reach it, and the effects if not. In
 * `up` none: what the rollback then does, it says itself.
 */
export async function foreseeRollback(
  state: Past,
  inputs: PassInputs,
): Promise<readonly Finding[]> {
  const cutoverAt = state.cutoverRecord?.at;
  const isTurn = state.direction === "forward" && inputs.direction === "back";
  if (!inputs.isPreview || !isTurn || inputs.job || cutoverAt === undefined) return [];
  const { uri, database: name, root, ledger, abandonMongo } = inputs;
  try {
    const asked = { uri, name, cutoverAt, ledger, abandonMongo };
    const found = await previewRollback(stateOf(inputs), asked);
    return found ? describeRollbackPreview(found, root, cutoverAt) : [];
  } catch (error) {
    const isExpected =
      error instanceof CutoverMissing ||
      error instanceof StateFolderError ||
      error instanceof MongoUnreadableError;
    if (!isExpected) throw error;
    return [{ severity: "stop", code: "rollback-refused", text: error.message }];
  }
}
