import {
  everyTenSeconds,
  formatDuration,
  formatNumber,
  formatSize,
  progressEveryMs,
} from "../../text";
import { sumCounts } from "../reports";
import type { BothSides, Total } from "../sides";
import type { Tally } from "../tally";

/** Does work on both sides, and prints its progress every ten seconds. */
export async function reportProgress<Sides extends object, Report>(
  what: string,
  sides: Sides,
  work: (sides: Sides & Pick<BothSides, "watch">) => Promise<Report>,
  print: (line: string) => void = console.log,
): Promise<Report> {
  let tally: Tally | undefined;
  let total: Total | undefined;
  let counting: NodeJS.Timeout | undefined;
  const stop = everyTenSeconds((seconds) => {
    if (tally) print(`${what}: ${describeProgress(tally, seconds, total)}`);
  });
  const watch: BothSides["watch"] = (one, findTotal) => {
    tally = one;
    // Short work pays for no count, and progress does without a count that fails.
    const find = () =>
      void findTotal().then(
        (found) => (total = found),
        () => undefined,
      );
    clearTimeout(counting);
    counting = setTimeout(find, progressEveryMs / 2);
  };
  try {
    return await work({ ...sides, watch });
  } finally {
    clearTimeout(counting);
    stop();
  }
}

/**
 * Progress as text: `659 of 986 files (66 %), 12,000 records, 5.1 MB in 10 s, about 10 s left`; without a total
 * `243 files, 12,000 records, 5.1 MB in 10 s, 1,200 records/s`.
 */
export function describeProgress(
  { files, bytes, counts }: Pick<Tally, "files" | "bytes" | "counts">,
  seconds: number,
  total?: Total,
): string {
  const records = sumCounts(counts, "records");
  const amount = `${formatNumber(records)} records, ${formatSize(bytes)} in ${seconds} s`;
  const done = total?.unit === "runs" ? counts.runs.records : files;
  // What is added meanwhile is not in the total.
  if (total === undefined || done === 0 || done >= total.count) {
    return `${formatNumber(files)} files, ${amount}, ${formatNumber(records / seconds)} records/s`;
  }
  const share = Math.floor((100 * done) / total.count);
  const tensLeft = Math.ceil((seconds * (total.count - done)) / done / 10);
  return (
    `${formatNumber(done)} of ${formatNumber(total.count)} ${total.unit} (${share} %), ${amount}, ` +
    `about ${formatDuration(tensLeft * 10_000)} left`
  );
}
