import {
  type Key,
  Refusal,
  type Stamp,
  type WholeFilePlace,
  type WholeFileRole,
  formatJson,
  isJsonObject,
  memberOf,
  parse,
  parseJson,
  publish,
  readTexts,
  readableKey,
  recordIn,
  recordOf,
  refusalIn,
  renewRecord,
  stampOf,
  unpack,
  wholeFile,
} from "../../state";
import { type Base, type NewBase, announceBases, isAgreed, withdrawBases } from "../bases";
import { type Side, type Verdict, sideOf } from "../merge";
import type { Tally } from "../tally";
import { type ExportTask, keepBases } from "./run";

/** A record of a file as it is written there; without key and side if no import would take it. */
interface ExistingRecord {
  readonly fields: unknown;
  readonly key?: Key;
  readonly side?: Side;
}

/** A file of a run, of approvals or of artifacts. */
export interface ExistingFile {
  readonly stamp: Stamp;
  /** What the file holds, a manifest's members among it; undefined if it is not there. */
  readonly whole: unknown;
  readonly records: readonly ExistingRecord[];
  /** Why nothing can be said of it: it cannot be read, or is no such file. It stays then. */
  readonly refusal?: Refusal;
}

/** Reads a file with one JSON value. */
export async function existingFile(place: WholeFilePlace): Promise<ExistingFile> {
  const noFile = { stamp: undefined, whole: undefined, records: [] };
  if (!place.there) return noFile;
  const { role, runId, path } = place;
  try {
    const stamp = await stampOf(path);
    for await (const [text] of readTexts(place)) {
      if (!text) continue;
      const whole = parse(text);
      // A manifest says whose it is; a run's file was looked at by its name.
      const isManifest = role === "artifacts" && isJsonObject(whole);
      const owner = isManifest ? memberOf(whole, "runId") : undefined;
      if (typeof owner === "string" && owner !== runId) {
        throw new Refusal("conflict", `the manifest belongs to run ${owner}`);
      }
      return { stamp, whole, records: recordsOf(place, whole) };
    }
    throw new Refusal("not-json", "the file is empty");
  } catch (error) {
    return { ...noFile, refusal: refusalIn(error) };
  }
}

function recordsOf(place: WholeFilePlace, whole: unknown): ExistingRecord[] {
  const { role, runId } = place;
  return unpack(place, { runId, numbered: true }, whole).map((entry) => {
    const { fields } = entry;
    try {
      const { key, document } = recordIn(role, entry);
      return { fields, key, side: sideOf(role, document) };
    } catch (error) {
      refusalIn(error);
      return { fields };
    }
  });
}

/** A document with what the merge rules say of it and its file. */
export interface Decided {
  readonly key: Key;
  readonly mongo: Side;
  readonly base: Base | undefined;
  /** Where its record is in the file; -1 if it is not there. */
  readonly at: number;
  readonly verdict: Verdict;
  /** Why it is a conflict, if it is one. */
  readonly detail: string | undefined;
}

interface Written extends Decided {
  readonly record: ReadonlyMap<string, unknown>;
}

/** Writes what MongoDB wins, if the file gets anything new by it, and counts all but the conflicts. */
export async function writeFile(
  task: ExportTask,
  place: WholeFilePlace,
  existing: ExistingFile,
  decided: readonly Decided[],
): Promise<void> {
  const { role } = place;
  const having = (verdict: Verdict) => decided.filter((one) => one.verdict === verdict);
  const [equal, newerOnDisk] = [having("equal"), having("disk")];
  const written = recordsToWrite(task.tally, role, existing, decided);
  const refusal = written.length > 0 && (await writeRecords(task, place, existing, written));
  if (refusal) {
    for (const { key } of written) task.tally.refuseDocument(role, readableKey(key), refusal);
  }
  task.settled.push(...basesOf(place, existing.records, equal));
  task.tally.count(role, "unchanged", equal.length);
  task.tally.count(role, "newerOnDisk", newerOnDisk.length);
}

function recordsToWrite(
  tally: Tally,
  role: WholeFileRole,
  { records }: ExistingFile,
  decided: readonly Decided[],
): Written[] {
  return decided.flatMap((one) => {
    const { verdict, at, key, mongo } = one;
    if (verdict !== "mongo" && verdict !== "onlyInMongo") return [];
    try {
      const before = records[at]?.fields;
      const record =
        at < 0
          ? recordOf(role, mongo.document)
          : renewRecord(role, isJsonObject(before) ? before : {}, mongo.document);
      formatJson(record);
      return [{ ...one, record }];
    } catch (error) {
      tally.refuseDocument(role, readableKey(key), refusalIn(error));
      return [];
    }
  });
}

/** Why they were not written: the file changed meanwhile. The announced bases are taken back then. */
async function writeRecords(
  task: ExportTask,
  place: WholeFilePlace,
  existing: ExistingFile,
  written: readonly Written[],
): Promise<Refusal | undefined> {
  const { role, path } = place;
  const records = existing.records.map(({ fields }) => fields);
  for (const { at, record } of written) {
    if (at < 0) records.push(record);
    else records[at] = record;
  }
  const documents = written.map(({ mongo }) => mongo.document);
  const content = textOf(wholeFile(role, records, existing.whole, documents));
  const become = basesOf(place, recordsOf(place, parseJson(content)), written);
  const isNew = existing.whole === undefined || content !== textOf(existing.whole);
  try {
    if (isNew) {
      await keepBases(task, (bases) => announceBases(bases, "disk", become));
      await publish(path, existing.stamp, (file) => file.writeFile(content));
      task.tally.files += 1;
      task.tally.bytes += Buffer.byteLength(content);
    }
  } catch (error) {
    const refusal = refusalIn(error);
    await keepBases(task, (bases) => withdrawBases(bases, "disk", become));
    return refusal;
  }
  task.settled.push(...become);
  task.tally.count(role, isNew ? "written" : "unchanged", written.length);
  return undefined;
}

const textOf = (whole: unknown) => `${formatJson(whole, 2)}\n`;

/**
 * The bases of documents that the file has, by what an import reads there, as far as they are not known
 * yet. A base that another folder agreed on is left if this folder did not have the record.
 */
function basesOf(
  { role, name: file }: WholeFilePlace,
  records: readonly ExistingRecord[],
  documents: readonly Decided[],
): NewBase[] {
  const hashes = new Map(records.map(({ key, side }) => [key, side?.hash] as const));
  return documents.flatMap(({ key, at, mongo, base }) => {
    const disk = hashes.get(key);
    if (disk === undefined || (at < 0 && base)) return [];
    const become = { role, key, disk, mongo: mongo.hash, file, isNew: at < 0, seen: base };
    return isAgreed(base, become) ? [] : [become];
  });
}
