import type { Tally } from "./tally";

const everyMs = 10_000;

/**
 * Says every ten seconds how far some work is, until the returned function is called.
 *
 * @param what the work's name, such as `import`
 */
export function sayProgress(what: string, tally: Tally, say: (line: string) => void): () => void {
  const started = Date.now();
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - started) / 1_000);
    const megabytes = (tally.bytes / 1e6).toFixed(1);
    say(`${what}: ${tally.files} files, ${megabytes} MB read in ${seconds} s`);
  }, everyMs);
  return () => {
    clearInterval(timer);
  };
}
