import type { Collection, Db } from "mongodb";
import type { CollectionRole } from "../contract";
import type { StateAddress } from "../state";
import type { Tally } from "./tally";

/** Filesystem state on one side, a database with its collections' names by role on the other. */
export interface BothSides extends StateAddress {
  readonly database: Db;
  readonly collections: Readonly<Record<CollectionRole, string>>;
  /** The name of the collection with bases and checkpoints: the setting `advanced.checkpoints`. */
  readonly checkpoints: string;
  /** How often work in MongoDB is tried again where it has trouble; default 12, a minute or two. */
  readonly retries?: number;
  /** Gets the tally at the beginning, to look at it while the work goes on. */
  readonly watch?: (tally: Tally) => void;
}

/** A role's collection, with writes that a majority has. */
export function collectionOf(
  { database, collections }: BothSides,
  role: CollectionRole,
): Collection {
  return database.collection(collections[role]);
}
