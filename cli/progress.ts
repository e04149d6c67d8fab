import { SingleBar } from "cli-progress";
import { duration, megabytes, whole } from "./words";

/** How far some work is. */
interface Sofar {
  readonly records: number;
  readonly bytes: number;
}

/** How much there is; undefined as long as it is not known. */
export type Total = Partial<Sofar>;

/** Some work whose progress is shown. */
interface Watched {
  /** The work's name, such as `import`. */
  readonly what: string;
  readonly sofar: () => Sofar;
  readonly total: () => Total;
}

const lineEveryMs = 10_000;
const barEveryMs = 200;

/**
 * Shows on standard error how far some work is, until the returned function is called: a bar on a
 * terminal, else a line every ten seconds.
 */
export function showProgress(watched: Watched): () => void {
  return process.stderr.isTTY ? showBar(watched) : sayLines(watched);
}

function showBar({ what, ...watched }: Watched): () => void {
  const started = Date.now();
  const bar = new SingleBar({
    stream: process.stderr,
    format: `${what} {bar} {percentage}% {words}`,
    barsize: 24,
    clearOnComplete: true,
    hideCursor: true,
  });
  const show = () => {
    const words = describeProgress(watched.sofar(), watched.total(), Date.now() - started);
    bar.update(Math.round(countDone(watched.sofar(), watched.total()) * 1_000), { words });
  };
  bar.start(1_000, 0, { words: "" });
  const timer = setInterval(show, barEveryMs);
  return () => {
    clearInterval(timer);
    bar.stop();
  };
}

function sayLines({ what, sofar, total }: Watched): () => void {
  const started = Date.now();
  const timer = setInterval(() => {
    console.error(`${what}: ${describeProgress(sofar(), total(), Date.now() - started)}`);
  }, lineEveryMs);
  return () => {
    clearInterval(timer);
  };
}

/** Progress in words: `12,000 records, 5.1 MB, 1,200 records/s, 15 s left`. */
export function describeProgress(sofar: Sofar, total: Total, elapsedMs: number): string {
  const seconds = Math.max(elapsedMs / 1_000, 0.001);
  const part = countDone(sofar, total);
  const left = part > 0 ? `, ${duration((elapsedMs / part) * (1 - part))} left` : "";
  const read = sofar.bytes > 0 ? `, ${megabytes(sofar.bytes)}` : "";
  if (sofar.records === 0) {
    return `${megabytes(sofar.bytes)}, ${megabytes(sofar.bytes / seconds)}/s${left}`;
  }
  return `${whole(sofar.records)} records${read}, ${whole(sofar.records / seconds)} records/s${left}`;
}

/** Which part of the whole is done, from 0 to 1; 0 as long as the whole is not known. */
function countDone(sofar: Sofar, total: Total): number {
  if (total.bytes) return Math.min(sofar.bytes / total.bytes, 1);
  return total.records ? Math.min(sofar.records / total.records, 1) : 0;
}
