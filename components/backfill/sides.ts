import { Readable } from "node:stream";
import type { Collection, Db } from "mongodb";
import type { CollectionRole } from "../contract";
import { readyRecords } from "./records";
import { batches, type Batch } from "./stages/batch";
import { openStateFolder, type StateAddress } from "./state-folder";
import { Tally } from "./tally";

/** Filesystem state on one side, a database with its collections' names by role on the other. */
export interface BothSides extends StateAddress {
  readonly database: Db;
  readonly collections: Readonly<Record<CollectionRole, string>>;
  /** Gets the tally at the beginning, to look at it while the work goes on. */
  readonly watch?: (tally: Tally) => void;
}

/** So many batches are under way at once; the files are read no faster than these are done. */
const batchesAtOnce = 2;

/** A role's collection, with longs left as they are and writes that a majority has. */
export function collectionOf(
  { database, collections }: BothSides,
  role: CollectionRole,
): Collection {
  return database.collection(collections[role], {
    promoteLongs: false,
    writeConcern: { w: "majority" },
  });
}

/**
 * Does some work with every batch of records on disk.
 *
 * @throws StateFolderError before any work, where the state root cannot be used
 */
export async function eachBatch(
  sides: BothSides,
  tally: Tally,
  work: (batch: Batch) => Promise<void>,
): Promise<void> {
  const folder = await openStateFolder(sides);
  sides.watch?.(tally);
  await Readable.from(batches(readyRecords(folder, tally))).forEach(work, {
    concurrency: batchesAtOnce,
  });
}
