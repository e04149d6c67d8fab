/** Interval of the progress lines of every wait. */
export const progressEveryMs = 10_000;

/** Calls `print` with the seconds elapsed, every ten seconds, until the returned function is called. */
export function everyTenSeconds(print: (seconds: number) => void): () => void {
  const started = Date.now();
  const timer = setInterval(() => {
    print(Math.round((Date.now() - started) / 1_000));
  }, progressEveryMs);
  return () => {
    clearInterval(timer);
  };
}
