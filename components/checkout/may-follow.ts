import type { StorageMode } from "../settings";
import { isInHistory, modesSince } from "./history";
import type { History, LastUp } from "./stack";

/** An `up` that is to follow. */
interface Next {
  readonly stack: string;
  /** The stack's settings file, in a Git checkout. */
  readonly file: string;
  /** The mode that the settings file states. */
  readonly wanted: StorageMode;
  /** The last `up` that finished; undefined before the first one. */
  readonly last: LastUp | undefined;
  readonly halfWay?: History["halfWay"] | undefined;
}

/** Whether `up` may go on, and why, in words for a person. */
interface Decision {
  readonly allowed: boolean;
  readonly words: string;
}

/**
 * Whether `up` may follow the settings in Git. It may not if its commit does not descend from
 * the last one's: it would take back what was changed since. Nor may it go to MongoDB if the stack was
 * rolled back, or began to be, and Git has not said so: the next push, whatever it is about, would
 * start a cutover in the middle of an incident.
 *
 * @throws CheckoutError if Git cannot say what decides it
 */
export async function mayFollow({ stack, file, wanted, last, halfWay }: Next): Promise<Decision> {
  if (!last) return { allowed: true, words: `${stack} has not run yet.` };
  const { storageMode: running, source } = last;
  const isHalfWay = halfWay !== undefined;
  const since = halfWay ? halfWay.commit : source.commit;
  const refuse = (words: string) => ({ allowed: false, words });
  if (source.commit === undefined || since === undefined) return refuse(describeNoCommit(stack));
  for (const commit of [source.commit, since]) {
    if (!(await isInHistory(commit, file))) return refuse(describeOther(stack, commit));
  }
  const isRolledBack = isHalfWay || running === "filesystem";
  const declared = await modesSince(since, file);
  if (wanted === "mongo" && isRolledBack && !declared.includes("filesystem")) {
    return refuse(describeUnknownRollback(stack, isHalfWay));
  }
  return { allowed: true, words: `${stack} ${describeAllowed(running, wanted, isHalfWay)}.` };
}

function describeAllowed(running: StorageMode, wanted: StorageMode, isHalfWay: boolean): string {
  if (isHalfWay && wanted === "filesystem") {
    return "stopped in a rollback, and git says filesystem: up resumes";
  }
  const state = isHalfWay ? "stopped in a rollback" : `runs in mode ${running}`;
  if (!isHalfWay && running === wanted) return `${state}, as git says`;
  return wanted === "filesystem"
    ? `${state}, and git says filesystem: a rollback`
    : `${state}, and git has said filesystem since then: a new cutover`;
}

function describeUnknownRollback(stack: string, isHalfWay: boolean): string {
  const state = isHalfWay
    ? "'s last up was a rollback and stopped halfway"
    : " was rolled back and runs on files";
  return [
    `Refused: ${stack}${state}, but git says storageMode: mongo, and no commit since then said filesystem.`,
    "up would start a new cutover that nobody asked for. Either",
    "  - merge the pull request that the rollback opened, so that git says filesystem too; or",
    `  - if ${stack} must use MongoDB again: merge it too, then set storageMode to mongo in another`,
    "    commit.",
  ].join("\n");
}

function describeOther(stack: string, commit: string): string {
  return [
    `Refused: the last up of ${stack} ran from ${commit}, which is not in the history of this checkout.`,
    "up would undo what was changed since then, perhaps even the storage mode. Either",
    "  - run up from the newest commit (Actions, up, Run workflow); or",
    "  - to undo a change: revert it in a new commit; or",
    "  - if that commit is on another branch: merge it first; or",
    "  - if this clone lacks older commits: check out the whole history (fetch-depth: 0).",
  ].join("\n");
}

function describeNoCommit(stack: string): string {
  return [
    `Refused: the commit of ${stack}'s last up is unknown, because it did not run from a Git checkout.`,
    "Run up by hand from a checkout of the newest commit; the stack's outputs then have it.",
  ].join("\n");
}
