/**
 * A non-cryptographic hash of a text, of 53 bits: a pass over 10^6 names computes four million of them. Two halves
 * by multiplication (FNV-1a, with another prime for the second), each mixed at the end.
 */
export function shortHash(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x9747b28c;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b);
  }
  return (mix(high) >>> 11) * 2 ** 32 + (mix(low) >>> 0);
}

/** Lets each bit depend on all others. */
function mix(bits: number): number {
  const once = Math.imul(bits ^ (bits >>> 16), 0x7feb352d);
  const twice = Math.imul(once ^ (once >>> 15), 0x846ca68b);
  return twice ^ (twice >>> 16);
}

/** A set of texts that holds 53 bits of each. As texts, a million names with their stats would be 160 MB. */
export class HashSet {
  private readonly sorted: Float64Array;

  /** @param hashes by `shortHash` */
  constructor(hashes: readonly number[]) {
    this.sorted = Float64Array.from(hashes).sort();
  }

  get size(): number {
    return this.sorted.length;
  }

  has(text: string): boolean {
    const wanted = shortHash(text);
    let from = 0;
    for (let to = this.size; from < to;) {
      const middle = Math.floor((from + to) / 2);
      if ((this.sorted[middle] ?? 0) < wanted) from = middle + 1;
      else to = middle;
    }
    return this.sorted[from] === wanted;
  }
}
