import type { Document } from "mongodb";
import { dirname, posix } from "node:path";
import {
  type Entry,
  type Key,
  type ReadyRecord,
  Refusal,
  type WholeFilePlace,
  type WholeFileRole,
  differingPaths,
  fileOf,
  formatJson,
  hashOf,
  isJsonObject,
  keyOf,
  lookAt,
  memberOf,
  ownFiles,
  parse,
  placeOf,
  publish,
  readTexts,
  readableKey,
  recordOf,
  parseRecords,
  convertEntries,
  refusalIn,
  renewRecord,
  readStamp,
  unpack,
  wholeFile,
  wouldRepeatSteps,
} from "../../state";
import { type NewBase, announceBases, isAgreed, isSettled, withdrawBases } from "../bases";
import { documentsOf } from "../documents";
import { documentIn } from "../exact-types";
import type { Verdict } from "../merge";
import { type Pair, pairOf } from "../pairs";
import {
  type ExportSides,
  type ExportTask,
  type RunInMongo,
  type StoredDocument,
  keepBases,
} from "./run";

/** A document, and its record if the file has one. */
type Outgoing = Pair<ReadyRecord | undefined, Document>;

/**
 * Brings a run's documents of one role to their file by the merge rules, and counts what became
 * of each. A document that no file can hold is left out; the others are written. What is in conflict
 * goes to a conflict copy.
 *
 * @returns the file's name, if it was looked at
 */
export async function exportFile(
  task: ExportTask,
  role: WholeFileRole,
  run: RunInMongo,
): Promise<string | undefined> {
  const documents = run.files.get(role) ?? [];
  if (documents.length === 0) return undefined;
  const { runId, bases, baseName } = run;
  const { sides, unsettled, tally } = task;
  try {
    if (task.trustsBases && (await isUnchanged(sides, role, run, documents))) {
      tally.count(role, "unchanged", documents.length);
      return undefined;
    }
    const place = { ...(await placeOf(sides, role, runId, baseName)), role, runId };
    const file = await readFile(place);
    const pairs: Outgoing[] = [];
    for (const mongo of await documentsIn(sides, role, runId, documents)) {
      const key = keyOf(role, mongo);
      const base = bases.get(role)?.get(key);
      const pair = pairOf(role, { key, disk: file.records.get(key), mongo }, base, sides);
      pairs.push(isRestored(role, pair, sides) ? { ...pair, verdict: "mongo" } : pair);
    }
    const having = (...verdicts: Verdict[]) =>
      file.refusal ? [] : pairs.filter(({ verdict }) => verdicts.includes(verdict));
    await writeRecords(task, place, file, having("mongo", "onlyInMongo"));
    const equal = having("equal");
    const agreed = equal.flatMap(({ base, becomes }) => newBase(base, becomes));
    // An export that was killed may have renamed the file.
    if (agreed.length > 0) task.touched.add(dirname(place.path));
    unsettled.push(...agreed);
    tally.count(role, "unchanged", equal.length);
    tally.count(role, "newerOnDisk", having("disk").length);
    for (const { key, mongo } of having("removed")) tally.remove(role, readableKey(key), mongo);
    const conflicts = file.refusal ? pairs : having("conflict");
    await writeConflictCopy(task, place, conflicts, file.refusal);
    return place.name;
  } catch (error) {
    const refusal = refusalIn(error);
    for (const { key } of documents) tally.refuseDocument(role, readableKey(key), refusal);
    return undefined;
  }
}

/** Whether a file that changed since the base was restored, whatever its date is, because clocks may be apart. */
function isRestored(role: WholeFileRole, pair: Outgoing, { truth }: ExportSides): boolean {
  const { disk, mongo, verdict } = pair;
  if (role !== "runs" || truth !== "mongo" || verdict !== "disk" || !disk) return false;
  return wouldRepeatSteps(disk.document, mongo);
}

/**
 * Whether no document changed in MongoDB since both sides agreed, and the file that they agreed on
 * is there: whatever it has, nothing is written.
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
  return areAgreed && (await lookAt(sides, role, baseName)).stamp !== undefined;
}

/** The documents as they were read with their run or, if that had no room for them, as they are now. */
function documentsIn(
  sides: ExportSides,
  role: WholeFileRole,
  runId: string,
  documents: readonly StoredDocument[],
): Promise<Document[]> | Document[] {
  const bytes = documents.flatMap((document) => document.bytes ?? []);
  if (bytes.length === documents.length) return bytes.map((one) => documentIn(one));
  return documentsOf(sides, role, { [role === "runs" ? "_id" : "runId"]: runId }, documentIn);
}

/** A run's file of one role, as it is. */
interface WholeFile {
  /** What it holds, a manifest's members among it; undefined if it is not there. */
  readonly whole: unknown;
  /** Its records as they are written there. */
  readonly entries: readonly Entry[];
  /** Those that an import takes; of two with one key the first counts. */
  readonly records: ReadonlyMap<Key, ReadyRecord>;
  /** Why it cannot be compared: it is unreadable, or not a file of this role. It stays as it is. */
  readonly refusal?: Refusal;
}

async function readFile(place: WholeFilePlace): Promise<WholeFile> {
  const noFile = { whole: undefined, entries: [], records: byKey([]) };
  const { role, runId, stamp } = place;
  if (stamp === undefined) return noFile;
  try {
    for await (const [text] of readTexts(place)) {
      if (!text) continue;
      const whole = parse(text);
      // A manifest says whose it is; a run's file was looked at by its name.
      const isManifest = role === "artifacts" && isJsonObject(whole);
      const owner = isManifest ? memberOf(whole, "runId") : undefined;
      if (typeof owner === "string" && owner !== runId) {
        throw new Refusal("conflict", `the manifest belongs to run ${owner}`);
      }
      const entries = unpack(place, runId, whole);
      const records = byKey(convertEntries(place, entries, text));
      return { whole, entries, records };
    }
    throw new Refusal("not-json", "the file is empty");
  } catch (error) {
    return { ...noFile, refusal: refusalIn(error) };
  }
}

function byKey(records: readonly ReadyRecord[]): ReadonlyMap<Key, ReadyRecord> {
  return new Map(records.map((record) => [record.key, record] as const).toReversed());
}

/**
 * Writes documents to their file, if it gets anything new by them, and counts them. If the file changed
 * meanwhile it stays, and what was announced is withdrawn.
 */
async function writeRecords(
  task: ExportTask,
  place: WholeFilePlace,
  file: WholeFile,
  pairs: readonly Outgoing[],
): Promise<void> {
  const { role, runId, path, name, stamp, forms } = place;
  const { tally } = task;
  const entries = file.entries.map(({ fields }) => fields);
  const written: Outgoing[] = [];
  for (const pair of pairs) {
    const { key, disk, mongo } = pair;
    const at = disk ? (disk.place.entry ?? 1) - 1 : entries.length;
    try {
      const record = renewRecord(role, file.entries[at], mongo, forms);
      formatJson(record);
      entries[at] = record;
      written.push(pair);
    } catch (error) {
      tally.refuseDocument(role, readableKey(key), refusalIn(error));
    }
  }
  if (written.length === 0) return;
  const documents = written.map(({ mongo }) => mongo);
  const content = textOf(wholeFile(role, entries, file.whole, documents));
  const bytes = Buffer.from(content);
  const text = { bytes, offset: 0, length: bytes.length, ended: true };
  const records = byKey(parseRecords(place, runId, [text]));
  const become = written.flatMap(({ key, disk, mongo, base }): NewBase[] => {
    const record = records.get(key);
    // If this state directory lacked the record, a base agreed with another one stays.
    if (!record || (!disk && base?.agreed)) return [];
    const hashes = { disk: hashOf(role, record.document), mongo: hashOf(role, mongo) };
    return newBase(base, { role, key, ...hashes, file: name, isNew: !disk, seen: base });
  });
  const hasNewContent = file.whole === undefined || content !== textOf(file.whole);
  try {
    if (hasNewContent) {
      await keepBases(task, (bases) => announceBases(bases, "disk", become));
      await publish(path, stamp, (to) => to.writeFile(content));
      task.touched.add(dirname(path));
      tally.files += 1;
      tally.bytes += bytes.length;
    }
    task.unsettled.push(...become);
    tally.count(role, hasNewContent ? "written" : "unchanged", written.length);
  } catch (error) {
    const refusal = refusalIn(error);
    await keepBases(task, (bases) => withdrawBases(bases, "disk", become));
    for (const { key } of written) tally.refuseDocument(role, readableKey(key), refusal);
  }
}

const textOf = (whole: unknown) => `${formatJson(whole, 2)}\n`;

function newBase(base: Pair["base"], becomes: NewBase | undefined): NewBase[] {
  return !becomes || isAgreed(base, becomes) ? [] : [becomes];
}

/**
 * Writes MongoDB's documents of a file that stays as it is to its conflict copy: the same name in a folder
 * of its own, which no service and no import reads. One that no file can hold is counted as such.
 *
 * @param refusal why the file cannot be compared; if absent, it has other content for each document
 */
async function writeConflictCopy(
  { conflicts: address, tally }: ExportTask,
  { role, name: file, baseName, forms }: WholeFilePlace,
  conflicts: readonly Outgoing[],
  refusal: Refusal | undefined,
): Promise<void> {
  if (conflicts.length === 0) return;
  const { path, name } = fileOf(address, role, baseName);
  const copy = posix.join(ownFiles.conflicts, name);
  // The copy of an earlier export is replaced.
  const stamp = await readStamp(path);
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
  const content = formatJson(wholeFile(role, records, undefined, documents), 2);
  await publish(path, stamp, (to) => to.writeFile(`${content}\n`));
}
