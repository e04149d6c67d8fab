const second = 1000;

/** The output for progress: one live line on a terminal, otherwise a plain line now and then. */
export interface Screen {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/**
 * Shows how long some work has been running.
 *
 * @param title such as `building pulumi`
 * @param detail further progress, such as `512 packages`
 * @param every the interval of plain lines, in milliseconds
 */
export async function showProgress<T>(
  title: string,
  detail: () => string,
  work: () => Promise<T>,
  screen: Screen = process.stderr,
  every = 15 * second,
): Promise<T> {
  const start = Date.now();
  const line = () =>
    [`  ${title}: ${formatElapsed(Date.now() - start)}`, detail()].filter(Boolean).join(", ");
  const live = screen.isTTY === true;
  const show = () => screen.write(live ? `\r\u001b[2K${line()}` : `${line()}\n`);
  const timer = setInterval(show, live ? second : every);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (live) screen.write("\r\u001b[2K");
  }
}

/** A duration as text, such as `45 s` or `3 min 05 s`. */
export function formatElapsed(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / second);
  const minutes = Math.floor(seconds / 60);
  if (minutes === 0) return `${seconds} s`;
  return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
}

/** Prints a progress line to standard error; standard output is for results. */
export function printLine(line: string): void {
  process.stderr.write(`${line}\n`);
}
