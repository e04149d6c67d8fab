import { type Document, Long } from "mongodb";
import { hashOf } from "../../state";
import { reading } from "../documents";
import { documentIn } from "../exact-types";
import type { MongoSide } from "../sides";

/** The part of a log in MongoDB that is kept to detect a change. */
export interface LogInMongo {
  /** The least and the greatest sequence; for one that is not an integer, the least or the greatest integer. */
  readonly first: bigint;
  readonly last: bigint;
  /** Whether it may have entries whose sequence is not a number: they sort before or after all numbers. */
  readonly hasOthers: boolean;
  /** The last entry's hash, by `hashOf`. */
  readonly hash: string;
}

/** The sequence of an entry, whatever number it is; undefined if it is not an integer. */
export function sequenceOf({ sequence }: Document): bigint | undefined {
  const text = String(sequence);
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

/**
 * Reads how the logs of some runs begin and end, by two queries for all of them: the unique index leads to the first and
 * the last entry of each, however long the log is, and on each shard. A run without entries is left out.
 */
export async function readLogEnds(
  sides: MongoSide,
  runIds: readonly string[],
): Promise<Map<string, LogInMongo>> {
  const [firsts, lasts] = await Promise.all([
    readOutermost(sides, runIds, 1),
    readOutermost(sides, runIds, -1),
  ]);
  const first = new Map(firsts.map((one) => [String(one.runId), sequenceOf(one)]));
  const { MIN_VALUE, MAX_VALUE } = Long;
  return new Map(
    lasts.map((one) => {
      const runId = String(one.runId);
      const from = first.get(runId);
      const to = sequenceOf(one);
      const hasOthers = from === undefined || to === undefined;
      const ends = { first: from ?? MIN_VALUE.toBigInt(), last: to ?? MAX_VALUE.toBigInt() };
      return [runId, { ...ends, hasOthers, hash: hashOf("logs", one) }];
    }),
  );
}

async function readOutermost(
  sides: MongoSide,
  runIds: readonly string[],
  sequence: 1 | -1,
): Promise<Document[]> {
  const pipeline = [
    { $documents: runIds.map((_id) => ({ _id: { $literal: _id } })) },
    {
      $lookup: {
        from: sides.collections.logs,
        localField: "_id",
        foreignField: "runId",
        as: "end",
        pipeline: [{ $sort: { sequence } }, { $limit: 1 }],
      },
    },
    { $unwind: "$end" },
    { $replaceWith: "$end" },
  ];
  // All of them fit in one reply.
  const options = { raw: true, batchSize: runIds.length + 1 };
  const found = await reading(sides, "logs", () =>
    sides.database.aggregate(pipeline, options).toArray(),
  );
  return found.map((raw) => documentIn(raw as Uint8Array));
}
