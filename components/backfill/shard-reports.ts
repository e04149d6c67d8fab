import type { ImportReport } from "./tally";

/**
 * The report of an import that several shards did: counts are summed, cases follow each other. The
 * time is that of the longest; what was skipped is what each of them saw of all files.
 */
export function ofShards([first, ...others]: readonly ImportReport[]): ImportReport {
  if (!first) throw new Error("An import has the report of one shard at least.");
  const sum = others.reduce((one, other) => added(one, other) as ImportReport, first);
  const elapsedMs = Math.max(...[first, ...others].map((one) => one.elapsedMs));
  return { ...sum, elapsedMs, skipped: first.skipped };
}

function added(one: unknown, other: unknown): unknown {
  if (one === undefined || other === undefined) return one ?? other;
  if (typeof one === "number") return one + (other as number);
  if (Array.isArray(one)) return [...(one as unknown[]), ...(other as unknown[])];
  const [left, right] = [one, other] as [Record<string, unknown>, Record<string, unknown>];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return Object.fromEntries(keys.map((key) => [key, added(left[key], right[key])]));
}
