/** A measurement's bar: a minimum or a maximum. */
export interface Bar {
  /** The measurement, with its unit. */
  readonly what: string;
  readonly found: number;
  readonly atLeast?: number;
  readonly atMost?: number;
}

/** Maximum resident memory in MB of an import of log lines whatever their number, of records of 1 MiB, and of 16 MiB. */
export const mostMbOfLines = 250;
export const mostMb = 300;
export const mostMbWithLargest = 401;

/** Client CPU for 10^6 log lines with validation, in seconds. */
export const mostCpuSeconds = 15;

/** The pipeline's rate relative to the driver's alone, and to mongoimport's: the server is the limit. */
export const leastOfDriver = 0.95;
export const leastOfMongoimport = 0.95;

/**
 * The time of a no-change preview relative to an empty program's. One dynamic resource costs
 * more than 1.3 by itself: the engine starts a second process that loads the SDK and TypeScript again.
 */
export const mostOfEmptyProgram = 2.4;

/** The rate of an import at a round trip of 50 ms, relative to one without latency. */
export const leastOfNearRate = 0.8;

/** The speed-up of a second import of unchanged runs, and its round trips per 100 runs. */
export const leastOfSecondImport = 20;
export const mostRoundTrips = 1;

/** Maximum resident memory in MB of an import of tiny runs, and of a pass over whole runs up to 10^5 of them. */
export const mostMbOfTinyRuns = 250;
export const mostMbOfPass = 350;

/** Client CPU of a rollback's delta pass in seconds, up to 10^5 runs. */
export const mostCpuSecondsOfDelta = 6;

/** Maximum documents or entries of indexes that MongoDB looks at while the worker is stopped, for each changed run. */
export const mostExaminedPerRun = 10;

/**
 * Maximum time in seconds at a round trip of 50 ms, by the number of runs. It is for 10^5 runs; a tenth
 * of it is fixed, such as the time for the 100 changed runs.
 */
export const mostSecondsOf = {
  export: forRuns(60),
  verification: forRuns(90),
  "delta import and record": forRuns(20),
  // It follows what changed, not the number of runs.
  "rollback's delta pass": () => 6,
} as const;

function forRuns(seconds: number): (runs: number) => number {
  return (runs) => seconds * Math.max(0.1, runs / 1e5);
}

/** The missed bars, as text. A measurement that failed is a miss too. */
export function describeMissed(bars: readonly Bar[]): string[] {
  return bars.flatMap(({ what, found, atLeast = -Infinity, atMost = Infinity }) => {
    if (found >= atLeast && found <= atMost) return [];
    const bar =
      atMost === Infinity ? `at least ${atLeast}` : `at most ${Number(atMost.toFixed(1))}`;
    return [`${what}: ${found.toFixed(2)}, to reach: ${bar}`];
  });
}
