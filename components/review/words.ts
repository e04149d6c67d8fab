import type { Difference } from "./differences";
import type { Step } from "./read/preview";
import { joined, md, ours, type Markdown } from "./safe/markdown";

/** A number with its thousands apart, and its noun: `1,204 runs`, `1 run`. */
export function counted(count: number, one: string, more = `${one}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? one : more}`;
}

/** Words with a comma between them, without those that are not there. */
export function listed(parts: readonly (string | false | undefined)[]): string {
  return parts.filter((part) => part !== false && part !== undefined).join(", ");
}

/** Bytes as a person reads them: `12.3 MB`. */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What the engine does to a resource, as a verb of ours. */
export function verbOf({ operation }: Pick<Step, "operation">): Markdown {
  return ours(operation);
}

/** One input: `instanceSize: M10 → M30`. */
export function differenceInWords({ path, before, after }: Difference): Markdown {
  if (before === undefined) return md`${path} ${after ?? ""}`;
  return after === undefined ? md`${path} ${before} → none` : md`${path} ${before} → ${after}`;
}

/** All that differs, in one line; the first six. */
export function differencesInWords(differences: readonly Difference[]): Markdown {
  const shown = differences.slice(0, 6).map(differenceInWords);
  const left = differences.length - shown.length;
  return joined(left > 0 ? [...shown, ours(`and ${left} more`)] : shown, ", ");
}
