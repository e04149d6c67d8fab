import { everyTenSeconds } from "../components/contract/progress";
import type { Tally } from "../components/transfer";
import type { CommonOptions } from "./command";
import { duration, size, sumOf, whole } from "./words";

interface Amount {
  readonly records: number;
  readonly bytes: number;
}

interface Watched {
  /** The work's name, such as `import`. */
  readonly what: string;
  /** Counts how much there is, beside the work; absent if that is not known. */
  readonly total?: (() => Promise<Partial<Amount>>) | undefined;
}

/** Does some work, and says on standard error how far it is: a line every ten seconds. */
export async function withProgress<Report>(
  { quiet }: CommonOptions,
  { what, total }: Watched,
  work: (watch: (tally: Tally) => void) => Promise<Report>,
): Promise<Report> {
  if (quiet) return work(() => undefined);
  const started = Date.now();
  let all: Partial<Amount> = {};
  let stop: (() => void) | undefined;
  const watch = (tally: Tally) => {
    // What cannot be counted is an error of the work itself.
    total?.().then(
      (found) => (all = found),
      () => undefined,
    );
    stop = everyTenSeconds(() => {
      const sofar = { records: sumOf(tally.counts, "records"), bytes: tally.bytes };
      console.error(`${what}: ${describeProgress(sofar, all, Date.now() - started)}`);
    });
  };
  return work(watch).finally(() => stop?.());
}

/** Progress in words: `12,000 records, 5.1 MB, 1,200 records/s, 15 s left`. */
export function describeProgress(
  { records, bytes }: Amount,
  total: Partial<Amount>,
  elapsedMs: number,
): string {
  const seconds = Math.max(elapsedMs / 1_000, 0.001);
  const part = total.bytes ? bytes / total.bytes : total.records ? records / total.records : 0;
  const leftMs = (elapsedMs / part) * (1 - Math.min(part, 1));
  const left = part > 0 ? `, ${duration(leftMs)} left` : "";
  if (records === 0) return `${size(bytes)}, ${size(bytes / seconds)}/s${left}`;
  const read = bytes > 0 ? `, ${size(bytes)}` : "";
  return `${whole(records)} records${read}, ${whole(records / seconds)} records/s${left}`;
}
