import type { Document } from "mongodb";
import {
  type Entry,
  type Key,
  type ReadyRecord,
  Refusal,
  type WholeFileLocation,
  convertEntries,
  formatJson,
  hashOf,
  isJsonObject,
  memberOf,
  parse,
  parseRecords,
  readTexts,
  readableKey,
  refusalIn,
  renewRecord,
  unpack,
  wholeFile,
} from "../../state";
import type { NewMergeBase } from "../merge-bases";
import type { Pair } from "../pairs";
import type { Tally } from "../tally";

/** A run's file of one role, as it was read. */
export interface WholeFile {
  /** Its content, with a manifest's members; undefined if it does not exist. */
  readonly whole: unknown;
  /** Its records as they are written there. */
  readonly entries: readonly Entry[];
  /** The records that an import can read. */
  readonly all: readonly ReadyRecord[];
  /** The records that an import takes; of two with one key, the first counts. */
  readonly records: ReadonlyMap<Key, ReadyRecord>;
  /** Why it cannot be compared: it is unreadable, or not a file of this role. It stays as it is. */
  readonly refusal?: Refusal;
}

/** Reads a file; if it cannot be compared, `refusal` has the reason. */
export async function readWholeFile(location: WholeFileLocation): Promise<WholeFile> {
  const noFile = { whole: undefined, entries: [], all: [], records: byKey([]) };
  const { role, runId, stat } = location;
  if (stat === undefined) return noFile;
  try {
    for await (const [text] of readTexts(location)) {
      if (!text) continue;
      const whole = parse(text);
      // A manifest has its run's id; a run's own file was found by its name.
      const isManifest = role === "artifacts" && isJsonObject(whole);
      const owner = isManifest ? memberOf(whole, "runId") : undefined;
      if (typeof owner === "string" && owner !== runId) {
        throw new Refusal("conflict", `the manifest belongs to run ${owner}`);
      }
      const entries = unpack(location, runId, whole);
      const all = convertEntries(location, entries, text);
      return { whole, entries, all, records: byKey(all) };
    }
    throw new Refusal("not-json", "the file is empty");
  } catch (error) {
    return { ...noFile, refusal: refusalIn(error) };
  }
}

function byKey(records: readonly ReadyRecord[]): ReadonlyMap<Key, ReadyRecord> {
  return new Map(records.map((record) => [record.key, record] as const).toReversed());
}

/** A document, and its record if the file has one. */
export type Outgoing = Pair<ReadyRecord | undefined, Document>;

/** A file with some of its records renewed. */
interface RenewedFile {
  /** The documents that it holds afterwards. */
  readonly renewed: readonly Outgoing[];
  /** Its new content; undefined if that does not change. */
  readonly content?: string | undefined;
  /** The merge bases of these documents. */
  readonly become: readonly NewMergeBase[];
}

/**
 * Renews a file's records by their documents, and adds those that it lacks.
 *
 * @param tally counts the documents that no file can hold: they are left out
 * @param removed the records to delete from the file
 */
export function renewFile(
  location: WholeFileLocation,
  file: WholeFile,
  pairs: readonly Outgoing[],
  tally: Tally,
  removed: readonly ReadyRecord[],
): RenewedFile {
  const { role, runId, name, forms } = location;
  const entries = file.entries.map(({ fields }) => fields);
  const renewed: Outgoing[] = [];
  for (const pair of pairs) {
    const { key, disk, mongo } = pair;
    const at = disk ? indexOf(disk) : entries.length;
    try {
      const record = renewRecord(role, file.entries[at], mongo, forms);
      formatJson(record);
      entries[at] = record;
      renewed.push(pair);
    } catch (error) {
      tally.refuseDocument(role, readableKey(key), refusalIn(error));
    }
  }
  if (renewed.length + removed.length === 0) return { renewed, become: [] };
  const documents = renewed.map(({ mongo }) => mongo);
  const deleted = new Set(removed.map(indexOf));
  const left = entries.filter((_, at) => !deleted.has(at));
  const content = textOf(wholeFile(role, left, file.whole, documents));
  const bytes = Buffer.from(content);
  const text = { bytes, offset: 0, length: bytes.length, ended: true };
  const records = byKey(parseRecords(location, runId, [text]));
  const become = renewed.flatMap(({ key, disk, mongo, base }) => {
    const record = records.get(key);
    // If this state directory lacked the record, a merge base that was agreed with another directory stays.
    if (!record || (!disk && base?.agreed)) return [];
    const hashes = { disk: hashOf(role, record.document), mongo: hashOf(role, mongo) };
    return [{ role, key, ...hashes, file: name, isNew: !disk, seen: base }];
  });
  const isNew = file.whole === undefined || content !== textOf(file.whole);
  return { renewed, become, ...(isNew && { content }) };
}

/** The index of a record among its file's entries. */
function indexOf({ location: { entry = 1 } }: ReadyRecord): number {
  return entry - 1;
}

/** The text of a file that holds one JSON value. */
export function textOf(whole: unknown): string {
  return `${formatJson(whole, 2)}\n`;
}
