import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { findingsFrom } from "../../text";
import type { StateFolders } from "../../contract";
import { kind, onlyInstance, type Step, type StepInputs } from "../../step";
import {
  findFinalPassLeft,
  readCutoverRecord,
  requireWritableState,
  requireState,
  requireStores,
  StateFolderError,
  WriteError,
} from "../../state";
import { reportKept } from "./clean-up";

export interface CutoverInputs extends StepInputs {
  /** The setting `cutover`, from 1. */
  readonly cutover: number;
  /** The last cutover that ended, which the step observes itself; 0 before the first end. */
  readonly ended?: number;
  /** When it ended, in ISO 8601, UTC. */
  readonly endedAt?: string;
  /** The state directory; absent if the settings have none, or if Jobs mount it. */
  readonly root?: string;
  /** The folders of the stores below it. */
  readonly folders: StateFolders;
  /** Set if the program does not see the worker: then a second setting has the number too. */
  readonly confirm?: "none";
  /** Whether approvals have a collection. */
  readonly approvals: boolean;
  /** The first number of the cutover in force, which the step observes itself: a later one may be refused. */
  readonly inForce?: number;
}

type CutoverResults = Pick<CutoverInputs, "ended" | "endedAt" | "inForce">;

/**
 * The numbers of the cutovers that the stack made and ended. A rollback ends a cutover, finished or not. Settings in
 * Git that name an ended one are stale, and must not cut over again (docs/design.md#a-rollback-is-a-mode).
 */
export const cutoverNumbers: Step<CutoverInputs, CutoverResults> = {
  ...kind<CutoverInputs, CutoverResults>(
    "Cutover",
    ["rollout", "taskrunner"],
    ["ended", "endedAt", "inForce"],
    [],
  ),
  id: () => "cutover",
  compares: ["cutover", "root", "folders"],
  observes: ({ direction, cutover }, prior) => {
    const { ended = 0, endedAt } = prior ?? {};
    const ends = prior?.direction === "forward" && direction === "back";
    if (ends) return Promise.resolve({ ended: prior.cutover, endedAt: new Date().toISOString() });
    const inForce = currentOf(prior) ?? cutover;
    return Promise.resolve({ ended, inForce, ...(endedAt !== undefined && { endedAt }) });
  },
  findings: async (inputs, prior, state) => {
    if (state) return [];
    const isAsked = usesFiles(inputs, prior);
    const unfit = isAsked ? await findUnfitState(inputs, "permission") : undefined;
    const stale = findStaleNumber(inputs, prior);
    const severity = "stop";
    return [
      ...findingsFrom(stale, { severity, code: "other-cutover" }),
      ...findingsFrom(unfit, { severity, code: "state-unfit" }),
      ...findingsFrom(await findLeft(inputs), { severity: "warn", code: "final-pass-left" }),
    ];
  },
  describes: ({ direction }, state) => {
    const isFirst = direction === "back" && state === undefined;
    return isFirst ? firstOnFiles : undefined;
  },
  forward: requireFiles,
  back: requireFiles,
  cleansUp: reportKept,
};

const firstOnFiles =
  "Filesystem mode: nothing is created in MongoDB, and worker and web stay on files.";

function findStaleNumber(
  { cutover, direction, ended = 0, endedAt, confirm }: CutoverInputs,
  prior?: CutoverInputs,
): string | undefined {
  const current = currentOf(prior);
  // A larger number is left to the ledger's claim: a stack that lost its state does not know how many have ended.
  if (direction !== "forward" || cutover >= (current ?? ended + 1)) return undefined;
  const date = endedAt?.slice(0, 10) ?? "an unknown date";
  const stopped = confirm
    ? `, and rollout.workerStopped: ${ended + 1} once the worker is stopped`
    : "";
  return current === undefined
    ? `Cutover ${ended} of this stack was rolled back on ${date}. To cut over again, set cutover: ${ended + 1}${stopped}. Otherwise set storageMode: filesystem. Nothing was changed.`
    : `Cutover ${current} of this stack is finished or under way, and the settings name cutover ${cutover}. Set cutover: ${current}. Nothing was changed.`;
}

/** Whether this update imports or exports: its direction changes, or it continues with other files. */
function usesFiles({ direction, ...files }: CutoverInputs, prior?: CutoverInputs): boolean {
  const isForward = direction === "forward";
  if (prior?.direction !== direction) return isForward || prior !== undefined;
  const isOther = prior?.root !== files.root || !isDeepStrictEqual(prior?.folders, files.folders);
  return isForward && isOther;
}

/**
 * Why the state directory cannot be used; undefined if it can, or if the settings have none.
 *
 * @param by `permission` writes no file
 */
export async function findUnfitState(
  {
    root,
    folders,
    approvals,
    direction,
  }: Pick<CutoverInputs, "root" | "folders" | "approvals" | "direction">,
  by?: "permission",
): Promise<string | undefined> {
  if (root === undefined) return undefined;
  const address = { root: resolve(root), folders };
  try {
    await requireState(address);
    if (direction === "forward") await requireStores(address, approvals);
    await requireWritableState(address, by);
    return undefined;
  } catch (error) {
    if (error instanceof StateFolderError || error instanceof WriteError) return error.message;
    throw error;
  }
}

/** What an earlier update left to a person, in a stack that does not see its services. */
async function findLeft(inputs: CutoverInputs): Promise<string | undefined> {
  const { confirm, root, instance, direction } = inputs;
  if (!confirm || root === undefined) return undefined;
  try {
    const left = findFinalPassLeft(await readCutoverRecord(resolve(root)));
    // A rollback keeps what web wrote to files.
    const isDone = left === "import" && direction === "back";
    return left && !isDone ? describeFinalPassLeft(left, instance) : undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return `Nobody knows whether a final pass is left to do. ${why}`;
  }
}

/**
 * Says which command is left to run after a cutover or a rollback, if the program does not see the services.
 *
 * @param instance the environment's name, if the program has several
 */
export function describeFinalPassLeft(left: "import" | "export", instance?: string): string {
  const named =
    instance === undefined || instance === onlyInstance ? "" : ` --instance ${instance}`;
  const [wrote, command] =
    left === "import"
      ? ["files since the cutover", `import${named} --cutover-pass final`]
      : ["MongoDB since the rollback", `export${named}`];
  return `Web may have written to ${wrote}. Deploy worker and web with their values files, then run \`taskrunner-storage ${command}\`.`;
}

/** Tries the state directory before the schema and the first pass. */
async function requireFiles(inputs: CutoverInputs, prior?: CutoverInputs): Promise<object> {
  const unfit = usesFiles(inputs, prior) ? await findUnfitState(inputs) : undefined;
  if (unfit !== undefined) throw new Error(unfit);
  return {};
}

function currentOf(prior?: CutoverInputs): number | undefined {
  return prior?.direction === "forward" ? (prior.inForce ?? prior.cutover) : undefined;
}
