import type { Collection, Document, Filter } from "mongodb";
import type { CollectionRole } from "../contract";
import { withRetries } from "../mongo";
import { isUnfinished } from "../state";
import { fieldIn } from "./exact-types";
import { type MongoSide, collectionOf } from "./sides";

/** The field that orders pages. Its values are unique in a query, and MongoDB can compare their types. */
const orders = { runs: "_id", logs: "sequence" } as const;

/** The number of documents in a first page, when nothing is known of their size, and the maximum in a later one. */
const firstInPage = 4;
const maxInPage = 1_000;

/**
 * Target size of a page in bytes, by the largest document so far. Several pages of the server's own limit, 16 MiB, would
 * take more memory than all else.
 */
const pageBytes = 4 * 1024 * 1024;

/**
 * Documents as bytes for `documentIn`, page by page. A failed page is read again. The index on `_id` serves runs, the
 * unique one on `runId` and `sequence` the entries of one run's log.
 *
 * @param filter selects runs by ids that are texts, or entries by one `runId`
 */
export async function* pages(
  sides: MongoSide,
  role: keyof typeof orders,
  filter: Document,
): AsyncGenerator<readonly Uint8Array[]> {
  const field = orders[role];
  let limit = firstInPage;
  let largest = 1;
  let rest = filter;
  for (;;) {
    const query = rest;
    const options = { sort: { [field]: 1 }, limit, singleBatch: true, raw: true } as const;
    const found = await reading(sides, role, (all) => all.find(query, options).toArray());
    // A raw document's type does not say that it is its bytes.
    const page = found as unknown as Uint8Array[];
    const last = page.at(-1);
    // A page with fewer documents may be cut at 16 MiB.
    if (!last) return;
    yield page;
    largest = Math.max(largest, ...page.map(({ length }) => length));
    limit = Math.min(maxInPage, Math.ceil(pageBytes / largest));
    const $gt = fieldIn(last, field);
    rest = { ...filter, [field]: { ...(filter[field] as object | undefined), $gt } };
  }
}

/** Reads runs as bytes by their ids, or all runs whose id is a text. The index on `_id` serves both. */
export async function* runsAsBytes(
  sides: MongoSide,
  runIds: readonly string[] | undefined,
): AsyncGenerator<Uint8Array> {
  for (const filter of runIds ? idFilters(runIds) : [{ _id: { $gte: "" } }]) {
    for await (const page of pages(sides, "runs", filter)) yield* page;
  }
}

/** Finds the run ids that are not texts, by the index on `_id`: no file can hold such a run. */
export function findOtherRunIds(sides: MongoSide): Promise<string[]> {
  const isNoText = { _id: { $not: { $gte: "" } } };
  return readDocuments(sides, "runs", isNoText, (bytes) => String(fieldIn(bytes, "_id")));
}

/** Maximum number of documents in a reply: enough for two artifacts of each run in a block. */
const maxInReply = 512;

/**
 * Reads and converts all documents of a query, ordered by run and `_id`. A failure reads all of them again. Use it for
 * the parts of a few runs: the indexes that begin with `runId` serve it.
 *
 * @param convert gets a document's bytes
 */
export function readDocuments<T>(
  sides: MongoSide,
  role: CollectionRole,
  filter: Document,
  convert: (bytes: Uint8Array) => T,
): Promise<T[]> {
  const sort = { runId: 1, _id: 1 } as const;
  return reading(sides, role, async (all) => {
    const found: T[] = [];
    for await (const raw of all.find(filter, { sort, raw: true, batchSize: maxInReply })) {
      found.push(convert(raw as unknown as Uint8Array));
    }
    return found;
  });
}

const step = { enabled: { $ne: false }, status: { $nin: ["Succeeded", "Failed", "Skipped"] } };
/**
 * Selects each run that may still execute steps, and some that are finished: `isUnfinished` decides. No index serves
 * it.
 */
export const mayExecute = {
  $or: [{ "steps.0": { $exists: false } }, { steps: { $elemMatch: step } }],
};

/**
 * Finds the runs that may still execute steps, by their ids, with the date of their last update.
 *
 * @param wanted the ids to look for, by the index on `_id`, or a filter: `mayExecute` scans the collection, so do
 *   not use it while the worker is stopped
 */
export async function findUnfinishedRuns(
  sides: MongoSide,
  wanted: readonly string[] | Filter<Document>,
): Promise<Map<string, Document>> {
  const found = new Map<string, Document>();
  const options = { projection: { steps: 1, updatedAt: 1 }, batchSize: maxInPage };
  for (const query of Array.isArray(wanted) ? idFilters(wanted as string[]) : [wanted]) {
    await reading(sides, "runs", async (all) => {
      for await (const run of all.find(query, options)) {
        const updatedAt: unknown = run.updatedAt;
        if (isUnfinished(run)) found.set(String(run._id), { updatedAt });
      }
    });
  }
  return found;
}

/** Finds the approvals of runs, as far as they are told to people, by the index that begins with `runId`. */
export async function findApprovals(
  sides: MongoSide,
  runIds: readonly string[],
): Promise<Document[]> {
  const found: Document[] = [];
  const projection = { _id: 0, runId: 1, approvalId: 1, status: 1 };
  for (const { _id } of idFilters(runIds)) {
    found.push(
      ...(await reading(sides, "approvals", (all) =>
        all.find({ runId: _id as Document }, { projection }).toArray(),
      )),
    );
  }
  return found;
}

/**
 * Maximum number of ids in a page, about 15 MB. Larger pages are faster: for each page, MongoDB looks at one index
 * entry of each later run again.
 */
const idsInPage = 100_000;

/**
 * Finds the runs that have documents in a collection, in order. MongoDB reads one entry of the index on `runId` for
 * each run (DISTINCT_SCAN), but only for a range of texts: with `$type` it reads every document (MongoDB's
 * `index_bounds_builder.cpp`).
 */
export async function* runIdsIn(sides: MongoSide, role: CollectionRole): AsyncGenerator<string> {
  let texts: object = { $gte: "" };
  for (;;) {
    const pipeline = [
      { $match: { runId: texts } },
      { $group: { _id: "$runId" } },
      { $sort: { _id: 1 } },
      { $limit: idsInPage },
    ];
    const page = await reading(sides, role, (all) =>
      all.aggregate<{ readonly _id: string }>(pipeline).toArray(),
    );
    for (const { _id } of page) yield _id;
    if (page.length < idsInPage) return;
    texts = { $gt: page.at(-1)?._id };
  }
}

/** Maximum number of ids in a query: keys of 1 KB are 5 MB, and a command has at most 16 MiB. */
export const idsInQuery = 5_000;

/** Filters that select documents by their ids, each by 5,000. The index on `_id` serves them. */
export function idFilters(ids: readonly string[]): Document[] {
  return Array.from({ length: Math.ceil(ids.length / idsInQuery) }, (_, at) => ({
    _id: { $in: ids.slice(at * idsInQuery, (at + 1) * idsInQuery) },
  }));
}

/** Finds which ids have a document, by one query for each 5,000. The index on `_id` serves it. */
export async function idsAmong(
  sides: MongoSide,
  role: CollectionRole,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  const options = { projection: { _id: 1 }, batchSize: idsInQuery + 1 };
  for (const wanted of idFilters(ids)) {
    const found = await reading(sides, role, (all) => all.find(wanted, options).toArray());
    for (const { _id } of found) known.add(String(_id));
  }
  return known;
}

/** Reads from a role's collection, and retries if the server has trouble that passes. */
export function reading<T>(
  sides: MongoSide,
  role: CollectionRole,
  work: (collection: Collection) => Promise<T>,
): Promise<T> {
  const collection = collectionOf(sides, role);
  const doing = `Reading ${role} from ${collection.namespace}`;
  return withRetries(doing, () => work(collection), sides);
}
