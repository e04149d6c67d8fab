import { randomBytes } from "node:crypto";
import type { Collection, Db, Document, UpdateFilter } from "mongodb";
import { checkpointsCollection, type CollectionRole } from "../contract";
import type { Key } from "../state";
import { idFilters, idsInQuery } from "./documents";
import type { OlderSide } from "./reports";

/** The hash of each side's record, by `hashOf`. */
export interface Hashes {
  readonly disk: string;
  readonly mongo: string;
}

/** An announced write: the hashes of both sides after it, and the written side. */
export interface Announced extends Hashes {
  /** The import or export that announced it. */
  readonly writer: string;
  readonly to: keyof Hashes;
  /** The file of the record after the write. */
  readonly file: string;
  /** Whether the written side did not have the record. */
  readonly isNew: boolean;
}

/**
 * The hashes of a run, an approval or an artifact when both sides last agreed, after an import or an export
 * (docs/design.md#merge-rules). They differ if JSON cannot express MongoDB's value, such as a date inside a plan. Logs
 * are immutable and have no merge base.
 *
 * A write is announced before it is done, and several writers may announce theirs. If one is killed in between, its
 * announcement is the merge base if the written side has its hash.
 */
export interface MergeBase {
  /** Absent while the first write is only announced. */
  readonly agreed?: Hashes;
  /** The oldest first. */
  readonly next?: readonly Announced[];
  /** The file that held the record when both sides last agreed: its path below the state directory, with `/`. */
  readonly file?: string;
}

/** A merge base whose announced write is resolved. */
export type Agreement = Omit<MergeBase, "next">;

/** A record's next merge base. */
export interface NewMergeBase extends Omit<Announced, "writer" | "to"> {
  readonly role: CollectionRole;
  readonly key: Key;
  /** The merge base as it was when both sides were compared. */
  readonly seen: MergeBase | undefined;
}

/** A merge base in the database: its `_id` is `base:<role>:<key>`. */
export interface MergeBaseDocument extends MergeBase {
  readonly _id: string;
}

/** The merge bases in the database, as one import or export writes them. */
export interface MergeBases {
  /** The collection, which holds checkpoints too. */
  readonly collection: Collection<MergeBaseDocument>;
  /** The name of this import or export in its announcements. */
  readonly writer: string;
}

/** The merge bases in the database, for a new import or export. */
export function mergeBasesIn(database: Db): MergeBases {
  const collection = database.collection<MergeBaseDocument>(checkpointsCollection);
  return { collection, writer: randomBytes(6).toString("hex") };
}

/**
 * Reads the merge bases of keys, by a query for each 5,000. The index on `_id` serves it. Keys without a merge base are
 * absent.
 */
export async function readMergeBases(
  { collection }: MergeBases,
  keys: ReadonlyMap<CollectionRole, readonly Key[]>,
): Promise<Map<CollectionRole, Map<Key, MergeBase>>> {
  const ids = [...keys].flatMap(([role, ofRole]) =>
    role === "logs" ? [] : ofRole.map((key) => baseIdOf({ role, key })),
  );
  const found = new Map([...keys.keys()].map((role) => [role, new Map<Key, MergeBase>()]));
  for (const filter of idFilters(ids)) {
    // All of them fit in one reply.
    const query = collection.find(filter, { batchSize: idsInQuery + 1 });
    for (const { _id, ...base } of await query.toArray()) {
      const { role, key } = recordOfBase(_id);
      found.get(role)?.set(key, base);
    }
  }
  return found;
}

/** Whether merge bases apply to the files: not in an older copy of the directory, or in one that has diverged. */
export function doBasesApply(older: OlderSide | undefined): boolean {
  return older === undefined || older === "mongo";
}

/**
 * The agreement in a merge base. Among the announced writes, the last one that the written side still has counts. An
 * announced insertion was done if the record exists, even if a service changed it since, unless different insertions
 * were announced.
 *
 * @param now the hashes of both sides
 */
export function agreementIn(base: MergeBase | undefined, now: Hashes): Agreement {
  const { next = [], ...agreement } = base ?? {};
  const last = next.at(-1);
  const areSame = next.every(({ disk, mongo }) => disk === last?.disk && mongo === last.mongo);
  const isInserted = last?.isNew === true && areSame && agreement.agreed === undefined;
  const done =
    next.findLast((one) => one[one.to] === now[one.to]) ?? (isInserted ? last : undefined);
  return done ? { agreed: { disk: done.disk, mongo: done.mongo }, file: done.file } : agreement;
}

/**
 * Announces a write to one side. The former file stays known, because the write may find that another file has the
 * key.
 */
export async function announceMergeBases(
  bases: MergeBases,
  to: keyof Hashes,
  records: readonly NewMergeBase[],
): Promise<void> {
  await update(bases, records, (record) => ({
    update: { $addToSet: { next: announce(bases, to, record) } },
    upsert: true,
  }));
}

/** Withdraws announcements whose write was not done, because another writer was first. */
export async function withdrawMergeBases(
  bases: MergeBases,
  to: keyof Hashes,
  records: readonly NewMergeBase[],
): Promise<void> {
  await update(bases, records, (record) => ({
    update: { $pull: { next: announce(bases, to, record) } },
  }));
}

function announce(
  { writer }: MergeBases,
  to: keyof Hashes,
  { disk, mongo, file, isNew }: NewMergeBase,
): Announced {
  return { writer, disk, mongo, to, file, isNew };
}

/**
 * Records that both sides agree now. A merge base that another importer settled since it was read stays, because a
 * stalled importer would restore an older one. Removes announcements of the agreed content, by any writer. After a
 * write, also removes the announcements that were seen before it: their writers find the written side changed. Others
 * stay.
 */
export async function settleMergeBases(
  bases: MergeBases,
  to: keyof Hashes,
  records: readonly NewMergeBase[],
): Promise<void> {
  await update(bases, records, (record) => {
    const { disk, mongo, file, seen } = record;
    const announced = { $ifNull: ["$next", []] };
    const isOurs = { $in: [{ $literal: announce(bases, to, record) }, announced] };
    const isAsSeen = {
      $eq: [{ $ifNull: ["$agreed", null] }, { $literal: seen?.agreed ?? null }],
    };
    const isDone = { $and: [{ $eq: ["$$one.disk", disk] }, { $eq: ["$$one.mongo", mongo] }] };
    const isLate = { $and: [isOurs, { $in: ["$$one", { $literal: seen?.next ?? [] }] }] };
    const isOpen = { $not: [{ $or: [isDone, isLate] }] };
    const settled = {
      _id: "$_id",
      agreed: { $literal: { disk, mongo } },
      file: { $literal: file },
      next: { $filter: { input: announced, as: "one", cond: isOpen } },
    };
    const become = { $cond: [{ $or: [isOurs, isAsSeen] }, settled, "$$ROOT"] };
    return { update: [{ $replaceWith: become }], upsert: true };
  });
}

/** Whether no write is announced. */
export function isSettled({ next = [] }: MergeBase): boolean {
  return next.length === 0;
}

/** Whether a merge base already has these hashes, and no write is announced. */
export function isAgreed(base: MergeBase | undefined, { disk, mongo }: Hashes): boolean {
  return base?.agreed?.disk === disk && base.agreed.mongo === mongo && isSettled(base);
}

interface Change {
  readonly update: UpdateFilter<MergeBaseDocument> | Document[];
  readonly upsert?: boolean;
}

async function update(
  { collection }: MergeBases,
  records: readonly NewMergeBase[],
  changeOf: (record: NewMergeBase) => Change,
): Promise<void> {
  if (records.length === 0) return;
  const operations = records.map((record) => ({
    updateOne: { ...changeOf(record), filter: { _id: baseIdOf(record) } },
  }));
  await collection.bulkWrite(operations, { ordered: false });
}

/** The record of a merge base. */
export type BaseRecord = Pick<NewMergeBase, "role" | "key">;

/** The `_id` of a record's merge base. */
export function baseIdOf({ role, key }: BaseRecord): string {
  return `base:${role}:${key}`;
}

/** The record whose merge base has an `_id`. */
export function recordOfBase(_id: string): BaseRecord {
  const [, role = "", ...key] = _id.split(":");
  return { role: role as CollectionRole, key: key.join(":") };
}
