import { createHash } from "node:crypto";

/** One of several importers that share the runs. */
export interface Shard {
  /** From 1 to `of`. */
  readonly number: number;
  readonly of: number;
}

/**
 * Whether a run's files are a shard's: by a hash of the run's id as file names write it, so that
 * all files of a run are in one shard.
 */
export function isInShard(stem: string, { number, of }: Shard): boolean {
  const hash = createHash("sha256").update(stem).digest().readUInt32BE();
  return hash % of === number - 1;
}
