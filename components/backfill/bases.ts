import type { Collection, Db } from "mongodb";
import type { CollectionRole } from "../contract";
import type { Key } from "./keys";

/**
 * What both sides of a run, an approval or an artifact agreed on at the last import or export
 * (issue #5, "Identity"). Logs have none: they are immutable.
 *
 * A write to either side is announced before it is done, so that a process that is killed in
 * between leaves no doubt: where MongoDB has what was announced, that is the base.
 */
export interface Base {
  /** `hashOf` the record on both sides; absent while the first write is only announced. */
  readonly hash?: string;
  /** The hash that a write under way brings to both sides. */
  readonly next?: string;
  /** The file that holds the record, below the state root with `/`. */
  readonly file?: string;
}

/** What a base becomes for one record. */
export interface NewBase {
  readonly key: Key;
  readonly hash: string;
  readonly file: string;
}

/** A base in the database: its `_id` is `base:<role>:<key>`. */
export interface BaseDocument extends Base {
  readonly _id: string;
}

/**
 * The collection that remembers bases and the files' checkpoints.
 *
 * @param name the setting `backfill.checkpoints`
 */
export function basesIn(database: Db, name: string): Collection<BaseDocument> {
  return database.collection<BaseDocument>(name, { writeConcern: { w: "majority" } });
}

/** The bases of some keys; one that has none is left out. */
export async function readBases(
  bases: Collection<BaseDocument>,
  role: CollectionRole,
  keys: readonly Key[],
): Promise<Map<Key, Base>> {
  if (role === "logs" || keys.length === 0) return new Map();
  const found = bases.find({ _id: { $in: keys.map((key) => idOf(role, key)) } });
  const prefix = idOf(role, "").length;
  return new Map((await found.toArray()).map(({ _id, ...base }) => [_id.slice(prefix), base]));
}

/** Says before a write to either side what both sides will have after it. */
export async function announceBases(
  bases: Collection<BaseDocument>,
  role: CollectionRole,
  records: readonly NewBase[],
): Promise<void> {
  await update(bases, role, records, ({ hash, file }) => ({ $set: { next: hash, file } }));
}

/** Says that both sides have it now. */
export async function settleBases(
  bases: Collection<BaseDocument>,
  role: CollectionRole,
  records: readonly NewBase[],
): Promise<void> {
  await update(bases, role, records, ({ hash, file }) => ({
    $set: { hash, file },
    $unset: { next: true },
  }));
}

async function update(
  bases: Collection<BaseDocument>,
  role: CollectionRole,
  records: readonly NewBase[],
  change: (record: NewBase) => object,
): Promise<void> {
  if (role === "logs" || records.length === 0) return;
  const operations = records.map((record) => ({
    updateOne: { filter: { _id: idOf(role, record.key) }, update: change(record), upsert: true },
  }));
  await bases.bulkWrite(operations, { ordered: false });
}

function idOf(role: CollectionRole, key: Key): string {
  return `base:${role}:${key}`;
}
