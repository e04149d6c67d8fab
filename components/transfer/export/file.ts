import type { Document } from "mongodb";
import { dirname, join, posix, relative } from "node:path";
import {
  type Refusal,
  type WholeFileLocation,
  type WholeFileRole,
  copyAside,
  differingPaths,
  fileOf,
  formatJson,
  keyOf,
  lookAt,
  ownFiles,
  locateFile,
  publish,
  readStat,
  readableKey,
  recordOf,
  refusalIn,
  wholeFile,
  wouldRepeatSteps,
} from "../../state";
import { type NewMergeBase, isAgreed, isSettled } from "../merge-bases";
import { readDocuments } from "../documents";
import { documentIn } from "../exact-types";
import type { Verdict } from "../merge";
import { pairOf } from "../pairs";
import { findRemoved, mustBeSame } from "./only-on-disk";
import type { Tally } from "../tally";
import type { ExportTask, RunInMongo, StoredDocument } from "./run";
import type { ExportSides } from "./sides";
import { type Outgoing, type WholeFile, readWholeFile, renewFile, textOf } from "./whole-file";

/** The result of a file's export. */
export interface ExportedFile {
  /** Its name; absent if it was not read. */
  readonly name?: string;
  /** Its folder, if that must be synced. */
  readonly folder?: string;
  /** The merge bases to settle after the sync: none may vouch for a file that a crash takes back. */
  readonly agreed: readonly NewMergeBase[];
}

/**
 * Exports a run's documents of one role to their file, by the merge rules. A document that no file can hold is left out;
 * the others are written. Conflicts go to a conflict copy.
 *
 * @param tally counts the outcome of each document
 * @param to where the file is
 */
export async function exportFile(
  task: ExportTask,
  tally: Tally,
  role: WholeFileRole,
  run: RunInMongo,
  to: ExportSides,
): Promise<ExportedFile> {
  const { sides, bases } = task;
  const { runId, baseName } = run;
  const documents = run.files.get(role) ?? [];
  const isWhole = role === "approvals" && mustBeSame(run, to);
  if (documents.length === 0 && !isWhole) return { agreed: [] };
  try {
    // Trust the merge bases: a document that has not changed in MongoDB is in its file, whatever the file has now.
    if (!sides.all && (await isUnchanged(to, role, run, documents))) {
      tally.count(role, "unchanged", documents.length);
      return { agreed: [] };
    }

    // Compare: pair each document with its record in the file.
    const location = { ...(await locateFile(to, role, runId, baseName)), role, runId };
    const { name } = location;
    const folder = dirname(location.path);
    const file = await readWholeFile(location);
    const kept = documents.flatMap(({ bytes }) => bytes ?? []);
    const wanted = { [role === "runs" ? "_id" : "runId"]: runId };
    const isKept = kept.length === documents.length;
    // A block may have no room for its documents: then all documents of the file are read again.
    const found = isKept
      ? kept.map((bytes) => documentIn(bytes))
      : await readDocuments(sides, role, wanted, documentIn);
    const pairs = found.map((mongo) => pairDocument(role, mongo, file, run, to));
    const having = (...verdicts: Verdict[]) =>
      file.refusal ? [] : pairs.filter(({ verdict }) => verdicts.includes(verdict));

    // Leave the records for which MongoDB does not win.
    const equal = having("equal");
    tally.count(role, "unchanged", equal.length);
    tally.count(role, "newerOnDisk", having("disk").length);
    for (const { key, mongo } of having("removed")) tally.remove(role, readableKey(key), mongo);
    const conflicts = file.refusal ? pairs : having("conflict");
    await writeConflictCopy(sides, tally, location, conflicts, file.refusal);
    const removed = isWhole ? await findRemoved(task, tally, location, file, pairs) : [];

    // Renew the others.
    const wins = having("mongo", "onlyInMongo");
    const { renewed, content, become } = renewFile(location, file, wins, tally, removed);
    const isDue = (one: NewMergeBase) => !isAgreed(one.seen, one);
    // A killed export may have written the equal records.
    const known = equal.flatMap(({ becomes }) => becomes ?? []).filter(isDue);
    const announced = become.filter(isDue);
    if (content !== undefined) {
      // Announce: if this export is killed after the rename, the next one knows which records were written.
      await bases.announce(announced);
      try {
        // Nothing is lost if MongoDB is wrong: no later conflict copy replaces this one.
        const folder = join(sides.root, ownFiles.conflicts, "removed");
        const copy = removed.length > 0 ? await copyAside(location, folder) : "";
        // Write aside, sync and rename, unless the file changed since it was read.
        await publish(location.path, location.stat, (aside) => aside.writeFile(content));
        tally.removeApprovals(removed, relative(sides.root, copy));
      } catch (error) {
        const refusal = refusalIn(error);
        await bases.withdraw(announced);
        for (const { key } of [...renewed, ...removed])
          tally.refuseDocument(role, readableKey(key), refusal);
        return { name, folder, agreed: known };
      }
      tally.files += 1;
      tally.bytes += Buffer.byteLength(content);
    }
    tally.count(role, content === undefined ? "unchanged" : "written", renewed.length);

    // Settle: the block does that, once it has synced the folder.
    const agreed = [...known, ...announced];
    const isTouched = content !== undefined || agreed.length > 0;
    return { name, agreed, ...(isTouched && { folder }) };
  } catch (error) {
    const refusal = refusalIn(error);
    const ids = documents.map(({ key }) => readableKey(key));
    for (const id of ids.length > 0 ? ids : [runId]) tally.refuseDocument(role, id, refusal);
    return { agreed: [] };
  }
}

/**
 * Whether no document has changed in MongoDB since both sides agreed, and the file of that agreement exists. The file's
 * content does not count.
 */
async function isUnchanged(
  sides: ExportSides,
  role: WholeFileRole,
  { bases, baseName }: RunInMongo,
  documents: readonly StoredDocument[],
): Promise<boolean> {
  if (baseName === undefined) return false;
  const { name } = fileOf(sides, role, baseName);
  const areAgreed = documents.every(({ key, hash }) => {
    const base = bases.get(role)?.get(key);
    return base?.agreed?.mongo === hash && isSettled(base) && base.file === name;
  });
  return areAgreed && (await lookAt(sides, role, baseName)).stat !== undefined;
}

function pairDocument(
  role: WholeFileRole,
  mongo: Document,
  file: WholeFile,
  { bases }: RunInMongo,
  sides: ExportSides,
): Outgoing {
  const key = keyOf(role, mongo);
  const found = { key, disk: file.records.get(key), mongo };
  const pair: Outgoing = pairOf(role, found, bases.get(role)?.get(key), sides);
  const { disk, verdict } = pair;
  if (role !== "runs" || sides.truth !== "mongo" || verdict !== "disk" || !disk) return pair;
  // A file that changed since the merge base was restored, whatever its date: clocks may differ.
  return wouldRepeatSteps(disk.document, mongo) ? { ...pair, verdict: "mongo" } : pair;
}

/**
 * Writes documents whose file must stay to its conflict copy: the same name in a folder that no service and no import
 * reads. Counts a document that no file can hold as unwritable.
 *
 * @param refusal why the file cannot be compared; absent if it has different content for each document
 */
async function writeConflictCopy(
  sides: ExportSides,
  tally: Tally,
  { role, name: file, baseName, forms }: WholeFileLocation,
  conflicts: readonly Outgoing[],
  refusal: Refusal | undefined,
): Promise<void> {
  const conflictCopies = { ...sides, root: join(sides.root, ownFiles.conflicts) };
  const { path, name } = fileOf(conflictCopies, role, baseName);
  const copy = posix.join(ownFiles.conflicts, name);
  const documents = conflicts.flatMap(({ key, disk, mongo }) => {
    const id = readableKey(key);
    const paths = () => differingPaths(role, disk?.document ?? {}, mongo).join(", ");
    const detail = refusal?.detail ?? `changed on both sides: ${paths()}`;
    try {
      formatJson(recordOf(role, mongo));
      tally.conflict(role, { id, file, copy, detail });
      return [mongo];
    } catch (error) {
      tally.refuseDocument(role, id, refusalIn(error));
      return [];
    }
  });
  if (documents.length === 0) return;
  const records = documents.map((document) => recordOf(role, document, forms));
  const content = textOf(wholeFile(role, records, undefined, documents));
  // The copy of an earlier export is replaced.
  await publish(path, await readStat(path), (aside) => aside.writeFile(content));
}
