import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { countCutover, UnfinishedStep } from "../../dynamic";
import { runJob } from "../../jobs";
import { FenceMissing } from "../../ledger";
import { wayBackCommand } from "../commands";
import { NoPrimary, StateFolderError } from "../errors";
import { drawn } from "./drawn";
import { idOf, stateOf, type ExportInputs, type ExportState, type Kept } from "./inputs";
import { lastCountInWords } from "./last-count";
import { foresee, goBack, type Exported, type WayBack } from "./steps";
import { fenceInWords, foreseenInWords, wayBackInWords } from "./words";

/**
 * The dynamic provider of an export. In mongo mode it draws the fence once in each cutover; in
 * filesystem mode it exports once, if a cutover went before. Unlike Mongo-side resources it works
 * in filesystem mode too, and may connect there. Deleting it leaves everything as it is.
 */
export const exportProvider: Required<pulumi.dynamic.ResourceProvider> = {
  configure: () => Promise.resolve(),
  check: (olds: Partial<ExportInputs>, news: ExportInputs) =>
    Promise.resolve({ inputs: countCutover(olds, news) }),
  diff: async (_id, state: ExportState, news: ExportInputs) => {
    const changes = needsWork(state, news);
    if (changes) for (const line of await foreseen(state, news)) console.log(line);
    return { changes };
  },
  create: async (inputs: ExportInputs) => ({
    id: idOf(inputs),
    outs: inputs.mode === "mongo" ? await fenced({}, inputs) : stateOf(inputs, {}),
  }),
  update: async (_id, state: ExportState, news: ExportInputs) => {
    if (!needsWork(state, news)) return { outs: state };
    return { outs: await (news.mode === "mongo" ? fenced(state, news) : wentBack(state, news)) };
  },
  read: (id, state: ExportState) => Promise.resolve({ id, props: state }),
  delete: () => Promise.resolve(),
};

/** Whether a step has to run; nothing about the files or the database makes it run. */
function needsWork(state: ExportState, inputs: ExportInputs): boolean {
  if (!state.applied || state.mode !== inputs.mode) return true;
  if (inputs.mode === "mongo") return !isDeepStrictEqual(settingsOf(state), settingsOf(inputs));
  const { outOfReach, held = [] } = state.wayBack ?? {};
  const isMissing = outOfReach !== undefined || held.length > 0;
  // The other way round the worker is at work on these runs already. What only the cluster reaches
  // nobody could bring by `taskrunner-storage export`: there each `up` tries again.
  const isReleased = state.heldRuns === "hold" && inputs.heldRuns === "release";
  return isMissing && (isReleased || inputs.job !== undefined);
}

/** Whether the services work on files: the mode is that of the last run that came to its end. */
function isBack(state: ExportState, { mode }: ExportInputs): boolean {
  return state.mode === "filesystem" && mode === "filesystem";
}

/**
 * What a reviewer of a way back has to know before it: whether MongoDB answers, where the engine
 * can ask, and what is left behind where it does not.
 */
async function foreseen(state: ExportState, inputs: ExportInputs): Promise<string[]> {
  if (state.mode !== "mongo" || inputs.mode !== "filesystem") return [];
  if (inputs.stage === "rest") {
    const counted = lastCountIn(inputs);
    return counted
      ? [`If MongoDB is out of reach, what changed there is left behind. ${counted}`]
      : [];
  }
  const { job, root, layout, approvals, checkpoints, uri, database: name } = inputs;
  const { heldRuns, ledger, abandonMongo } = inputs;
  const { fence } = state;
  if (!fence || job) return [];
  const sides = { root: resolve(root), layout, approvals, checkpoints };
  try {
    const found = await foresee(sides, { uri, name, fence, ledger, abandonMongo });
    return found ? foreseenInWords(found, root, { fence, heldRuns }) : [];
  } catch (error) {
    const isForeseen =
      error instanceof FenceMissing ||
      error instanceof StateFolderError ||
      error instanceof NoPrimary;
    if (!isForeseen) throw error;
    return [`warning: \`pulumi up\` will stop here. ${error.message}`];
  }
}

/** Undefined where nothing was verified, and in a preview where the verification is unfinished. */
function lastCountIn({ lastCount }: ExportInputs): string | undefined {
  return typeof lastCount === "object" ? lastCountInWords(lastCount) : undefined;
}

function settingsOf({ cutover, root, layout }: Kept) {
  return { cutover, root, layout };
}

async function fenced(state: Partial<ExportState>, inputs: ExportInputs): Promise<ExportState> {
  if (inputs.stage === "rest") return stateOf(inputs, {});
  const { root } = inputs;
  const found = await drawn(state, inputs);
  for (const line of fenceInWords(found, root)) console.log(line);
  return stateOf(inputs, { fence: found.fence });
}

async function goneBack(state: ExportState, inputs: ExportInputs): Promise<WayBack> {
  const { uri, database: name, root, layout, approvals, collections, checkpoints } = inputs;
  const { job, stage, heldRuns, ledger, electionSeconds, abandonMongo } = inputs;
  const isLater = isBack(state, inputs);
  if (!job) {
    const sides = { root: resolve(root), layout, approvals, collections, checkpoints };
    return goBack(sides, {
      ...{ uri, name, fence: state.fence, heldRuns, ledger, isLater },
      ...{ electionSeconds, abandonMongo, watch: console.log },
    });
  }
  const command = wayBackCommand(stage, {
    heldRuns,
    // One of an earlier cutover may still be beside the files: the state of the first stage knows.
    hasFence: state.fence !== undefined || isLater,
    isLater,
  });
  const [wayBack] = await runJob(job, command, console.log);
  return wayBack as WayBack;
}

async function wentBack(state: ExportState, inputs: ExportInputs): Promise<ExportState> {
  const { root } = inputs;
  const { fence } = state;
  try {
    const wayBack = brief(await goneBack(state, inputs));
    const known = { fence, lastCount: lastCountIn(inputs), byJob: inputs.job !== undefined };
    const lines = wayBackInWords(wayBack, root, known);
    for (const line of lines) console.log(line);
    return stateOf(inputs, { ...(fence && { fence }), wayBack });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    if (isBack(state, inputs) && state.heldRuns === inputs.heldRuns) {
      console.log(`warning: What is left behind in MongoDB still is. ${error.message}`);
      return { ...state, applied: true };
    }
    // The state stays that of the cutover, so that the next `up` goes on from there.
    throw new UnfinishedStep(idOf(inputs), state, [
      `Export to ${root}: ${error.message} What was exported stays; ` +
        "run `pulumi up` again, which goes on where it stopped.",
    ]);
  }
}

const namedCases = 20;

function brief({ exported, ...rest }: WayBack): WayBack {
  return { ...rest, ...(exported && { exported: briefReport(exported) }) };
}

function briefReport(report: Exported): Exported {
  return {
    ...report,
    conflicts: report.conflicts.slice(0, namedCases),
    unwritable: report.unwritable.slice(0, namedCases),
  };
}
