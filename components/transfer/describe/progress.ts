import { everyTenSeconds, formatNumber, formatSize } from "../../text";
import { sumCounts } from "../reports";
import type { BothSides } from "../sides";
import type { Tally } from "../tally";

/** Does work on both sides, and prints its progress every ten seconds. */
export async function reportProgress<Sides extends BothSides, Report>(
  what: string,
  sides: Sides,
  work: (sides: Sides) => Promise<Report>,
  print: (line: string) => void = console.log,
): Promise<Report> {
  let tally: Tally | undefined;
  const stop = everyTenSeconds((seconds) => {
    if (tally) print(`${what}: ${describeProgress(tally, seconds)}`);
  });
  try {
    return await work({ ...sides, watch: (one: Tally) => (tally = one) });
  } finally {
    stop();
  }
}

/** Progress as text: `243 files, 12,000 records, 5.1 MB in 10 s, 1,200 records/s`. */
export function describeProgress(
  { files, bytes, counts }: Pick<Tally, "files" | "bytes" | "counts">,
  seconds: number,
): string {
  const records = sumCounts(counts, "records");
  return (
    `${formatNumber(files)} files, ${formatNumber(records)} records, ${formatSize(bytes)} in ${seconds} s, ` +
    `${formatNumber(records / seconds)} records/s`
  );
}
