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
