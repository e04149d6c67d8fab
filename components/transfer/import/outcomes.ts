import { type ReadyRecord, Refusal, describeLocation, differingPaths } from "../../state";
import { type NewMergeBase, isAgreed } from "../merge-bases";
import type { Pair } from "../pairs";
import type { ImportPass } from "../sides";
import type { Accepted } from "../tally";

/** The outcome of each record of a batch so far. */
export type OutcomesSoFar = Map<ReadyRecord, Accepted | "removed" | Refusal>;

/** MongoDB's codes for a document that breaks the validator, or is too large. */
export const refusedCodes: ReadonlySet<unknown> = new Set([121, 10334]);

export function toRefusal(code: unknown): Refusal {
  return new Refusal("server", `MongoDB refuses it with code ${String(code)}`);
}

/**
 * The outcome of a record with the key of an earlier one: unchanged, or refused like that one, if both have the same
 * content.
 */
export function judgeRepeat(
  record: ReadyRecord,
  first: ReadyRecord,
  outcomes: OutcomesSoFar,
): Accepted | Refusal {
  const paths = differingPaths(record.role, record.document, first.document);
  if (paths.length > 0) {
    const detail = `${describeLocation(first.location)} has the same key and different content: `;
    return new Refusal("conflict", detail + paths.join(", "), first.location);
  }
  const outcome = outcomes.get(first);
  return outcome instanceof Refusal ? outcome : "unchanged";
}

/** The refusal of a record whose document must stay. @param file another file that has the same key */
export function toConflict(pass: ImportPass, { disk, mongo = {} }: Pair, file?: string): Refusal {
  const paths = differingPaths(disk.role, disk.document, mongo).join(", ");
  if (file === undefined) {
    const found = `MongoDB has different content: ${paths}`;
    // While a cutover is in force, MongoDB is the source of truth: the message must not ask to delete its documents.
    const isOpenRun = disk.role === "runs" && pass !== "final";
    return new Refusal("conflict", found, undefined, isOpenRun ? disk.key : undefined);
  }
  const detail = `${file} has the same key and different content: ${paths}`;
  return new Refusal("conflict", detail, { file });
}

/** The new merge base of a record; undefined if the merge base stays as it is. */
export function resolveBase(
  { disk, verdict, base, agreement, becomes }: Pair,
  outcomes: OutcomesSoFar,
): NewMergeBase | undefined {
  if (!becomes) return undefined;
  const outcome = outcomes.get(disk);
  const isWritten = outcome === "inserted" || outcome === "updated";
  const { agreed, file = becomes.file } = agreement;
  // An import was killed after this write, and a service changed the document since: its merge base is settled now.
  if (verdict === "mongo" && agreed && !base?.agreed) return { ...becomes, ...agreed, file };
  if (!isWritten && (verdict !== "equal" || isAgreed(base, becomes))) return undefined;
  return agreed?.disk === becomes.disk ? { ...becomes, file } : becomes;
}
