import { isDeepStrictEqual } from "node:util";
import { disturbanceOf, drainAgain } from "../../kubernetes";
import { FenceMissing, requireFence } from "../../ledger";
import { sameServer } from "../../mongo";
import { StateFolderError } from "../../state";
import { type StateOf, type Step, Unfinished } from "../../step";
import { NoPrimary } from "../errors";
import { type RollbackReport, drawFence, foresee, goBack } from "../rollback";
import { fenceInWords, foreseenInWords, rollbackInWords } from "../rollback/words";
import { imported, leftRecordsOut } from "./import";
import {
  type FirstHandoverInputs,
  Handover,
  type HandoverInputs,
  type HandoverResults,
  SecondHandover,
  type SecondHandoverInputs,
  type SecondHandoverResults,
} from "./inputs";
import { comparedInputs, namedCases, sidesOf, stateOf } from "./sides";

type State = StateOf<FirstHandoverInputs, HandoverResults>;
type SecondState = StateOf<SecondHandoverInputs, SecondHandoverResults>;

/**
 * Between the worker's drain and its rollout, once a cutover. Forward: what the worker wrote since the
 * bulk import goes over, and the fence is drawn: without it the worker would start from a stale copy and
 * execute finished steps again (decision 9). Back: what changed in MongoDB since goes to the files, and
 * unfinished runs are held where MongoDB is lost (decision 10). A live worker must not meet it, so that
 * nothing but the direction makes it run.
 */
export const handover: Step<FirstHandoverInputs, HandoverResults> = {
  ...Handover,
  id: ({ database = "" }) => `${database}/handover`,
  isOncePerCutover: true,
  isDue: (state, inputs) => inputs.direction === "back" && isLeftBehind(state, inputs),
  job: {
    state: "write",
    // A pod has no access to the API: the engine looks before it and after it.
    apart: ["standstill"],
    guard: requireStill,
    olds: ["direction", "heldRuns", "report", "fence", "rollback"],
    failed: (reasons, state) => (goesOn(reasons, state) ? resultsOf(state) : undefined),
  },
  foresees,
  forward: async (inputs, state) => {
    const { ledger, root, rootName = root } = inputs;
    const sides = await sidesOf(inputs);
    // After a rollback that did not finish, the services may still work on the former database.
    const former = state?.direction === "forward" ? state.fence?.at : undefined;
    if (former !== undefined) await requireFence(sides.database, ledger, former);
    const report = await imported(sides, "delta", inputs);
    await requireStill(inputs);
    const drawn = await drawFence({ ...sides, ledger, unfinishedCount: report.unfinishedRuns });
    for (const line of fenceInWords(drawn, rootName)) console.log(line);
    return { report, fence: drawn.fence };
  },
  back: async (inputs, state) => {
    const fencedAt = state?.fence?.at;
    // No cutover came as far: nobody worked on MongoDB.
    if (fencedAt === undefined) return resultsOf(state);
    const rollback = await wentBack({ ...inputs, fencedAt }, state);
    return { ...resultsOf(state), ...(rollback && { rollback }) };
  },
};

/**
 * Behind web's rollout. Forward: the import of what web wrote to files meanwhile, which only inserts
 * runs. Back: the export of what web wrote to MongoDB meanwhile, also where the stack has this step for
 * the first time, because the cutover stopped before it.
 */
export const secondHandover: Step<SecondHandoverInputs, SecondHandoverResults> = {
  ...SecondHandover,
  id: ({ database = "" }) => `${database}/second-handover`,
  isOncePerCutover: true,
  isDue: (state, inputs) => {
    // A cutover that stopped before this step may have come as far as its fence.
    const isBehind = state.fencedAt !== inputs.fencedAt;
    if (inputs.direction === "back") return isBehind || isLeftBehind(state, inputs);
    return (
      leftRecordsOut(state) ||
      !sameServer(state.uri, inputs.uri) ||
      comparedInputs.some((key) => !isDeepStrictEqual(state[key], inputs[key]))
    );
  },
  job: {
    state: "write",
    olds: ["direction", "heldRuns", "report", "rollback"],
    failed: (reasons, state) => (goesOn(reasons, state) ? resultsOf(state) : undefined),
  },
  forward: async (inputs) => ({ report: await imported(await sidesOf(inputs), "final", inputs) }),
  back: async (inputs, state) => {
    if (inputs.fencedAt === undefined) return resultsOf(state);
    const rollback = await wentBack({ ...inputs, fencedAt: inputs.fencedAt }, state);
    return { ...resultsOf(state), ...(rollback && { rollback }) };
  },
};

/** @throws Unfinished with who scaled the worker since its drain; no fence is drawn then */
async function requireStill({ direction, standstill }: FirstHandoverInputs): Promise<void> {
  if (direction !== "forward" || standstill === undefined) return;
  const found = await disturbanceOf(standstill);
  if (found !== undefined) throw new Unfinished([`${found} ${drainAgain("the worker")}`]);
}

/** What an earlier run found, kept. */
function resultsOf(state: State | SecondState | undefined): HandoverResults {
  const { report, fence, rollback } = (state ?? {}) as HandoverResults;
  return { ...(report && { report }), ...(fence && { fence }), ...(rollback && { rollback }) };
}

/**
 * Whether a rollback that is done left something behind which can be had now: files are put back when
 * they are released; and what the cluster alone reaches nobody could bring by `taskrunner-storage
 * export`, so that there each `up` tries again. Elsewhere the worker is at work on these runs already.
 */
function isLeftBehind(state: State | SecondState, { heldRuns, job }: HandoverInputs): boolean {
  const { outOfReach, held = [] } = state.rollback ?? {};
  if (outOfReach === undefined && held.length === 0) return false;
  return job !== undefined || (state.heldRuns === "hold" && heldRuns === "release");
}

/** @returns undefined where an earlier rollback stays as it is; @throws Unfinished */
async function wentBack(
  inputs: SecondHandoverInputs & { readonly fencedAt: string },
  state: State | SecondState | undefined,
): Promise<RollbackReport | undefined> {
  const { uri, database: name, root, ledger, fencedAt, heldRuns, isInPod } = inputs;
  const { electionSeconds, abandonMongo, rootName = root } = inputs;
  try {
    const report = await goBack(stateOf(inputs), {
      ...{ uri, name, fencedAt, ledger, heldRuns, electionSeconds, abandonMongo },
      watch: console.log,
    });
    const known = { fencedAt, isAgain: isInPod === true };
    for (const line of rollbackInWords(report, rootName, known)) console.log(line);
    return brief(report);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const isReleased = state?.heldRuns !== heldRuns;
    if (!isReleased && goesOn([error.message], state)) return undefined;
    // The state stays that of the cutover, so that the next `up` goes on from there.
    throw new Unfinished([
      `Export to ${rootName}: ${error.message} What was exported stays; ` +
        "run `pulumi up` again, which goes on where it stopped.",
    ]);
  }
}

/** Whether the services work on files already, so that what is left behind stops nobody; told then. */
function goesOn(reasons: readonly string[], state: State | SecondState | undefined): boolean {
  // One that a rollback created and that failed has the direction, and no rollback yet.
  if (state?.direction !== "back" || state.rollback === undefined) return false;
  console.log(`warning: What is left behind in MongoDB still is. ${reasons.join(" ")}`);
  return true;
}

/**
 * What a reviewer of a rollback has to know before it: whether MongoDB answers, where the engine can
 * ask, and what is left behind where it does not.
 */
async function foresees(state: State, inputs: HandoverInputs): Promise<readonly string[]> {
  const fencedAt = state.fence?.at;
  const isAsked = state.direction === "forward" && inputs.direction === "back" && !inputs.job;
  if (!isAsked || fencedAt === undefined) return [];
  const { uri, database: name, root, ledger, heldRuns, abandonMongo } = inputs;
  try {
    const found = await foresee(stateOf(inputs), { uri, name, fencedAt, ledger, abandonMongo });
    return found ? foreseenInWords(found, root, { fencedAt, heldRuns }) : [];
  } catch (error) {
    const isForeseen =
      error instanceof FenceMissing ||
      error instanceof StateFolderError ||
      error instanceof NoPrimary;
    if (!isForeseen) throw error;
    return [`warning: \`pulumi up\` will stop here. ${error.message}`];
  }
}

function brief({ exported, ...rest }: RollbackReport): RollbackReport {
  if (!exported) return rest;
  const { conflicts, unwritable } = exported;
  return {
    ...rest,
    exported: {
      ...exported,
      conflicts: conflicts.slice(0, namedCases),
      unwritable: unwritable.slice(0, namedCases),
    },
  };
}
