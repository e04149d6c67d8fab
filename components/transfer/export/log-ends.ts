import type { Document } from "mongodb";
import { hashOf } from "../../state";
import { documentIn, memberBytes, reading } from "../documents";
import type { MongoSide } from "../sides";
import { sequenceOf } from "./log-entries";
import type { LogInMongo } from "./run";

/**
 * How the logs of some runs end, by one query for all of them. The unique index has their counts and last
 * sequences, and finds the last entry of each. A run without entries is left out.
 */
export async function logEnds(
  sides: MongoSide,
  runIds: readonly string[],
): Promise<Map<string, LogInMongo>> {
  const pipeline = lastEntries(sides.collections.logs, runIds);
  return reading(sides, "logs", async (collection) => {
    const logs = new Map<string, LogInMongo>();
    // One reply has them all.
    const found = collection.aggregate(pipeline, { raw: true, batchSize: runIds.length + 1 });
    for (const raw of await found.toArray()) {
      const bytes = raw as unknown as Uint8Array;
      const { _id, count } = documentIn(bytes);
      const runId = String(_id);
      const end = documentIn(memberBytes(bytes, "end"));
      // Several entries with one sequence have no last one.
      const hash = logs.has(runId) ? undefined : hashOf("logs", end);
      logs.set(runId, { count: Number(count), last: sequenceOf(end), hash });
    }
    return logs;
  });
}

/** For each run `{ _id, count, end }`, again for each further entry with the last sequence. */
function lastEntries(logs: string, runIds: readonly string[]): Document[] {
  const isLast = { $expr: { $eq: ["$sequence", "$$last"] } };
  return [
    { $match: { runId: { $in: runIds } } },
    { $group: { _id: "$runId", count: { $sum: 1 }, last: { $max: "$sequence" } } },
    {
      $lookup: {
        ...{ from: logs, localField: "_id", foreignField: "runId", as: "end" },
        ...{ let: { last: "$last" }, pipeline: [{ $match: isLast }] },
      },
    },
    { $unwind: "$end" },
  ];
}
