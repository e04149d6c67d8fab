import { type Collection, type Document, type Filter, Long } from "mongodb";
import pLimit from "p-limit";
import type { CollectionRole } from "../contract";
import { type Key, keyFields, keyOf } from "../state";
import { documentIn } from "./values/document";

/** A record to be found: its key and the document that has the key's fields. */
export interface Keyed {
  readonly key: Key;
  readonly document: Document;
}

const queriesAtOnce = 8;

/** The documents in MongoDB that have the records' keys, with types as they are stored. */
export async function documentsOf(
  collection: Collection,
  role: CollectionRole,
  records: readonly Keyed[],
): Promise<Map<Key, Document>> {
  const wanted = new Set(records.map(({ key }) => key));
  const limit = pLimit(queriesAtOnce);
  const found = await limit.map(filtersOf(role, records), (filter) =>
    collection.find(filter, { raw: true }).toArray(),
  );
  const documents = found.flat().map((raw) => {
    const document = documentIn(raw as unknown as Uint8Array);
    return [keyOf(role, document), document] as const;
  });
  return new Map(documents.filter(([key]) => wanted.has(key)));
}

/** One query for runs, else one a run: each follows the unique index. */
function filtersOf(role: CollectionRole, records: readonly Keyed[]): Filter<Document>[] {
  const [first = "_id", second] = keyFields(role);
  const valuesOf = (group: readonly Keyed[], field: string) =>
    group.map(({ document }) => document[field] as unknown);
  if (second === undefined) return [{ [first]: { $in: valuesOf(records, first) } }];
  const groups = new Map<unknown, Keyed[]>();
  for (const record of records) {
    const value: unknown = record.document[first];
    const group = groups.get(value) ?? [];
    groups.set(value, group);
    group.push(record);
  }
  return [...groups].map(([value, group]) => ({
    [first]: value,
    [second]: conditionOn(valuesOf(group, second)),
  }));
}

/**
 * Entries of one log mostly lie close together, so that a range of their sequences finds little
 * else. Where the sequence starts again, all of the log may lie in between: it would fill memory.
 */
function conditionOn(values: readonly unknown[]): Document {
  if (!values.every((value) => value instanceof Long)) return { $in: values };
  const sorted = values.toSorted((a, b) => a.compare(b));
  const [first = Long.ZERO, last = first] = [sorted[0], sorted.at(-1)];
  const areClose = last.toNumber() - first.toNumber() <= 2 * values.length;
  return areClose ? { $gte: first, $lte: last } : { $in: values };
}
