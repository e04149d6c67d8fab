import type { AggregateOptions, Db, Document } from "mongodb";
import { collections, type CollectionRole, type WantedIndex } from "../../contract";

/** Keys that occur more than once where an index is to be unique. */
export interface DuplicateKeys {
  readonly kind: "duplicate keys";
  readonly collection: string;
  readonly index: string;
  /** How many keys occur more than once, and how many documents have them. */
  readonly keys: number;
  readonly documents: number;
  /** At most three keys, each with at most three of its documents. */
  readonly examples: readonly {
    readonly key: Readonly<Record<string, unknown>>;
    readonly documents: readonly { readonly id: string; readonly at: string | undefined }[];
  }[];
}

const examplesShown = 3;

/**
 * The duplicates that keep an index from being unique; undefined where there are none. The
 * server groups on disk beyond its memory limit, and reads an index with the key alone.
 *
 * @see https://www.mongodb.com/docs/manual/reference/operator/aggregation/group/
 */
export async function duplicateKeys(
  db: Db,
  role: CollectionRole,
  index: WantedIndex,
  options: AggregateOptions,
): Promise<DuplicateKeys | undefined> {
  const [found] = await db
    .collection(index.collection)
    .aggregate(duplicatesPipeline(index), { allowDiskUse: true, ...options })
    .toArray();
  if (!found) return undefined;
  const keys = (found.examples as { _id: Document }[]).map(({ _id }) => _id);
  return {
    kind: "duplicate keys",
    collection: index.collection,
    index: index.name,
    keys: found.keys as number,
    documents: found.documents as number,
    examples: await Promise.all(keys.map((key) => example(db, role, index, key))),
  };
}

/** A missing field is a null to an index, so it is one here. */
function duplicatesPipeline({ key }: WantedIndex): Document[] {
  const keyOf = Object.fromEntries(key.map(([field]) => [field, { $ifNull: [`$${field}`, null] }]));
  return [
    { $group: { _id: keyOf, count: { $sum: 1 } } },
    { $match: { count: { $gt: 1 } } },
    {
      $group: {
        _id: null,
        keys: { $sum: 1 },
        documents: { $sum: "$count" },
        examples: { $firstN: { input: "$$ROOT", n: examplesShown } },
      },
    },
  ];
}

async function example(db: Db, role: CollectionRole, index: WantedIndex, key: Document) {
  const { moment } = collections[role];
  const documents = await db
    .collection(index.collection)
    .find(key, { projection: { [moment]: 1 }, limit: examplesShown })
    .toArray();
  return {
    key,
    documents: documents.map((document) => {
      const at = (document as Document)[moment] as unknown;
      return { id: String(document._id), at: at instanceof Date ? at.toISOString() : undefined };
    }),
  };
}
