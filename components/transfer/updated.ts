import { reading } from "./documents";
import type { MongoSide } from "./sides";

/** The maximum difference between the services' clocks, in ms. */
const clockToleranceMs = 60 * 60_000;

/**
 * Finds the moment since which runs may have been updated, an hour before the newest date: a run that is updated now
 * may have an older date than that. The index on `updatedAt` leads to the newest run.
 */
export async function findSince(sides: MongoSide): Promise<Date> {
  const options = { sort: { updatedAt: -1 }, projection: { updatedAt: 1 } } as const;
  const newest = await reading(sides, "runs", (all) => all.findOne({}, options));
  const latest: unknown = newest?.updatedAt;
  // A clock that is ahead must hide no update.
  const end = Math.min(latest instanceof Date ? latest.getTime() : 0, Date.now());
  return new Date(end - clockToleranceMs);
}

/** Finds the runs that were updated since a moment, by the index on `updatedAt`. */
export async function findUpdated(sides: MongoSide, since: Date): Promise<string[]> {
  const filter = { updatedAt: { $gte: since } };
  const idOnly = { projection: { _id: 1 } };
  const found = await reading(sides, "runs", (all) => all.find(filter, idOnly).toArray());
  return found.map(({ _id }) => String(_id));
}
