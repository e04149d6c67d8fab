import {
  type Key,
  type Refusal,
  type Stamp,
  type WholeFilePlace,
  formatRecord,
  isJsonObject,
  parseJson,
  publish,
  readableKey,
  recordOf,
  refusalIn,
  renewedRecord,
  wholeFile,
} from "../../state";
import { type NewBase, announceBases, withdrawBases } from "../bases";
import type { Verdict } from "../merge";
import { type ExistingFile, recordsOf } from "./existing";
import { type ExportTask, onBases, type Outgoing } from "./run";

/** A document with what the merge rules say of it and its file. */
export interface Decided extends Outgoing {
  readonly verdict: Verdict;
  /** Where its record is in the file; -1 if it is not there. */
  readonly at: number;
}

/** A document with the record that the file gets. */
interface Written extends Decided {
  readonly record: ReadonlyMap<string, unknown>;
}

/** Writes what MongoDB wins, if the file gets anything new by it; the bases that hold afterwards. */
export async function writeFile(
  task: ExportTask,
  place: WholeFilePlace,
  existing: ExistingFile,
  decided: readonly Decided[],
): Promise<NewBase[]> {
  const written = recordsToWrite(task, place, existing, decided);
  if (written.length === 0) return [];
  const { stamp, whole } = existing;
  const content = contentWith(place, existing, written);
  const become = settledBy(place, content, written);
  const isNew = whole === undefined || content !== `${formatRecord(whole, 2)}\n`;
  const refusal = isNew ? await publishContent(task, place, stamp, content, become) : undefined;
  if (refusal) {
    for (const { key } of written) task.tally.refuse(place.role, readableKey(key), refusal);
    return [];
  }
  task.tally.settle(place.role, isNew ? "written" : "unchanged", written.length);
  return become;
}

/** The records that the file gets; what it cannot hold is counted and left out. */
function recordsToWrite(
  { tally }: ExportTask,
  { role }: WholeFilePlace,
  { records }: ExistingFile,
  decided: readonly Decided[],
): Written[] {
  return decided.flatMap((one) => {
    const { verdict, at, key, side } = one;
    if (verdict !== "mongo" && verdict !== "onlyInMongo") return [];
    try {
      const before = records[at]?.fields;
      const record =
        at < 0
          ? recordOf(role, side.document)
          : renewedRecord(role, isJsonObject(before) ? before : {}, side.document);
      formatRecord(record);
      return [{ ...one, record }];
    } catch (error) {
      tally.refuse(role, readableKey(key), refusalIn(error));
      return [];
    }
  });
}

function contentWith(
  { role }: WholeFilePlace,
  existing: ExistingFile,
  written: readonly Written[],
): string {
  const records = existing.records.map(({ fields }) => fields);
  for (const { at, record } of written) {
    if (at < 0) records.push(record);
    else records[at] = record;
  }
  const documents = written.map(({ side }) => side.document);
  return `${formatRecord(wholeFile(role, records, existing.whole, documents), 2)}\n`;
}

/** The announced bases are taken back if the file changed meanwhile, which is said. */
async function publishContent(
  task: ExportTask,
  { path }: WholeFilePlace,
  stamp: Stamp,
  content: string,
  become: readonly NewBase[],
): Promise<Refusal | undefined> {
  await onBases(task, (bases) => announceBases(bases, "disk", become));
  try {
    await publish(path, stamp, (file) => file.writeFile(content));
  } catch (error) {
    const refusal = refusalIn(error);
    await onBases(task, (bases) => withdrawBases(bases, "disk", become));
    return refusal;
  }
  task.tally.files += 1;
  task.tally.bytes += Buffer.byteLength(content);
  return undefined;
}

/**
 * The bases of what was written, by what an import would read. A base that another folder agreed
 * on is left if this folder did not have the record.
 */
function settledBy(place: WholeFilePlace, content: string, written: readonly Written[]): NewBase[] {
  const { role, name: file } = place;
  const hashes = new Map<Key | undefined, string | undefined>(
    recordsOf(place, parseJson(content)).map(({ key, side }) => [key, side?.hash]),
  );
  return written.flatMap(({ key, at, side, base }) => {
    const disk = hashes.get(key);
    if (disk === undefined || (at < 0 && base)) return [];
    return [{ role, key, disk, mongo: side.hash, file, isNew: at < 0 }];
  });
}
