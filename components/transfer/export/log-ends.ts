import { hashOf } from "../../state";
import { documentIn, memberBytes, reading } from "../documents";
import type { MongoSide } from "../sides";
import { sequenceOf } from "./log-entries";
import type { LogInMongo } from "./run";

/**
 * How the logs of some runs end, by one query for all of them: the unique index leads to the last entry of
 * each, however long the log is, and on each shard. A run without entries is left out.
 */
export async function logEnds(
  sides: MongoSide,
  runIds: readonly string[],
): Promise<Map<string, LogInMongo>> {
  const lookUp = { localField: "_id", foreignField: "runId", as: "end", pipeline: lastOne };
  const pipeline = [
    { $documents: runIds.map((_id) => ({ _id: { $literal: _id } })) },
    { $lookup: { from: sides.collections.logs, ...lookUp } },
    { $unwind: "$end" },
  ];
  // One reply has them all.
  const options = { raw: true, batchSize: runIds.length + 1 };
  const found = await reading(sides, "logs", () =>
    sides.database.aggregate(pipeline, options).toArray(),
  );
  const ends = found.map((raw) => documentIn(memberBytes(raw as Uint8Array, "end")));
  return new Map(
    ends.map((end) => [String(end.runId), { last: sequenceOf(end), hash: hashOf("logs", end) }]),
  );
}

const lastOne = [{ $sort: { sequence: -1 } }, { $limit: 1 }];
