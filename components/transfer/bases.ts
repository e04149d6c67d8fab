import type { Collection, Db, Document, Filter, UpdateFilter } from "mongodb";
import { checkpointsCollection, type CollectionRole } from "../contract";
import { type Patience, resumeCursor } from "../mongo";
import type { Key } from "../state";

/** The hash that each side's record has, by `hashOf`. */
export interface Hashes {
  readonly disk: string;
  readonly mongo: string;
}

/** A write that was announced: what both sides have after it, and which of them is written. */
export interface Announced extends Hashes {
  readonly to: keyof Hashes;
  /** The file that holds the record then. */
  readonly file: string;
  /** The side that is written had no such record. */
  readonly isNew: boolean;
}

/**
 * What the two sides of a run, an approval or an artifact had when they last agreed: after an
 * import or an export (decision 15). The hashes differ where JSON has no form for what MongoDB
 * holds, such as a date inside a plan. Logs have no base: they are immutable.
 *
 * A write to either side is announced before it is done, so that a process that is killed in
 * between leaves no doubt: where the side that is written has what was announced, that is the base.
 */
export interface Base {
  /** Absent while the first write is only announced. */
  readonly agreed?: Hashes;
  readonly next?: Announced;
  /** The file that holds the record by what was agreed, below the state directory with `/`. */
  readonly file?: string;
}

/** A base without doubt: what the two sides of a record had last, and in which file. */
export type Agreement = Omit<Base, "next">;

/** What a base becomes for one record, where `isNew` is for the side that is written. */
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

/** The collection that remembers bases and the files' checkpoints, for its bases. */
export function basesIn(database: Db): Collection<BaseDocument> {
  return database.collection<BaseDocument>(checkpointsCollection);
}

/** At most so many ids are in one query: with keys of 1 KB it has 5 MB. */
const idsInQuery = 5_000;

/** The bases of some keys of several roles, by one query for 5,000 of them; one that has none is left out. */
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

/** The ids of the runs that both sides had once, in their order. */
export async function* runsWithBase(
  bases: Collection<BaseDocument>,
  patience: Patience,
): AsyncGenerator<string> {
  const first = idOf({ role: "runs", key: "" });
  const open = (last = first) =>
    bases
      .find({ _id: { $gt: last, $lt: "base:runs;" }, agreed: { $exists: true } })
      .project<Pick<BaseDocument, "_id">>({ _id: 1 })
      .sort({ _id: 1 });
  const doing = `Reading bases from ${bases.namespace}`;
  for await (const { _id } of resumeCursor(doing, open, ({ _id }) => _id, patience)) {
    yield _id.slice(first.length);
  }
}

/**
 * What a base says of a record that both sides have: a write that was announced and done before its
 * process was killed counts as agreed. That of a new record was done where there is one now, also
 * where a service changed it since.
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
 * Says before a write to one side what both sides will have after it. The file that had the record
 * so far stays known: the write may find that this one has no right to its key.
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

/** Takes back what was announced and not done, because another's record was there first. */
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
 * Records that both sides agree now. A base that another importer settled since it was seen stays, because
 * an importer that stalled would bring an older one back; so does what another one has announced.
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
