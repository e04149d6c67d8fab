/** A number with thousands separators, and its noun: `1,204 runs`, `1 run`. */
export function formatCount(
  count: number,
  one: string,
  more = one === "index" ? "indexes" : `${one}s`,
): string {
  return `${formatNumber(count)} ${count === 1 ? one : more}`;
}

/** A number with thousands separators: `31,531`. */
export function formatNumber(number: number): string {
  return Math.round(number).toLocaleString("en-US");
}

/** Bytes as a person reads them: `51 kB`, `12.3 MB`, `3.2 GB`. */
export function formatSize(bytes: number): string {
  if (bytes < 1e5) return `${Math.ceil(bytes / 1e3)} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/** A time: `3.2 s`, `43 s`, `4 min 10 s`, `2 h 5 min`. */
export function formatDuration(ms: number): string {
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${ms < 10_000 ? (ms / 1_000).toFixed(1) : seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 120) return `${minutes} min ${seconds % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** Rows of a table as text: the first cell of each to the left, the others to the right, as wide as the column's widest. */
export function formatRows(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(...rows.map((row) => row[at]?.length ?? 0)),
  );
  return rows
    .map(([label = "", ...cells]) => {
      const padded = cells.map((cell, at) => cell.padStart(widths[at + 1] ?? 0));
      return [label.padEnd(widths[0] ?? 0), ...padded].join("  ");
    })
    .join("\n");
}

/** The first items and the number of the others: `a, b and 3 more`. */
export function nameFirst(items: readonly string[], max: number, total = items.length): string {
  const named = items.slice(0, max);
  return [named.join(", "), ...andMore(total - named.length)].join(" ");
}

/** What follows the first items of a list: `and 1,204 more`. Empty if they are all. */
export function andMore(left: number): string[] {
  return left > 0 ? [`and ${formatNumber(left)} more`] : [];
}

/** The code of a system error, such as `ENOENT`. */
export function errorCode(error: unknown, otherwise = "unknown error"): string {
  const { code } = (error ?? {}) as { readonly code?: unknown };
  return typeof code === "string" ? code : otherwise;
}

/** Why a file cannot be read, as the end of a sentence on it. */
export function describeUnreadable(error: unknown, otherwise = "unknown error"): string {
  const code = errorCode(error, otherwise);
  return code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
}

/** The name that a misspelt one probably means: one or two letters differ, in any case; undefined if none is so close. */
export function findSimilar(name: string, names: readonly string[]): string | undefined {
  const distance = (other: string) => countEdits(name.toLowerCase(), other.toLowerCase());
  const [closest] = names.toSorted((one, other) => distance(one) - distance(other));
  const most = name.length < 6 ? 1 : 2;
  return closest !== undefined && distance(closest) <= most ? closest : undefined;
}

/** The number of letters to insert, remove or replace (Levenshtein). */
function countEdits(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, at) => at);
  for (const letter of one) {
    const before = row;
    row = [(before[0] ?? 0) + 1];
    for (let at = 0; at < other.length; at += 1) {
      const replaced = (before[at] ?? 0) + (letter === other[at] ? 0 : 1);
      row.push(Math.min(replaced, (before[at + 1] ?? 0) + 1, (row[at] ?? 0) + 1));
    }
  }
  return row.at(-1) ?? 0;
}

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
