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
