import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Db } from "mongodb";
import { byRole, collectionRoles, type CollectionRole } from "../components/contract";
import { previewScan } from "../components/migration";
import type { CommandSettings } from "../components/settings";
import { isUnfinished, requireState, type StateAddress } from "../components/state";
import { listUnfinished, verifyState } from "../components/transfer";
import { stateSides } from "./inputs";
import { sizeOfState } from "./state-size";
import { sumOf } from "./words";

/**
 * What `plan --json` knows besides the changes: how much there is, on disk and in MongoDB, and what
 * somebody who decides has to know of it. Reads; changes nothing.
 *
 * @param db undefined: MongoDB is unreachable
 */
export async function planFacts(settings: CommandSettings, db: Db | undefined): Promise<object> {
  const inMongo = db ? await databaseFacts(settings, db) : {};
  const address = await stateHere(settings);
  if (!address) return inMongo;
  const isBack = settings.storageMode === "filesystem";
  const unfinished = isBack ? {} : { unfinished: (await listUnfinished(address)).length };
  return {
    ...inMongo,
    state: { root: address.root, ...(await sizeOfState(address)), ...unfinished },
    ...(isBack && { leftBehind: await findLeftovers(settings, address, db) }),
  };
}

/** The maximum number of log entries that are counted for an expiry. */
const maxExpiring = 100_000;

/** How many documents each collection has, and how many log entries an expiry would delete now. */
async function databaseFacts({ mongo, logRetentionDays }: CommandSettings, db: Db) {
  const { collections } = mongo;
  const documents = await Promise.all(
    Object.values(collections).map(async (name) => {
      const { maxTimeMS } = previewScan;
      const count = await db.collection(name).estimatedDocumentCount({ maxTimeMS });
      return [name, count] as const;
    }),
  );
  return {
    documents: Object.fromEntries(documents),
    ...(logRetentionDays !== undefined && {
      expiring: await expiringIn(db, collections.logs, logRetentionDays),
    }),
  };
}

/** Log entries of MongoDB that are older than `days`; undefined if counting them takes too long. */
async function expiringIn(db: Db, logs: string, days: number) {
  const before = new Date(Date.now() - days * 86_400_000);
  const options = { ...previewScan, limit: maxExpiring + 1 };
  try {
    const found = await db.collection(logs).countDocuments({ timestamp: { $lt: before } }, options);
    return { entries: Math.min(found, maxExpiring), isMore: found > maxExpiring };
  } catch {
    return undefined;
  }
}

/** The state directory of the settings, if this machine has it. */
async function stateHere(settings: CommandSettings): Promise<StateAddress | undefined> {
  const { source } = settings.backfill ?? {};
  if (!source || !("path" in source)) return undefined;
  if (!(await stat(resolve(source.path)).catch(() => undefined))) return undefined;
  const address = stateSides(settings, source.path);
  await requireState(address);
  return address;
}

/**
 * What a rollback to files would find now. If MongoDB is reachable: how many documents its export would
 * write, what it would not, because both sides changed, and how many runs in MongoDB are unfinished. If
 * not: the runs that are unfinished on disk, which must not be executed again from there (decision 10).
 */
interface LeftBehind {
  readonly exported?: Readonly<Record<CollectionRole, number>>;
  readonly conflicts: number;
  /** The first twenty, each with its kind, `runs run-1`. */
  readonly conflictExamples: readonly string[];
  readonly unfinished: number;
  /** The first twenty ids of those on disk. */
  readonly unfinishedRuns: readonly string[];
}

const named = 20;

async function findLeftovers(
  settings: CommandSettings,
  address: StateAddress,
  database: Db | undefined,
): Promise<LeftBehind> {
  if (!database) {
    const unfinished = await listUnfinished(address);
    const unfinishedRuns = unfinished.sort().slice(0, named);
    return { conflicts: 0, conflictExamples: [], unfinished: unfinished.length, unfinishedRuns };
  }
  const report = await verifyState({ database, ...stateSides(settings, address.root) });
  const cases = collectionRoles.flatMap((role) =>
    report[role].different.map(({ id }) => `${role} ${id}`),
  );
  return {
    exported: byRole((role) => report[role].newerInMongo + report[role].onlyInMongo),
    conflicts: sumOf(report, "differing"),
    conflictExamples: cases.slice(0, named),
    unfinished: await countUnfinished(database, settings.mongo.collections.runs),
    unfinishedRuns: [],
  };
}

async function countUnfinished(database: Db, runs: string): Promise<number> {
  let count = 0;
  for await (const run of database.collection(runs).find({}, { projection: { steps: 1 } })) {
    if (isUnfinished(run)) count += 1;
  }
  return count;
}
