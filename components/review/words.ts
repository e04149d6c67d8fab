import type { Difference } from "./differences";
import { join, md, ours, type Markdown } from "./safe/markdown";

/** A number with its thousands apart, and its noun: `1,204 runs`, `1 run`. */
export function formatCount(
  count: number,
  one: string,
  more = one === "index" ? "indexes" : `${one}s`,
): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : more}`;
}

/** What is said of a number of things, ` destroyed`: `2 resources destroyed`; undefined of none. */
export function describeAny(count: number, one: string, rest: string): string | undefined {
  return count > 0 ? formatCount(count, one) + rest : undefined;
}

/** Words with a comma between them, without those that are not there. */
export function formatList(parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined).join(", ");
}

/** How often each of these is there, in the order in which they come first. */
export function countEach<T>(all: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

/** One input: `instanceSize: M10 → M30`; what is folded says in which of a list's members. */
function describeDifference({ path, before, after }: Difference): Markdown {
  const name = path.replace(/^.*\.\d+\.(?=.)/, "");
  if (before === undefined) return md`${name} ${after ?? ""}`;
  return after === undefined ? md`${name} ${before} → none` : md`${name} ${before} → ${after}`;
}

/** All that differs, in one line; the first six. */
export function describeDifferences(differences: readonly Difference[]): Markdown {
  const shown = differences.slice(0, 6).map(describeDifference);
  const left = differences.length - shown.length;
  return join(left > 0 ? [...shown, ours(`and ${left} more`)] : shown, ", ");
}
