import type { Difference } from "./differences";
import type { Step } from "./read/preview";
import { join, md, ours, type Markdown } from "./safe/markdown";

/** A number with its thousands apart, and its noun: `1,204 runs`, `1 run`. */
export function formatCount(count: number, one: string, more = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : more}`;
}

/** Words with a comma between them, without those that are not there. */
export function formatList(parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined).join(", ");
}

/** Bytes as a person reads them: `12.3 MB`, `51 kB`. */
export function megabytes(bytes: number): string {
  if (bytes < 1e5) return `${Math.ceil(bytes / 1e3)} kB`;
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What the engine does to a resource, as a verb of ours. */
export function verbOf({ operation }: Pick<Step, "operation">): Markdown {
  return ours(operation);
}

/** One input: `instanceSize: M10 → M30`; what is folded says in which of a list's members. */
export function describeDifference({ path, before, after }: Difference): Markdown {
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
