import { createHash } from "node:crypto";

/**
 * The hash of a list, whatever its order and length, by which the settings `advanced.acceptMissing` and
 * `advanced.acceptQuarantined` accept just what a person has seen: 16 hexadecimal digits.
 */
export class ListHash {
  private sum = 0n;

  add(item: string): this {
    const digest = createHash("sha256").update(item).digest().readBigUInt64BE();
    this.sum = BigInt.asUintN(64, this.sum + digest);
    return this;
  }

  toString(): string {
    return this.sum.toString(16).padStart(16, "0");
  }
}

/** Unfinished runs that MongoDB has from an import, and whose files are gone. */
export interface MissingRuns {
  readonly count: number;
  /** Their ids in order; in outputs the first twenty. */
  readonly runs: readonly string[];
  /** Of the complete list, for `advanced.acceptMissing`. */
  readonly hash: string;
}
