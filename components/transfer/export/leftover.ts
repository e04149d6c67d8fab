import type { Collection, Document, Filter } from "mongodb";
import { checkpointsCollection } from "../../contract";
import { withRetries } from "../../mongo";
import { mayExecute, reading } from "../documents";
import type { MongoSide } from "../sides";

/**
 * What the bulk pass of a rollback leaves to the delta pass, kept beside the bases: without it the delta pass
 * looks at every run while the worker is stopped.
 */
export interface Leftover {
  /** Documents that were updated after this may not have been exported yet. */
  readonly since: Date;
  /** The runs that were unfinished when it began, and those with a conflict or something unwritable. */
  readonly runs: readonly string[];
}

/** The services' clocks differ by at most so much, in ms. */
const clockToleranceMs = 5 * 60_000;

/** More runs are not kept, because a command has 16 MiB: then the delta pass looks at all. */
const maxRuns = 50_000;

/** What a bulk pass that begins now will leave, as far as it is known before it. */
export async function findLeftover(sides: MongoSide): Promise<Leftover> {
  return reading(sides, "runs", async (all) => {
    const newest = await all.findOne({}, { sort: { updatedAt: -1 }, projection: { updatedAt: 1 } });
    const unfinished = all.find(mayExecute, { projection: { _id: 1 }, limit: maxRuns + 1 });
    const runs = (await unfinished.toArray()).map(({ _id }) => String(_id));
    const latest: unknown = newest?.updatedAt;
    // A clock that is ahead hides nothing.
    const begin = Math.min(latest instanceof Date ? latest.getTime() : 0, Date.now());
    return { since: new Date(begin - clockToleranceMs), runs };
  });
}

/** Keeps what a bulk pass left that is done, for the delta pass of the same fence. */
export async function saveLeftover(
  sides: MongoSide,
  fence: string,
  { since, runs }: Leftover,
): Promise<void> {
  if (runs.length > maxRuns) return;
  const collection = leftoversIn(sides);
  await withRetries(
    `Writing to ${collection.namespace}`,
    () => collection.updateOne({ _id: idOf(fence) }, { $set: { since, runs } }, { upsert: true }),
    sides,
  );
}

/** Selects the runs that a delta pass looks at; all without a bulk pass of its fence. */
export async function selectLeftover(sides: MongoSide, fence: string): Promise<Filter<Document>> {
  const collection = leftoversIn(sides);
  const found = await withRetries(
    `Reading from ${collection.namespace}`,
    () => collection.findOne({ _id: idOf(fence) }),
    sides,
  );
  if (!found) return {};
  const isLeft: object = { _id: { $in: found.runs } };
  return { $or: [mayExecute, isLeft, { updatedAt: { $gte: found.since } }] };
}

function leftoversIn({ database }: MongoSide): Collection<Leftover & { readonly _id: string }> {
  return database.collection(checkpointsCollection);
}

const idOf = (fence: string) => `export:${fence}`;
