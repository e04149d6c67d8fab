/** So many lines of a pod are shown, its last ones. */
const shownLines = 20;

/** What a pod printed before its answer: its progress, and what it did in words. */
export function saidIn(log: string): string[] {
  const said = `\n${log}`.slice(0, `\n${log}`.lastIndexOf("\n{\n")).trim();
  return said === "" ? [] : said.split("\n").slice(-shownLines);
}

/**
 * The JSON value that a command printed last: from a line `{` to the end. Its progress and its
 * errors are in the same log, before it.
 *
 * @returns undefined where there is none
 */
export function answerIn(log: string): unknown {
  const from = `\n${log}`.lastIndexOf("\n{\n");
  const to = log.lastIndexOf("\n}");
  if (from < 0 || to < from) return undefined;
  try {
    return JSON.parse(log.slice(from, to + 2));
  } catch {
    return undefined;
  }
}
