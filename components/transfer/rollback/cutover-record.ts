import type { Db } from "mongodb";
import { mkdir } from "node:fs/promises";
import { readRecord, addCutover, recordCutoverFile, requireCutover } from "../../ledger";
import { withRetries } from "../../mongo";
import {
  type CutoverRecord,
  type StateAddress,
  StateFolderError,
  endedCutovers,
  cutoverInForce,
  hasRuns,
  jobsForRecord,
  listHeldRuns,
  readCutoverRecord,
  requireState,
  sourceOfTruth,
  writeCutoverRecord,
} from "../../state";
import { markBookkeeping } from "../bookkeeping";
import { idsAmong } from "../documents";
import type { ExportSides } from "../export/sides";
import type { Confirmation } from "./reach";
import { withForms } from "../step-forms";
import { type CutoverSides, changeCutoverRecord, newToken, readCutoverCopy } from "./token";

/** A recorded cutover, and the runs that stay held since a rollback without MongoDB. */
export interface RecordedCutover {
  readonly cutoverRecord: CutoverRecord;
  readonly held: readonly string[];
  /** Runs of `held` that this MongoDB does not have: no service continues them. */
  readonly unknown: readonly string[];
}

interface NewCutover extends ExportSides {
  /** The collection of the migration's record: the setting `advanced.ledger`. */
  readonly ledger: string;
  /** `<project>/<stack>`. */
  readonly stack: string;
  /** The number of the cutover, from 1. */
  readonly cutover: number;
  /** The number of runs that may still execute steps, as counted by the import before it. */
  readonly unfinishedCount: number;
}

/**
 * Records the cutover in the ledger, then in the state directory, so that the ledger knows each cutover that a
 * directory has. The bookkeeping is marked before that. The ledger's copy of `cutover.json` comes last: without it, the
 * cutover counts as interrupted. Call it only while no worker runs. Held runs stay held: their files are older than
 * MongoDB's content, and no worker may execute them if the cutover is abandoned here.
 *
 * @throws StateFolderError if the state directory cannot be used
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 * @throws Error if the ledger has no record of the migration
 */
export async function recordCutover(sides: NewCutover): Promise<RecordedCutover> {
  await requireState(sides);
  const at = new Date();
  const held = (await listHeldRuns(sides)).map(({ runId }) => runId);
  const inMongo = await idsAmong(sides, "runs", held);
  const { database, ledger, stack, root, cutover, unfinishedCount } = sides;
  const last = await readCutoverRecord(root);
  // The ledger has a later cutover than the directory if an `up` was killed between the two, or the database was
  // accepted.
  const { cutovers = [], cutoverFile } = (await readRecord(database, ledger, sides)) ?? {};
  const known = cutovers.map((one) => one.at.toISOString());
  if (last) known.push(...(last.former ?? []), last.at);
  const former = [...new Set(known)].sort();
  const jobs = await jobsForRecord(sides);
  const newRecord = {
    at: at.toISOString(),
    cutover,
    unfinishedCount,
    ...(jobs && { jobs }),
    ...(former.length > 0 && { former }),
  };
  const { forms } = await withForms(sides);
  const token = newToken(last, cutoverFile as CutoverRecord | undefined);
  const cutoverRecord = { ...newRecord, ...(forms && { forms }), token };
  await markBookkeeping(sides, newRecord.at);
  const doing = `Recording the cutover in ${database.databaseName}.${ledger}`;
  await withRetries(doing, () => addCutover(database, ledger, { at, stack }), sides);
  await writeCutoverRecord(root, cutoverRecord);
  await withRetries(doing, () => recordCutoverFile(database, ledger, cutoverRecord), sides);
  return { cutoverRecord: newRecord, held, unknown: held.filter((runId) => !inMongo.has(runId)) };
}

/**
 * Refuses a cutover that has ended according to the ledger or `cutover.json`. The stack may not know that, because its
 * state was lost or restored (docs/design.md#a-rollback-is-a-mode). Call it before the worker is drained.
 *
 * @throws Error that names the next number
 */
export async function requireNewCutover(
  { root, database }: Pick<ExportSides, "root" | "database">,
  { cutover, ledger }: { readonly cutover: number; readonly ledger: string },
): Promise<void> {
  const { endedCutover = 0 } = (await readRecord(database, ledger)) ?? {};
  const ended = Math.max(endedCutovers(await readCutoverRecord(root)), endedCutover);
  if (cutover > ended) return;
  throw new Error(
    `Cutover ${ended} of the runs in ${root} was rolled back, as cutover.json or the ledger of ` +
      `${database.databaseName} has it, and the settings name cutover ${cutover}. To cut over again, set ` +
      `cutover: ${ended + 1}. Otherwise set storageMode: filesystem.`,
  );
}

/**
 * Compares the three places that record a cutover (docs/design.md#the-cutovers-record). The stack's output shows that
 * there was one. `cutover.json` shows that this is its state directory, and not an empty mount point. The ledger shows
 * that this is its database or a copy. If a later cutover was killed before the stack learned of it, `former` in
 * `cutover.json` still has the stack's.
 *
 * @param cutoverAt when the stack's cutover was recorded, in ISO 8601; undefined by hand
 * @param ledger the collection of the migration's record
 * @param electionSeconds how long reading it is retried if the server has trouble
 * @param database undefined if MongoDB is unreachable
 * @returns the last cutover's record; undefined without a cutover
 * @throws StateFolderError if the state directory is missing, is not that of the cutover, or lacks its runs
 * @throws CutoverMissing if the database has no record of it
 */
export async function requireSameCutover(
  address: StateAddress,
  {
    cutoverAt,
    ledger,
    electionSeconds,
  }: Pick<Confirmation, "cutoverAt" | "ledger" | "electionSeconds">,
  database: Db | undefined,
): Promise<CutoverRecord | undefined> {
  const cutoverRecord = await readCutoverRecord(address.root);
  const patience = { retryMs: electionSeconds * 1_000 };
  const copy = () => database && readCutoverCopy(database, ledger, patience);
  const expected = cutoverAt ?? cutoverRecord?.at ?? (await copy())?.at;
  // Checked before the record: an unmounted volume has neither folders nor `cutover.json`.
  await requireState(address).catch((error: unknown) => {
    if (!(error instanceof StateFolderError)) throw error;
    const advice =
      "A rollback writes to the services' files: mount the state directory on this machine.";
    throw new StateFolderError(`${error.message} ${advice}`);
  });
  if (expected === undefined) return cutoverRecord;
  const known =
    cutoverRecord && [cutoverRecord.at, ...(cutoverRecord.former ?? [])].includes(expected)
      ? cutoverRecord
      : undefined;
  if (database) await requireCutover(database, ledger, known?.at ?? expected, patience);
  if (!known) {
    const found = cutoverRecord ? `the cutover of ${cutoverRecord.at}` : "no cutover.json";
    throw new StateFolderError(
      `The state directory ${address.root} has ${found}, but the cutover was recorded at ${expected}: it is ` +
        "not the services' state directory. Nothing was written. Mount theirs on this machine. If it is lost, or was " +
        `restored from an older copy, first run \`taskrunner-storage export --all --state ${address.root}\`, ` +
        "which writes it again.",
    );
  }
  // The volume of the runs may not be mounted, although `cutover.json` is there.
  const { unfinishedCount } = known;
  if (unfinishedCount > 0 && !(await hasRuns(address))) {
    throw new StateFolderError(
      `The state directory ${address.root} has no run in ${address.folders.runs}, but the cutover at ${known.at} found ` +
        `${unfinishedCount} unfinished runs there. Nothing was written. Mount the runs on this machine.`,
    );
  }
  return cutoverRecord;
}

/**
 * Restores the last cutover's record from the ledger in a directory that was lost, or is an older copy. The record gets
 * no new token: the files are not trusted until an export has compared everything.
 *
 * @param cutoverRecord the record in the directory
 */
export async function restoreCutoverRecord(
  sides: CutoverSides & { readonly database: Db },
  cutoverRecord: CutoverRecord | undefined,
): Promise<void> {
  const { root, database, ledger } = sides;
  const copy = await readCutoverCopy(database, ledger, sides);
  if (!copy || (cutoverRecord && !copy.former?.includes(cutoverRecord.at))) return;
  await mkdir(root, { recursive: true });
  const untrusted = { token: undefined, tokens: copy.tokens && [] };
  // The minimum number of runs in this directory is unknown.
  await writeCutoverRecord(root, { ...copy, unfinishedCount: 0, ...untrusted });
}

/**
 * Records that everything in MongoDB was exported, even if the rollback itself could not read it.
 *
 * @param by after a rollback, an export by command is its last one (docs/queue.md#the-window-between-the-rollouts)
 */
export async function recordExported(sides: CutoverSides, by: "command" | "step"): Promise<void> {
  await changeCutoverRecord(sides, (cutoverRecord) => {
    const exported = { ...cutoverRecord };
    delete exported.notExported;
    const isLast = by === "command" && sourceOfTruth(exported) === "disk";
    return { ...exported, ...(isLast && { finalExportAt: new Date().toISOString() }) };
  });
}

/** Records the final pass of a cutover in force: from then on web works on MongoDB only. */
export async function recordFinalPass(sides: CutoverSides): Promise<void> {
  const cutoverRecord = cutoverInForce(await readCutoverRecord(sides.root));
  if (!cutoverRecord || cutoverRecord.finalPassAt !== undefined) return;
  const finalPassAt = new Date().toISOString();
  await changeCutoverRecord(sides, (cutoverRecord) => ({ ...cutoverRecord, finalPassAt }));
}
