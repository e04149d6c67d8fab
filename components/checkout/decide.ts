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
    return "stopped half-way to files, and git says filesystem: up resumes";
  }
  const state = isHalfWay ? "stopped half-way to files" : `runs in mode ${running}`;
  if (!isHalfWay && running === wanted) return `${state}, as git says`;
  return wanted === "filesystem"
    ? `${state}, and git says filesystem: a rollback`
    : `${state}, and git said filesystem since: a new cutover`;
}

function describeUnknownRollback(stack: string, isHalfWay: boolean): string {
  const state = isHalfWay
    ? "'s last up was one to files and stopped half-way"
    : " was rolled back and runs on files";
  return [
    `Refused: ${stack}${state}, git says storageMode: mongo, and no commit since said filesystem.`,
    "up would start a new cutover that nobody asked for. Either",
    "  - merge the pull request that the rollback has opened; then git says filesystem, too; or",
    `  - if ${stack} is to go forward: merge it all the same, then set storageMode to mongo in a`,
    "    commit of its own.",
  ].join("\n");
}

function describeOther(stack: string, commit: string): string {
  return [
    `Refused: ${stack}'s last up was run from ${commit}, which is not in the history of what is checked out here.`,
    "up would take back what was changed since, be it the storage mode. Either",
    "  - run up from the newest commit (Actions, up, Run workflow); or",
    "  - if a change is to be taken back: revert it in a commit of its own; or",
    "  - if that commit is on a branch of its own: merge it first; or",
    "  - if this clone lacks older commits: check out the whole history (fetch-depth: 0).",
  ].join("\n");
}

function describeNoCommit(stack: string): string {
  return [
    `Refused: the commit of ${stack}'s last up is unknown, because it was not run from a Git checkout.`,
    "Run up by hand from a checkout of the newest commit. From then on the stack's outputs have it.",
  ].join("\n");
}
