import {
  MongoServerError,
  type AggregateOptions,
  type Collection,
  type Db,
  type Document,
} from "mongodb";
import { beginsWith, collections, type CollectionRole, type WantedIndex } from "../../contract";
import { observeIndexes, type ObservedIndex } from "../planner/observe";

/** Duplicate keys of a planned unique index. */
export interface DuplicateKeys {
  readonly kind: "duplicate keys";
  readonly collection: string;
  readonly index: string;
  /** The number of duplicate keys, and of documents with them. */
  readonly keys: number;
  readonly documents: number;
  /** At most three keys with at most three documents each. */
  readonly examples: readonly {
    readonly key: Readonly<Record<string, unknown>>;
    readonly documents: readonly { readonly id: string; readonly at: string | undefined }[];
  }[];
}

const maxExamples = 3;

/**
 * The duplicates that block a unique index; undefined if there are none. In key order, each
 * document is compared with the next, so the server holds two at a time. A hint names an index with this order,
 * because the server does not choose one; without such an index it sorts, on disk if necessary.
 *
 * @throws MongoServerError, for example if a time or memory limit stops the search
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/setWindowFields/
 */
export async function findDuplicateKeys(
  db: Db,
  role: CollectionRole,
  index: WantedIndex,
  options: AggregateOptions,
): Promise<DuplicateKeys | undefined> {
  const indexes = await observeIndexes(db, index.collection);
  const hint = indexes.find((one) => givesOrder(one, index))?.name;
  const [found] = await search(db.collection(index.collection), index, hint, options);
  if (!found) return undefined;
  const keys = found.examples as Document[];
  return {
    kind: "duplicate keys",
    collection: index.collection,
    index: index.name,
    keys: found.keys as number,
    documents: found.documents as number,
    examples: await Promise.all(keys.map((key) => loadExample(db, role, index, key, options))),
  };
}

/** Whether an index has every document, in key order. */
function givesOrder(found: ObservedIndex, { key }: WantedIndex): boolean {
  const { sparse, hidden, partialFilterExpression, collation } = found;
  const isWhole = !sparse && !hidden && !partialFilterExpression && !collation;
  return isWhole && beginsWith(found.key, key);
}

/** The code if the hinted index does not exist or is still being built. */
const badValue = 2;

async function search(
  collection: Collection,
  index: WantedIndex,
  hint: string | undefined,
  options: AggregateOptions,
): Promise<Document[]> {
  const all = { allowDiskUse: true, ...options, ...(hint !== undefined && { hint }) };
  try {
    return await collection.aggregate(duplicatesPipeline(index), all).toArray();
  } catch (error) {
    const isHintGone = error instanceof MongoServerError && error.code === badValue;
    if (hint === undefined || !isHintGone) throw error;
    return search(collection, index, undefined, options);
  }
}

/** An index treats a missing field as null. */
function duplicatesPipeline({ key }: WantedIndex): Document[] {
  const keyOf = Object.fromEntries(
    Object.keys(key).map((field) => [field, { $ifNull: [`$${field}`, null] }]),
  );
  const next = { $shift: { output: keyOf, by: 1 } };
  return [
    { $setWindowFields: { sortBy: key, output: { next } } },
    { $match: { $expr: { $eq: [keyOf, "$next"] } } },
    { $group: { _id: "$next", repeats: { $sum: 1 } } },
    {
      $group: {
        _id: null,
        keys: { $sum: 1 },
        documents: { $sum: { $add: ["$repeats", 1] } },
        examples: { $firstN: { input: "$_id", n: maxExamples } },
      },
    },
  ];
}

async function loadExample(
  db: Db,
  role: CollectionRole,
  index: WantedIndex,
  key: Document,
  { maxTimeMS, readPreference }: AggregateOptions,
) {
  const { timestampField } = collections[role];
  const bounds = {
    ...(maxTimeMS !== undefined && { maxTimeMS }),
    ...(readPreference && { readPreference }),
  };
  const documents = await db
    .collection(index.collection)
    .find(key, { projection: { [timestampField]: 1 }, limit: maxExamples, ...bounds })
    .toArray();
  return {
    key,
    documents: documents.map((document) => {
      const at = (document as Document)[timestampField] as unknown;
      return { id: String(document._id), at: at instanceof Date ? at.toISOString() : undefined };
    }),
  };
}
