import { withRetries } from "../../mongo";
import { hashOf } from "../../state";
import { documentsAsStored, inOrder } from "../documents";
import { type MongoSide, collectionOf } from "../sides";
import type { LogInMongo } from "./run";

/**
 * How the logs of some runs end, by two queries for all of them: the unique index has their counts and
 * last sequences. A run without entries is left out.
 */
export async function logEnds(
  sides: MongoSide,
  runIds: readonly string[],
): Promise<Map<string, LogInMongo>> {
  const counted = await countLogs(sides, runIds);
  const logs = new Map(
    counted.map(({ _id, count }): [string, LogInMongo] => [
      _id,
      { count: Number(count), hash: undefined },
    ]),
  );
  if (counted.length === 0) return logs;
  const ends = { $or: counted.map(({ _id, last }) => ({ runId: _id, sequence: last })) };
  const seen = new Set<string>();
  for await (const entry of documentsAsStored(sides, "logs", ends, inOrder)) {
    const runId = String(entry.runId);
    const { count = 0 } = logs.get(runId) ?? {};
    logs.set(runId, { count, hash: seen.has(runId) ? undefined : hashOf("logs", entry) });
    seen.add(runId);
  }
  return logs;
}

/** A log's number of entries and its last sequence. */
interface Counted {
  readonly _id: string;
  readonly count: unknown;
  readonly last: unknown;
}

async function countLogs(sides: MongoSide, runIds: readonly string[]): Promise<Counted[]> {
  const collection = collectionOf(sides, "logs");
  const pipeline = [
    { $match: { runId: { $in: runIds } } },
    { $group: { _id: "$runId", count: { $sum: 1 }, last: { $max: "$sequence" } } },
  ];
  // A long stays one, and one reply has them all.
  const options = { promoteLongs: false, batchSize: runIds.length + 1 };
  const count = () => collection.aggregate<Counted>(pipeline, options).toArray();
  return withRetries(`Counting logs in ${collection.namespace}`, count, sides.retries);
}
