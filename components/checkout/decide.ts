import type { StorageMode } from "../settings";

/** The modes that count before an `up`. */
interface Modes {
  /**
   * The mode that the last `up` ended with, or files where the newest one was on its way there;
   * undefined before the first one.
   */
  readonly running: StorageMode | undefined;
  /** The mode that the settings file states. */
  readonly wanted: StorageMode;
}

/** What is known before an `up`. */
interface Situation extends Modes {
  readonly stack: string;
  /** Whether the newest `up`, one to files, stopped half-way: the worker may be there already. */
  readonly halfWay?: boolean;
  /** The commit of the last `up`, where that is a newer one than what is checked out. */
  readonly newer?: string | undefined;
  /**
   * The modes that the settings file stated, from the commit of the last `up` on, the oldest first;
   * undefined where that commit is not known. Asked for where `turnsOnCommits` alone.
   */
  readonly since?: readonly (StorageMode | undefined)[] | undefined;
}

/** Whether the commits since the last `up` decide whether another one may follow. */
export function turnsOnCommits({ running, wanted }: Modes): boolean {
  return running === "filesystem" && wanted === "mongo";
}

/** Whether `up` may go on, and why, in words for a person. */
interface Decision {
  readonly allowed: boolean;
  readonly words: string;
}

/**
 * Whether `up` may follow the settings in git. It may not where the stack was rolled back, or began
 * to be, and git does not say so yet: the next push, whatever it is about, would take the services
 * back to MongoDB in the middle of an incident. Where a commit since then changed the mode, going
 * forward is meant. Nor may it from an older commit than the last one's, as where its approval came
 * late.
 */
export function decide(situation: Situation): Decision {
  const { stack, running, wanted, since, newer, halfWay } = situation;
  if (newer !== undefined) return { allowed: false, words: tooOld(stack, newer) };
  if (turnsOnCommits(situation) && !changes(since ?? [])) {
    return { allowed: false, words: refusal(situation) };
  }
  return { allowed: true, words: `${stack} ${whyAllowed(running, wanted, halfWay)}.` };
}

function whyAllowed(
  running: StorageMode | undefined,
  wanted: StorageMode,
  halfWay = false,
): string {
  if (running === undefined) return "has not run yet";
  const stand = halfWay ? "stopped half-way to files" : `runs in mode ${running}`;
  if (running === wanted)
    return `${stand}, ${halfWay ? "and git says filesystem: up goes on" : "as git says"}`;
  if (wanted === "filesystem") return "runs on MongoDB, and git says filesystem: a rollback";
  return `${stand}, and storageMode was changed since: a new cutover`;
}

function changes(modes: readonly (StorageMode | undefined)[]): boolean {
  return modes.some((mode, at) => at > 0 && mode !== modes[at - 1]);
}

function refusal({ stack, since, halfWay }: Situation): string {
  const stand = halfWay
    ? "'s last up was one to files and stopped half-way"
    : " was rolled back and runs on files";
  const found = since
    ? "no commit since its last up changes that"
    : "it is not known which commits came since its last up";
  return [
    `Refused: ${stack}${stand}, git says storageMode: mongo, and ${found}.`,
    "up would start a new cutover that nobody asked for. Either",
    "  - merge the pull request that the rollback has opened; then git says filesystem, too; or",
    `  - if ${stack} is to go forward: merge it all the same, then set storageMode to mongo in a`,
    "    commit of its own.",
  ].join("\n");
}

function tooOld(stack: string, newer: string): string {
  return [
    `Refused: ${stack}'s last up was run from ${newer}, which is newer than what is checked out here.`,
    "up would take back what was changed since, be it the storage mode. Either",
    "  - run up from the newest commit (Actions, up, Run workflow); or",
    "  - if a change is to be taken back: revert it in a commit of its own; or",
    "  - if that commit is on a branch of its own: merge it first.",
  ].join("\n");
}
