import { type StateAddress, filesOf, noneSkipped } from "./layout";
import { runsOnDisk } from "./runs";

/** The runs on disk, as far as they were counted. */
export interface StateSize {
  readonly runs: number;
  /** Whether there may be more runs than these. */
  readonly isMore?: boolean;
  /** The size of all their files; absent if it was not measured. */
  readonly bytes?: number;
}

/** Counts the runs on disk by their names, then measures their files, and stops after `maxMs`. */
export async function measureRuns(address: StateAddress, maxMs = 2_000): Promise<StateSize> {
  const end = Date.now() + maxMs;
  let runs = 0;
  for await (const files of filesOf(address, "runs")) {
    runs += files.length;
    if (Date.now() > end) return { runs, isMore: true };
  }
  let bytes = 0;
  for await (const found of runsOnDisk(address, noneSkipped())) {
    for (const { stat } of found.flatMap(({ files }) => files)) bytes += stat.size;
    if (Date.now() > end) return { runs };
  }
  // The size of a file that cannot be read is NaN.
  return Number.isNaN(bytes) ? { runs } : { runs, bytes };
}
