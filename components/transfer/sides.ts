import type { Collection, Db } from "mongodb";
import type { CollectionRole } from "../contract";
import type { Patience } from "../mongo";
import { type StateAddress, countFiles } from "../state";
import type { Tally } from "./tally";

/**
 * MongoDB's side: a database with its collections' names by role, and how long operations are retried if the server has
 * trouble.
 */
export interface MongoSide extends Patience {
  readonly database: Db;
  readonly collections: Readonly<Record<CollectionRole, string>>;
}

/** Filesystem state on one side, MongoDB on the other. */
export interface BothSides extends StateAddress, MongoSide {
  /** The setting `advanced.acceptForms`. */
  readonly acceptForms?: string | undefined;
  /** Receives the tally at the beginning, to show progress, and a function that counts what there is to do. */
  readonly watch?: (tally: Tally, findTotal: () => Promise<Total>) => void;
  /** Ends the work before the next group of runs, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** About how many files or runs there are to do. */
export interface Total {
  readonly count: number;
  readonly unit: "files" | "runs";
}

/** The files on disk, by their names. */
export async function totalOnDisk(address: StateAddress): Promise<Total> {
  return { count: await countFiles(address), unit: "files" };
}

/** A role's collection, with writes that a majority has. */
export function collectionOf(
  { database, collections }: MongoSide,
  role: CollectionRole,
): Collection {
  return database.collection(collections[role]);
}

/**
 * The pass of a cutover in which an import runs:
 *
 * - `bulk`: both services still write files;
 * - `delta`, the handover: the worker is stopped;
 * - `final`: both services are in Mongo mode, and MongoDB is the source of truth for every run that it has.
 */
export type ImportPass = (typeof importPasses)[number];

/** The passes in their order. */
export const importPasses = ["bulk", "delta", "final"] as const;
