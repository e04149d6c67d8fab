import { hash } from "node:crypto";

/** The first 8 bytes of a text's sha256. */
export function digestOf(text: string): bigint {
  return hash("sha256", text, "buffer").readBigUInt64BE();
}

/** A set of texts that holds 8 bytes of each; as texts, a million names with their stamps are 160 MB. */
export class DigestSet {
  private readonly sorted: BigUint64Array;

  /** @param digests by `digestOf` */
  constructor(digests: readonly bigint[]) {
    this.sorted = BigUint64Array.from(digests).sort();
  }

  get size(): number {
    return this.sorted.length;
  }

  has(text: string): boolean {
    const wanted = digestOf(text);
    let from = 0;
    for (let to = this.size; from < to;) {
      const middle = Math.floor((from + to) / 2);
      if ((this.sorted[middle] ?? 0n) < wanted) from = middle + 1;
      else to = middle;
    }
    return this.sorted[from] === wanted;
  }
}
