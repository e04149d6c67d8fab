import type { Document } from "mongodb";
import { type CollectionRole, collectionRoles } from "../../contract";
import { withRetries } from "../../mongo";
import {
  type RecordLocation,
  baseNameOf,
  findRunId,
  keyFields,
  keyOf,
  mapLimit,
  statsAtOnce,
  unreadable,
} from "../../state";
import { type Checkpoints, idsFrom } from "../checkpoints";
import { reading } from "../documents";
import {
  type BaseRecord,
  type MergeBase,
  type MergeBases,
  baseIdOf,
  mergeBasesIn,
  recordOfBase,
} from "../merge-bases";
import type { BothSides } from "../sides";

/**
 * The files that an import before the cutover's record refused. Their entries in the bookkeeping are from an earlier
 * import: a file that is fixed later would pass for one that was imported, and then removed in MongoDB.
 */
export class RefusedFiles {
  /** By base name, the roles whose checkpoints do not hold. */
  private readonly files = new Map<string, Set<CollectionRole>>();

  add(role: CollectionRole, { file, line }: RecordLocation): void {
    const baseName = baseNameOf(role, file);
    const roles = this.files.get(baseName) ?? new Set();
    this.files.set(baseName, roles);
    // The checkpoint of a log ends before its first refused line.
    if (line === undefined) roles.add(role);
  }

  /**
   * Withdraws the checkpoints of the files, and the merge bases of their runs that have no document. If a run itself
   * has none, the checkpoints of all its files are withdrawn.
   *
   * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
   */
  async withdraw(sides: BothSides, checkpoints: Checkpoints): Promise<void> {
    const all = [...this.files.keys()];
    for (let at = 0; at < all.length; at += namesInQuery) {
      const names = all.slice(at, at + namesInQuery);
      const ids = await findIds(sides, checkpoints, names);
      const bases = await findWithoutDocument(sides, [...new Set([...ids.values()].flat())]);
      const lost = new Set(bases.flatMap(({ role, key }) => (role === "runs" ? [key] : [])));
      for (const role of collectionRoles) {
        const isStale = (name: string) =>
          this.files.get(name)?.has(role) === true || ids.get(name)?.some((id) => lost.has(id));
        const stale = names.filter(isStale);
        if (stale.length > 0) await checkpoints.forget(stale, [role]);
      }
      await withBases(sides, (own) => withdrawAgreed(own, bases));
    }
  }
}

/** Withdraws the checkpoints and merge bases of collections that were emptied. */
export async function withdrawEmptied(
  sides: BothSides,
  checkpoints: Checkpoints,
  empty: ReadonlySet<CollectionRole>,
): Promise<void> {
  await checkpoints.forget(undefined, [...empty, ...(empty.has("logs") ? beginnings : [])]);
  const idsOf = (role: CollectionRole) => idsFrom(baseIdOf({ role, key: "" }));
  const all = { $or: [...empty].map(idsOf), agreed: { $exists: true } };
  await withBases(sides, ({ collection }) => collection.updateMany(all, withdrawal));
}

const beginnings = ["beginning"] as const;

/** Maximum number of base names whose entries are looked for at once: each has a few ranges of ids. */
const namesInQuery = 100;

/** Finds the ids that the runs of refused files have or had, by the base names of the files. */
export async function findIds(
  sides: BothSides,
  checkpoints: Checkpoints,
  names: readonly string[],
): Promise<Map<string, readonly string[]>> {
  const known = await checkpoints.read(names);
  const found = await mapLimit(statsAtOnce, names, async (name) => {
    const files = known.get(name);
    const inside = await findRunId(sides, name).catch(unreadable);
    const ofFiles = collectionRoles.flatMap((role) => files?.[role]?.runId ?? []);
    return [name, [name, ...ofFiles, ...(typeof inside === "string" ? [inside] : [])]] as const;
  });
  return new Map(found);
}

type AgreedBase = BaseRecord & Required<Pick<MergeBase, "agreed">>;

/** Finds the agreed merge bases of runs and their parts that have no document. */
async function findWithoutDocument(
  sides: BothSides,
  runIds: readonly string[],
): Promise<AgreedBase[]> {
  const bases = await withBases(sides, (own) => readAgreed(own, runIds));
  const keys = new Map<CollectionRole, Set<string>>();
  for (const role of new Set(bases.map((base) => base.role))) {
    const field = role === "runs" ? "_id" : "runId";
    const filter: Document = { [field]: { $in: runIds } };
    // A run or an artifact may have megabytes.
    const projection = Object.fromEntries(keyFields[role].map((name) => [name, 1]));
    const found = await reading(sides, role, (all) => all.find(filter, { projection }).toArray());
    keys.set(role, new Set(found.map((document) => keyOf(role, document))));
  }
  return bases.filter(({ role, key }) => keys.get(role)?.has(key) !== true);
}

/** Reads the agreed merge bases of runs and their parts, by the index on `_id`. */
async function readAgreed(
  { collection }: MergeBases,
  runIds: readonly string[],
): Promise<AgreedBase[]> {
  const ofRuns = { _id: { $in: runIds.map((key) => baseIdOf({ role: "runs", key })) } };
  // The key of a part begins with its run's id and a zero byte.
  const ofParts = (["approvals", "artifacts"] as const).flatMap((role) =>
    runIds.map((runId) => idsFrom(`${baseIdOf({ role, key: runId })}\0`)),
  );
  const found = await collection.find({ $or: [ofRuns, ...ofParts] }).toArray();
  return found.flatMap(({ _id, agreed }) => (agreed ? [{ ...recordOfBase(_id), agreed }] : []));
}

/** Withdraws merge bases, unless they changed since they were read. */
async function withdrawAgreed(
  { collection }: MergeBases,
  bases: readonly AgreedBase[],
): Promise<void> {
  if (bases.length === 0) return;
  const operations = bases.map(({ agreed, ...record }) => ({
    updateOne: { filter: { _id: baseIdOf(record), agreed }, update: withdrawal },
  }));
  await collection.bulkWrite(operations, { ordered: false });
}

/** Announced writes stay. */
const withdrawal = { $unset: { agreed: "", file: "" } } as const;

function withBases<T>(sides: BothSides, work: (bases: MergeBases) => Promise<T>): Promise<T> {
  const bases = mergeBasesIn(sides.database);
  const doing = `Withdrawing merge bases in ${bases.collection.namespace}`;
  return withRetries(doing, () => work(bases), sides);
}
