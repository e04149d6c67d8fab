import type { StorageMode } from "../settings";

/** What is known before an `up` of a stack that has run. */
interface Situation {
  readonly stack: string;
  /** The mode that the last `up` ended with. */
  readonly running: StorageMode;
  /** The mode that the settings file states. */
  readonly wanted: StorageMode;
  /** The commit that the last `up` was run from; undefined if that was no Git checkout. */
  readonly commit: string | undefined;
  /** Whether that commit is the checked-out one, or in its history. */
  readonly isDescendant: boolean;
  /** Whether the newest `up` was one to files that did not finish: the worker may be there already. */
  readonly isHalfWay: boolean;
  /**
   * The modes that Git had for the stack, from the rollback's commit to the checked-out one; undefined
   * in place of a mode if there was no settings file.
   */
  readonly declared: readonly (StorageMode | undefined)[];
}

/** Whether `up` may go on, and why, in words for a person. */
export interface Decision {
  readonly allowed: boolean;
  readonly words: string;
}

/** The decision for a stack that has not run: there is nothing to undo. */
export function decideFirst(stack: string): Decision {
  return { allowed: true, words: `${stack} has not run yet.` };
}

/**
 * Decides whether `up` may follow the settings in Git. It may not if its commit does not descend from
 * the last one's: it would take back what was changed since. Nor may it go to MongoDB if the stack was
 * rolled back, or began to be, and Git has not said so: the next push, whatever it is about, would
 * start a cutover in the middle of an incident.
 */
export function decide(situation: Situation): Decision {
  const { stack, running, wanted, commit, isDescendant, isHalfWay, declared } = situation;
  const refuse = (words: string) => ({ allowed: false, words });
  if (commit === undefined) return refuse(describeNoCommit(stack));
  if (!isDescendant) return refuse(describeOther(stack, commit));
  const isRolledBack = isHalfWay || running === "filesystem";
  if (wanted === "mongo" && isRolledBack && !declared.includes("filesystem")) {
    return refuse(describeUnknownRollback(stack, isHalfWay));
  }
  return { allowed: true, words: `${stack} ${describeAllowed(situation)}.` };
}

function describeAllowed({ running, wanted, isHalfWay }: Situation): string {
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
