import { type Finding, warning } from "../../contract/finding";
import { findChangesSince, redrainHint } from "../../kubernetes";
import { FenceMissing, requireFence } from "../../ledger";
import { ServerTroubleError } from "../../mongo";
import { type Fence, StateFolderError } from "../../state";
import { type StateOf, type Step, tell, Unfinished } from "../../step";
import { describeFence, describeStop } from "../describe/cutover";
import { describeRollbackPreview, describeRollback } from "../describe/rollback";
import { drawFence } from "../rollback/fence";
import { MongoUnreadableError } from "../rollback/reach";
import { previewRollback, runRollback } from "../rollback/rollback";
import { hasToImport, importStage } from "./import";
import {
  type FirstHandoverInputs,
  Handover,
  type HandoverInputs,
  type HandoverResults,
  SecondHandover,
  type SecondHandoverInputs,
} from "./inputs";
import { truncateReport, sidesOf, stateOf } from "./sides";

type Past = StateOf<HandoverInputs, HandoverResults>;

/**
 * Between the worker's drain and its rollout, once a cutover. Forward: what the worker wrote since the
 * bulk import goes over, and the fence is drawn: without it the worker would start from a stale copy and
 * execute finished steps again (decision 9). Back: what changed in MongoDB since goes to the files, and
 * unfinished runs are held if MongoDB is lost (decision 10). A live worker must not meet it, so that
 * nothing but the direction and another drain makes it run.
 */
export const handover: Step<FirstHandoverInputs, HandoverResults> = {
  ...Handover,
  id: ({ database = "" }) => `${database}/handover`,
  isDue: (state, inputs) => {
    if (inputs.direction === "back") return isLeftBehind(state, inputs);
    // It wrote files until then: at a corrected address, or after a rollback that stopped on its way.
    const { drains } = state;
    return drains !== undefined && inputs.drains !== undefined && drains !== inputs.drains;
  },
  job: {
    state: "write",
    // A pod has no access to the API: the engine looks before it and after it.
    engineOnly: ["standstill", "drains"],
    guard: assertStillDrained,
    priorOutputs: ["direction", "heldRuns", "fence", "rollback"],
    onJobFailure: recordFailure,
  },
  previewFindings,
  forward: async (inputs, state) => {
    const { ledger, root, rootName = root } = inputs;
    const sides = await sidesOf(inputs);
    // After a rollback that did not finish, the services may still work on the former database.
    const former = state?.direction === "forward" ? state.fence?.at : undefined;
    if (former !== undefined) await requireFence(sides.database, ledger, former);
    const report = await importStage(sides, "delta");
    // MongoDB may have these runs as an earlier import brought them: a worker would repeat their steps.
    const reasons = describeStop(report, { ...inputs, root: rootName }, "delta");
    if (reasons.length > 0) throw new Unfinished(reasons);
    await assertStillDrained(inputs);
    const drawn = await drawFence({
      ...{ ...sides, ledger, cutover: inputs.cutover },
      unfinishedCount: report.unfinishedRuns,
    });
    describeFence(drawn, rootName).forEach(tell);
    return { report, fence: drawn.fence };
  },
  back: async (inputs, state) => rollBack(inputs, state?.fence, state),
};

/**
 * Behind web's rollout. Forward: the import of what web wrote to files meanwhile, which only inserts
 * runs. Back: the export of what web wrote to MongoDB meanwhile, also if the stack has this step for the
 * first time, because the cutover stopped before it.
 */
export const secondHandover: Step<SecondHandoverInputs, HandoverResults> = {
  ...SecondHandover,
  id: ({ database = "" }) => `${database}/second-handover`,
  isDue: (state, inputs) => {
    // A cutover that stopped before this step may have come as far as its fence.
    const isBehind = state.fencedAt !== inputs.fencedAt;
    if (inputs.direction === "back") return isBehind || isLeftBehind(state, inputs);
    return hasToImport(state, inputs);
  },
  job: {
    state: "write",
    priorOutputs: ["direction", "heldRuns", "rollback"],
    onJobFailure: recordFailure,
  },
  forward: async (inputs) => ({
    report: await importStage(await sidesOf(inputs), "final"),
  }),
  back: async (inputs, state) =>
    rollBack(inputs, inputs.fencedAt === undefined ? undefined : { at: inputs.fencedAt }, state),
};

async function assertStillDrained({ direction, standstill }: FirstHandoverInputs): Promise<void> {
  if (direction !== "forward" || standstill === undefined) return;
  const found = await findChangesSince(standstill);
  if (found !== undefined) throw new Unfinished([`${found} ${redrainHint("the worker")}`]);
}

function keepResults(state: Partial<HandoverResults> = {}): HandoverResults {
  const { report, fence, rollback } = state;
  return { ...(report && { report }), ...(fence && { fence }), ...(rollback && { rollback }) };
}

/**
 * Whether a rollback that is done left something behind which can be had now: files are put back when
 * they are released; and what only the cluster reaches nobody could bring by `taskrunner-storage export`,
 * so that there each `up` tries again. Elsewhere the worker is at work on these runs already.
 */
function isLeftBehind(state: Past, { heldRuns, job }: HandoverInputs): boolean {
  const { unreachable, held = [] } = state.rollback ?? {};
  if (unreachable === undefined && held.length === 0) return false;
  return job !== undefined || (state.heldRuns === "hold" && heldRuns === "release");
}

async function rollBack(
  inputs: HandoverInputs,
  fence: Pick<Fence, "at" | "cutover"> | undefined,
  state: Past | undefined,
): Promise<HandoverResults> {
  // No cutover came as far: nobody worked on MongoDB.
  if (fence === undefined) return keepResults(state);
  const { at: fencedAt, cutover: ended } = fence;
  const { database: name, root, rootName = root, isInPod } = inputs;
  try {
    const options = { ...inputs, uri: inputs.uri, name, fencedAt, ended, watch: console.log };
    const report = await runRollback(stateOf(inputs), options);
    const known = { fencedAt, isAgain: isInPod === true };
    describeRollback(report, rootName, known).forEach(tell);
    const { exported } = report;
    const rollback = { ...report, ...(exported && { exported: truncateReport(exported) }) };
    return { ...keepResults(state), rollback };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isReleased = state?.heldRuns !== inputs.heldRuns;
    const earlier = isReleased ? undefined : recordFailure([error.message], state);
    if (earlier) return earlier;
    // The state stays that of the cutover, so that the next `up` goes on from there.
    throw new Unfinished([
      `Export to ${rootName}: ${error.message} What was exported stays; ` +
        "run `pulumi up` again, which resumes where it stopped." +
        (error instanceof ServerTroubleError
          ? ` If MongoDB cannot be read again, set advanced.abandonMongo: "${fencedAt}" before that.`
          : ""),
    ]);
  }
}

/** What stays if the services work on files already, so that what is left behind stops nobody; told then. */
function recordFailure(
  reasons: readonly string[],
  state: Past | undefined,
): HandoverResults | undefined {
  // One that a rollback created and that failed has the direction, and no rollback yet.
  if (state?.direction !== "back" || state.rollback === undefined) return undefined;
  const text = `What changed in MongoDB is still only there. ${reasons.join(" ")}`;
  tell(warning("not-exported", text));
  return keepResults(state);
}

/**
 * What a reviewer of a rollback has to know before it: whether MongoDB answers, if the engine can
 * ask, and what is left behind if it does not.
 */
async function previewFindings(state: Past, inputs: HandoverInputs): Promise<readonly Finding[]> {
  const fencedAt = state.fence?.at;
  const isAsked = state.direction === "forward" && inputs.direction === "back" && !inputs.job;
  if (!isAsked || fencedAt === undefined) return [];
  const { uri, database: name, root, ledger, heldRuns, abandonMongo } = inputs;
  try {
    const asked = { uri, name, fencedAt, ledger, abandonMongo };
    const found = await previewRollback(stateOf(inputs), asked);
    return found ? describeRollbackPreview(found, root, { fencedAt, heldRuns }) : [];
  } catch (error) {
    const isExpected =
      error instanceof FenceMissing ||
      error instanceof StateFolderError ||
      error instanceof MongoUnreadableError;
    if (!isExpected) throw error;
    return [{ severity: "stop", code: "rollback-refused", text: error.message }];
  }
}
