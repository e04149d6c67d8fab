/** How often something that lasts is named: nothing waits without a line of progress. */
export const progressEveryMs = 10_000;

/**
 * Prints every ten seconds, until the returned function is called.
 *
 * @param print gets the whole seconds since the beginning
 */
export function everyTenSeconds(print: (seconds: number) => void): () => void {
  const started = Date.now();
  const timer = setInterval(() => {
    print(Math.round((Date.now() - started) / 1_000));
  }, progressEveryMs);
  return () => {
    clearInterval(timer);
  };
}
