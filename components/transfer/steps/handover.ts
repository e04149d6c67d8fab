import { findChangesSince, redrainHint, type DrainSnapshot } from "../../kubernetes";
import { requireCutover } from "../../ledger";
import {
  countJobs,
  cutoverInForce,
  isBetweenRollouts,
  readCutoverRecord,
  withdrawFinalPass,
} from "../../state";
import { type StateOf, type Step, reportLine, Unfinished } from "../../step";
import { describeStop, cutoverSections } from "../describe/cutover";
import { jobSections, removedSections, windowSections } from "../describe/import";
import { toMessages } from "../describe/sections";
import type { Report } from "../reports";
import { recordCutover, recordFinalPass } from "../rollback/cutover-record";
import { findSince } from "../updated";
import { hasToImport, importPass, namedSides, requireSame } from "./import";
import {
  type FinalPassInputs,
  type HandoverInputs,
  type PassResults,
  type StateInputs,
  FinalPass,
  Handover,
} from "./inputs";
import { describeFinalPass, describeHandover } from "./planned";
import { foreseeRollback, isDueAgain, keepEarlierResults, runRollbackPass } from "./rollback";
import { namedState, sidesOf, stateOf } from "./sides";

/**
 * The delta pass, once per cutover, between the worker's drain and its rollout. Forward it imports what the worker
 * wrote since the bulk pass, so that the worker does not execute finished steps again, and records the cutover in the
 * ledger and `cutover.json`: from this moment MongoDB is the source of truth (docs/design.md#the-cutovers-record). Back
 * it exports what changed in MongoDB; if MongoDB is lost, it holds unfinished runs: their files move to `held/`, where
 * no worker finds them (docs/design.md#held-runs).
 */
export const handover: Step<HandoverInputs, PassResults> = {
  ...Handover,
  id: ({ database = "" }) => `${database}/handover`,
  isDue: (state, inputs) => {
    if (inputs.direction === "back" && isDueAgain(state, inputs)) return true;
    // The worker wrote files until it was drained again. In a rollback, a killed cutover may have been recorded since.
    // No other change runs this step beside a live worker.
    const { stoppedAt } = inputs;
    if (state.stoppedAt === undefined || stoppedAt === undefined) return false;
    return state.stoppedAt !== stoppedAt;
  },
  job: {
    state: "write",
    // A pod has no access to the API: the engine looks before it and after it.
    engineOnly: ["drainSnapshot", "stoppedAt"],
    guard: assertStillDrained,
    priorOutputs: ["direction", "cutoverRecord", "rollback"],
    onJobFailure: keepEarlierResults,
  },
  findings: async (inputs, _prior, state) => (state ? foreseeRollback(state, inputs) : []),
  describes: describeHandover,
  forward: async (inputs, state) => {
    const { ledger, electionSeconds, takenOver } = inputs;
    // The worker is stopped, so retries last only as long as an election may take.
    const sides = { ...(await sidesOf(inputs)), retryMs: electionSeconds * 1_000 };
    const onDisk = await readCutoverRecord(sides.root);
    // A stack that lost this step's state finds the worker on MongoDB since that cutover.
    const isMade = wasNeverDrained(inputs) && cutoverInForce(onDisk) !== undefined;
    if (takenOver || isMade) return { ...(onDisk && { cutoverRecord: onDisk }) };
    // After a rollback that did not finish, the services may still work on the former database.
    const former = state?.direction === "forward" ? state.cutoverRecord?.at : undefined;
    if (former !== undefined) await requireCutover(sides.database, ledger, former, sides);
    const since = await findSince(sides);
    const readNames = new Set<string>();
    const imported = await importPass(sides, "delta", { readNames });
    const reasons = describeStop(imported, await namedSides(inputs), "delta");
    if (reasons.length > 0) throw new Unfinished(reasons);
    const { report } = await requireSame(imported, inputs, "delta", { readNames, since });
    // guarantee: no cutover is recorded over a worker that was scaled up since its drain
    await assertStillDrained(inputs);
    const drawn = await recordCutover({
      ...sides,
      ledger,
      stack: inputs.stack,
      cutover: inputs.cutover,
      unfinishedCount: report.unfinishedRuns,
    });
    toMessages(cutoverSections(drawn, namedState(inputs).root)).forEach(reportLine);
    return {
      report: { ...report, ...(await reportJobs(inputs, true)) },
      cutoverRecord: drawn.cutoverRecord,
    };
  },
  // The engine of a cutover may have been killed before the stack learned of it.
  back: (inputs, state) =>
    runRollbackPass(
      inputs,
      state,
      "after the drain",
      (last) => state?.cutoverRecord ?? cutoverInForce(last),
      // guarantee: a rollback ends no cutover over a worker that was scaled up since its drain
      () => assertStillDrained(inputs, state),
    ),
};

/**
 * The final pass, after web's rollout. Forward it imports what web wrote to files until then, but updates no run that
 * MongoDB has. Back it exports what web wrote to MongoDB until then, even if the rollback creates this step because the
 * cutover stopped before it.
 */
export const finalPass: Step<FinalPassInputs, PassResults> = {
  ...FinalPass,
  id: ({ database = "" }) => `${database}/final-pass`,
  isDue: (state, inputs) => {
    // A cutover may have been recorded and stopped before this step.
    if (state.cutoverAt !== inputs.cutoverAt) return true;
    if (inputs.direction === "back") return isDueAgain(state, inputs);
    return state.webOnFilesAt !== inputs.webOnFilesAt || hasToImport(state, inputs);
  },
  describes: describeFinalPass,
  job: {
    state: "write",
    priorOutputs: ["direction", "cutoverAt", "webOnFilesAt", "rollback"],
    onJobFailure: keepEarlierResults,
  },
  forward: async (inputs, state) => {
    const { webOnFilesAt, cutoverAt } = inputs;
    const sides = await sidesOf(inputs);
    const wasOnFiles = webOnFilesAt !== undefined && webOnFilesAt !== state?.webOnFilesAt;
    // The check of the services does not reach the files of a Job.
    if (wasOnFiles) await withdrawFinalPass(sides.root, webOnFilesAt);
    const cutoverRecord = await readCutoverRecord(sides.root);
    // If the cutover came this far, web has written no file since.
    if (inputs.takenOver && cutoverRecord?.finalPassAt && !wasOnFiles) return {};
    // A pass that was interrupted is recorded already.
    const isFirst = state?.cutoverAt === undefined || state.cutoverAt !== cutoverAt;
    const isInWindow = isFirst || wasOnFiles || isBetweenRollouts(cutoverRecord);
    // Unseen, web may write files until somebody deploys it, and imports them by command.
    // guarantee: the final pass is recorded before it imports
    if (!inputs.confirm) await recordFinalPass({ ...sides, ledger: inputs.ledger });
    const report = await importPass(sides, "final", { isInWindow });
    const found = [...removedSections(report), ...windowSections(report, namedState(inputs))];
    toMessages(found).forEach(reportLine);
    return { report: { ...report, ...(await reportJobs(inputs)) } };
  },
  back: (inputs, state) =>
    runRollbackPass(inputs, state, "at the end", () => {
      return inputs.cutoverAt === undefined ? undefined : { at: inputs.cutoverAt };
    }),
};

/** Counts the jobs that wait, for the report, and prints them. */
async function reportJobs(
  inputs: StateInputs,
  isHandover = false,
): Promise<Pick<Report<"import">, "jobs">> {
  const state = stateOf(inputs);
  const found = await countJobs(state);
  if (!found) return {};
  // In the handover, the worker has had no time to take one.
  const jobs = isHandover ? { waiting: found.waiting } : found;
  toMessages(jobSections(jobs, state)).forEach(reportLine);
  return { jobs };
}

/** Whether the stack found the worker in Mongo mode instead of draining it. */
const wasNeverDrained = ({ drainSnapshot, stoppedAt }: HandoverInputs) =>
  drainSnapshot !== undefined && stoppedAt === undefined;

async function assertStillDrained(
  inputs: HandoverInputs,
  state?: StateOf<HandoverInputs, PassResults>,
): Promise<void> {
  const { direction, drainSnapshot, stoppedAt, takenOver } = inputs;
  if (drainSnapshot === undefined) return;
  if (direction === "back") {
    // After a finished rollback the worker runs.
    const isOver = state?.applied && state.direction === "back" && state.stoppedAt === stoppedAt;
    if (!isOver) await requireUnscaled(drainSnapshot);
    return;
  }
  if (takenOver) return;
  if (wasNeverDrained(inputs)) throw new Unfinished([neverDrained]);
  const found = await findChangesSince(drainSnapshot);
  if (found !== undefined) throw new Unfinished([`${found} ${redrainHint("the worker")}`]);
}

/** Without an answer a worker that executed steps on MongoDB meanwhile could start on older files. */
async function requireUnscaled(drainSnapshot: DrainSnapshot): Promise<void> {
  const stays = "The worker is not started on files.";
  const found = await findChangesSince(drainSnapshot).catch((error: unknown) => {
    const text = error instanceof Error ? error.message : String(error);
    throw new Unfinished([`${text} ${stays}`]);
  });
  if (found === undefined) return;
  throw new Unfinished([`${found} ${stays} The next \`pulumi up\` drains it and exports again.`]);
}

const neverDrained =
  "The worker changed to mongo mode before this stack drained it, so the files may lack what it executed there. This run recorded no cutover. Scale it to 0, run `taskrunner-storage export --all`, scale it up again, set storageMode: filesystem and " +
  "run `pulumi up`, which rolls it back. Then cut over again with the next number in cutover.";
