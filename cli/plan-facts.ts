import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import type { Db } from "mongodb";
import { byRole } from "../components/contract";
import { previewScan } from "../components/migration";
import type { CommandSettings } from "../components/settings";
import {
  type StateAddress,
  type StateFile,
  isUnfinished,
  readRunFiles,
  mapOrdered,
  requireState,
  stateFiles,
} from "../components/state";
import { describeRollbackPreview, sumCounts, verifyState } from "../components/transfer";
import { sourcePath, stateSides } from "./state";

/**
 * Counts what `plan --json` reports besides the changes, on disk and in MongoDB. Read-only.
 *
 * @param db undefined if MongoDB is unreachable, with the reason
 */
export async function planFacts(
  settings: CommandSettings,
  { db, why = "" }: { readonly db?: Db; readonly why?: string },
) {
  const inMongo = db ? await databaseFacts(settings, db) : {};
  const root = sourcePath(settings);
  const isHere = root !== undefined && (await stat(resolve(root)).catch(() => undefined));
  if (!isHere) return inMongo;
  const address = stateSides(settings, root);
  await requireState(address);
  const state = { root: address.root, ...(await measureState(address)) };
  const isBack = settings.storageMode === "filesystem";
  if (isBack && db)
    return { ...inMongo, state, leftBehind: await findLeftBehind(settings, address, db) };
  const { unfinished, unreadable } = await countUnfinished(address);
  if (!isBack) return { ...inMongo, state: { ...state, unfinished, unreadable } };
  // Runs that must not be executed again from the files (docs/design.md#held-runs).
  const foreseen = { unreachable: why, held: { count: unfinished, cases: [] } };
  return { state, findings: describeRollbackPreview(foreseen, address.root) };
}

/** Counts the runs that may execute steps, and names the files in which none can be read: each may be one. */
export async function countUnfinished(address: StateAddress) {
  let unfinished = 0;
  const unreadable: string[] = [];
  for await (const { file, runId, mayExecute } of readRunFiles(address)) {
    if (runId === undefined) unreadable.push(file.name);
    else if (mayExecute) unfinished += 1;
  }
  return { unfinished, unreadable };
}

const maxExpiring = 100_000;

async function databaseFacts({ mongo, logRetentionDays }: CommandSettings, db: Db) {
  const { collections } = mongo;
  const documents = await Promise.all(
    Object.values(collections).map(async (name) => {
      const { maxTimeMS } = previewScan;
      const count = await db.collection(name).estimatedDocumentCount({ maxTimeMS });
      return [name, count] as const;
    }),
  );
  const facts = { documents: Object.fromEntries(documents) };
  if (logRetentionDays === undefined) return facts;
  const before = new Date(Date.now() - logRetentionDays * 86_400_000);
  const older = { timestamp: { $lt: before } };
  const options = { ...previewScan, limit: maxExpiring + 1 };
  try {
    const found = await db.collection(collections.logs).countDocuments(older, options);
    const expiring = { entries: Math.min(found, maxExpiring), isMore: found > maxExpiring };
    return { ...facts, expiring };
  } catch {
    // Counting took too long.
    return facts;
  }
}

// Counts what a rollback would find now: documents to export, conflicts, unfinished runs.
async function findLeftBehind(settings: CommandSettings, address: StateAddress, database: Db) {
  const report = await verifyState({ database, ...stateSides(settings, address.root) });
  let unfinished = 0;
  const { runs } = settings.mongo.collections;
  for await (const run of database.collection(runs).find({}, { projection: { steps: 1 } })) {
    if (isUnfinished(run)) unfinished += 1;
  }
  return {
    exported: byRole((role) => report[role].newerInMongo + report[role].onlyInMongo),
    conflicts: sumCounts(report, "differing"),
    unfinished,
  };
}

/** Counts files by kind and reads none, because a file on a network volume takes a millisecond or two. */
export async function measureState(address: StateAddress) {
  const counts = byRole(() => ({ files: 0, bytes: 0 }));
  const look = async ({ role, path }: StateFile) => {
    // A listed file may be gone by now.
    const found = await stat(path).catch(() => undefined);
    return { role, size: found?.size ?? 0 };
  };
  for await (const { role, size } of mapOrdered(stateFiles(address), 64, look)) {
    counts[role].files += 1;
    counts[role].bytes += size;
  }
  return counts;
}
