import type { StorageMode } from "../settings";

/** What is known before an `up`. */
export interface Situation {
  readonly stack: string;
  /** The mode that the last `up` ended with; undefined before the first one. */
  readonly running: StorageMode | undefined;
  /** The mode that the settings file states. */
  readonly wanted: StorageMode;
  /**
   * The modes that it stated, from the commit of the last `up` on, the oldest first; undefined
   * where that commit is not known.
   */
  readonly since: readonly (StorageMode | undefined)[] | undefined;
}

/** Whether `up` may go on, and why, in words for a person. */
export interface Decision {
  readonly allowed: boolean;
  readonly words: string;
}

/**
 * Whether `up` may follow the settings in git. It may not where the stack was rolled back and git
 * does not say so yet: the next push, whatever it is about, would take the services back to MongoDB
 * in the middle of an incident. Where a commit since then changed the mode, going forward is meant.
 */
export function decide({ stack, running, wanted, since }: Situation): Decision {
  if (running === undefined) return { allowed: true, words: `${stack} has not run yet.` };
  if (running === wanted)
    return { allowed: true, words: `${stack} runs in mode ${wanted}, as git says.` };
  if (wanted === "filesystem") {
    return {
      allowed: true,
      words: `${stack} runs on MongoDB, and git says filesystem: the way back.`,
    };
  }
  if (changes(since ?? [])) {
    const words = `${stack} runs on files, and storageMode was changed since: a new cutover.`;
    return { allowed: true, words };
  }
  return { allowed: false, words: refusal(stack, since !== undefined) };
}

function changes(modes: readonly (StorageMode | undefined)[]): boolean {
  return modes.some((mode, at) => at > 0 && mode !== modes[at - 1]);
}

function refusal(stack: string, isKnown: boolean): string {
  const found = isKnown
    ? "no commit since its last up changes that"
    : "it is not known which commits came since its last up";
  return [
    `Refused: ${stack} was rolled back and runs on files, git says storageMode: mongo, and ${found}.`,
    "up would start a new cutover that nobody asked for. Either",
    "  - merge the pull request that the rollback has opened; then git says filesystem, too; or",
    `  - if ${stack} is to go forward: merge it all the same, then set storageMode to mongo in a`,
    "    commit of its own.",
  ].join("\n");
}
