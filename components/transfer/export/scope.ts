import type { Document, Filter } from "mongodb";
import type { DeltaScope } from "../../state";
import { mayExecute, reading } from "../documents";
import type { MongoSide } from "../sides";

/** The maximum difference between the services' clocks, in ms. */
const clockToleranceMs = 5 * 60_000;

/** With more ids, a query would be larger than a command may be: 16 MiB. */
const maxIds = 50_000;

/** Documents that are updated after this may not be exported by a bulk pass that begins now; in ISO 8601. */
export async function findSince(sides: MongoSide): Promise<string> {
  const options = { sort: { updatedAt: -1 }, projection: { updatedAt: 1 } } as const;
  const newest = await reading(sides, "runs", (all) => all.findOne({}, options));
  const latest: unknown = newest?.updatedAt;
  // A clock that is ahead hides nothing.
  const begin = Math.min(latest instanceof Date ? latest.getTime() : 0, Date.now());
  return new Date(begin - clockToleranceMs).toISOString();
}

/** Selects the runs that a delta pass looks at; all without a bulk pass that read MongoDB. */
export function selectRuns({ since, runs = [] }: Partial<DeltaScope>): Filter<Document> {
  if (since === undefined || runs.length > maxIds) return {};
  const isLeft: object = { _id: { $in: runs } };
  return { $or: [mayExecute, isLeft, { updatedAt: { $gte: new Date(since) } }] };
}
