/** What a measurement has to reach: at least so much, or at most. */
export interface Bar {
  /** What was measured, with its unit. */
  readonly what: string;
  readonly found: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Largest resident memory of an import with records of up to 1 MiB (issue #5), in MB. */
export const mostMb = 200;

/** With a record of 16 MiB: twelve times its size more, one at a time. */
export const mostMbWithLargest = mostMb + (12 * 16 * 1_048_576) / 1e6;

/** Client CPU for 10^6 log lines with validation, in seconds. */
export const mostCpuSeconds = 10;

/** How fast the pipeline is against the driver alone, and against mongoimport. */
export const leastOfDriver = 0.9;
export const leastOfMongoimport = 1.3;

/** The bars that were missed, each in words; what could not be measured is missed too. */
export function missedInWords(bars: readonly Bar[]): string[] {
  return bars.flatMap(({ what, found, atLeast = -Infinity, atMost = Infinity }) => {
    if (found >= atLeast && found <= atMost) return [];
    const bar = atMost === Infinity ? `at least ${atLeast}` : `at most ${Math.round(atMost)}`;
    return [`${what}: ${found.toFixed(2)}, to reach: ${bar}`];
  });
}
