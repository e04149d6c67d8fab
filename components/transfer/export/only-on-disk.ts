import { type ReadyRecord, type WholeFileLocation, readableKey } from "../../state";
import type { Tally } from "../tally";
import type { ExportTask, RunInMongo } from "./run";
import type { ExportSides } from "./sides";
import type { Outgoing, WholeFile } from "./whole-file";

/**
 * Whether a run's approvals must be the same on both sides after its export: from an approval that only the file has, a
 * worker on files would pass a gate.
 *
 * @param to where the file is
 */
export function mustBeSame({ isUnfinished = false }: RunInMongo, to: ExportSides): boolean {
  return isUnfinished && to.truth === "mongo" && to.all === true;
}

/**
 * Finds the approvals that only a file has. MongoDB removed those that both sides had once: they are to be deleted from
 * the file. Others are counted as conflicts, and so is a file with an approval that cannot be read.
 *
 * @param pairs MongoDB's approvals of the run, each with its record in the file
 * @returns the approvals to delete; none as long as anything in the file is in conflict
 */
export async function findRemoved(
  { sides, bases }: ExportTask,
  tally: Tally,
  { runId, name: file }: WholeFileLocation,
  { all, entries, refusal }: WholeFile,
  pairs: readonly Outgoing[],
): Promise<readonly ReadyRecord[]> {
  const stop = (id: string, detail: string) => {
    tally.conflict("approvals", { id, file, detail });
    return [];
  };
  if (refusal) return pairs.length > 0 ? [] : stop(runId, refusal.detail);
  if (all.length < entries.length) return stop(runId, "it has an approval that cannot be read");
  const inMongo = new Set(pairs.map(({ key }) => key));
  const onlyOnDisk = all.filter(({ key }) => !inMongo.has(key));
  const keys = onlyOnDisk.map(({ key }) => key);
  const known = keys.length === 0 ? undefined : await bases.read(new Map([["approvals", keys]]));
  // In a copy of another time nothing counts as removed.
  const isRemoved = ({ key }: ReadyRecord) =>
    sides.older === undefined && known?.get("approvals")?.get(key)?.agreed !== undefined;
  const others = onlyOnDisk.filter((record) => !isRemoved(record));
  for (const { key, document } of others) {
    stop(readableKey(key), `${String(document.status)} on disk, not in MongoDB`);
  }
  const isInConflict = others.length > 0 || pairs.some(({ verdict }) => verdict === "conflict");
  return isInConflict ? [] : onlyOnDisk;
}
