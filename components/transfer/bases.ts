import type { Collection, Db, Document, Filter, UpdateFilter } from "mongodb";
import { checkpointsCollection, type CollectionRole } from "../contract";
import type { Key } from "../state";

/** The hash that each side's record has, by `hashOf`. */
export interface Hashes {
  readonly disk: string;
  readonly mongo: string;
}

/** An announced write: the hashes of both sides after it, and the side that is written. */
export interface Announced extends Hashes {
  readonly to: keyof Hashes;
  /** The file of the record after the write. */
  readonly file: string;
  /** Whether the written side did not have the record. */
  readonly isNew: boolean;
}

/**
 * The hashes of a run, an approval or an artifact when both sides last agreed, after an import or an export
 * (decision 15). They differ if JSON cannot express MongoDB's value, such as a date inside a plan. Logs are
 * immutable and have no base.
 *
 * A write is announced before it is done. If a process is killed in between, the announcement is the base if the
 * written side has its hash.
 */
export interface Base {
  /** Absent while the first write is only announced. */
  readonly agreed?: Hashes;
  readonly next?: Announced;
  /** The file that held the record when both sides last agreed: its path below the state directory, with `/`. */
  readonly file?: string;
}

/** A base whose announced write is resolved. */
export type Agreement = Omit<Base, "next">;

/** A record's next base. */
export interface NewBase extends Omit<Announced, "to"> {
  readonly role: CollectionRole;
  readonly key: Key;
  /** The base as it was when both sides were compared. */
  readonly seen: Base | undefined;
}

/** A base in the database: its `_id` is `base:<role>:<key>`. */
export interface BaseDocument extends Base {
  readonly _id: string;
}

/** The collection of bases, which holds checkpoints too. */
export function basesIn(database: Db): Collection<BaseDocument> {
  return database.collection<BaseDocument>(checkpointsCollection);
}

/** Maximum number of ids in a query: 5 MB with keys of 1 KB. */
const idsInQuery = 5_000;

/** The bases of keys, by a query for each 5,000, which the index on `_id` serves. Keys without a base are absent. */
export async function readBases(
  bases: Collection<BaseDocument>,
  keys: ReadonlyMap<CollectionRole, readonly Key[]>,
): Promise<Map<CollectionRole, Map<Key, Base>>> {
  const ids = [...keys].flatMap(([role, ofRole]) =>
    role === "logs" ? [] : ofRole.map((key) => idOf({ role, key })),
  );
  const found = new Map([...keys.keys()].map((role) => [role, new Map<Key, Base>()]));
  for (let at = 0; at < ids.length; at += idsInQuery) {
    const some = ids.slice(at, at + idsInQuery);
    // One reply has them all.
    const query = bases.find({ _id: { $in: some } }, { batchSize: some.length + 1 });
    for (const { _id, ...base } of await query.toArray()) {
      const [, role = "", ...key] = _id.split(":");
      found.get(role as CollectionRole)?.set(key.join(":"), base);
    }
  }
  return found;
}

/**
 * The agreement in a base. An announced write counts if it was done before its process was killed. The insertion of
 * a new record was done if the record exists, even if a service changed it since.
 *
 * @param now what both sides have
 */
export function agreementIn(base: Base | undefined, now: Hashes): Agreement {
  const { next, ...agreement } = base ?? {};
  if (next === undefined) return agreement;
  const isFirst = next.isNew && agreement.agreed === undefined;
  if (next[next.to] !== now[next.to] && !isFirst) return agreement;
  const { disk, mongo, file } = next;
  return { agreed: { disk, mongo }, file };
}

/**
 * Announces a write to one side. The former file stays known, because the write may find that another file has the
 * key.
 */
export async function announceBases(
  bases: Collection<BaseDocument>,
  to: keyof Hashes,
  records: readonly NewBase[],
): Promise<void> {
  await update(bases, records, (record) => ({
    filter: {},
    update: { $set: { next: announce(to, record) } },
    upsert: true,
  }));
}

/** Withdraws announcements whose write was not done, because another writer was first. */
export async function withdrawBases(
  bases: Collection<BaseDocument>,
  to: keyof Hashes,
  records: readonly NewBase[],
): Promise<void> {
  await update(bases, records, (record) => ({
    filter: { next: announce(to, record) },
    update: { $unset: { next: true } },
  }));
}

function announce(to: keyof Hashes, { disk, mongo, file, isNew }: NewBase): Announced {
  return { disk, mongo, to, file, isNew };
}

/**
 * Records that both sides agree now. A base that another importer settled since it was read stays, because a stalled
 * importer would restore an older one. Announcements of others stay too.
 */
export async function settleBases(
  bases: Collection<BaseDocument>,
  to: keyof Hashes,
  records: readonly NewBase[],
): Promise<void> {
  await update(bases, records, (record) => {
    const { disk, mongo, file, seen } = record;
    const isOurs = holds("next", announce(to, record));
    const isAsSeen = holds("agreed", seen?.agreed);
    const next = { $cond: [{ $or: [isOurs, holds("next", seen?.next)] }, "$$REMOVE", "$next"] };
    const settled = {
      _id: "$_id",
      agreed: { $literal: { disk, mongo } },
      file: { $literal: file },
    };
    const become = { $cond: [{ $or: [isOurs, isAsSeen] }, { ...settled, next }, "$$ROOT"] };
    return { filter: {}, update: [{ $replaceWith: become }], upsert: true };
  });
}

/** An expression: whether a base's field has this value. */
function holds(field: keyof Base, value: Base[typeof field]): Document {
  return { $eq: [{ $ifNull: [`$${field}`, null] }, { $literal: value ?? null }] };
}

/** Whether a base holds already what it would become, its file aside. */
export function isAgreed(base: Base | undefined, { disk, mongo }: Hashes): boolean {
  return base?.agreed?.disk === disk && base.agreed.mongo === mongo && base.next === undefined;
}

interface Change {
  readonly filter: Filter<BaseDocument>;
  readonly update: UpdateFilter<BaseDocument> | Document[];
  readonly upsert?: boolean;
}

async function update(
  bases: Collection<BaseDocument>,
  records: readonly NewBase[],
  changeOf: (record: NewBase) => Change,
): Promise<void> {
  if (records.length === 0) return;
  const operations = records.map((record) => {
    const { filter, ...change } = changeOf(record);
    return { updateOne: { ...change, filter: { ...filter, _id: idOf(record) } } };
  });
  await bases.bulkWrite(operations, { ordered: false });
}

function idOf({ role, key }: Pick<NewBase, "role" | "key">): string {
  return `base:${role}:${key}`;
}
