import type { Db } from "mongodb";
import {
  type CutoverRecord,
  type StateAddress,
  cutoverInForce,
  holdRuns,
  isBetweenRollouts,
  listHeldJobs,
  listHeldRuns,
  listUnfinishedRuns,
  readDeltaScope,
  readCutoverRecord,
  sourceOfTruth,
} from "../../state";
import { exportState, findRunsIn } from "../export/export";
import type { ExportSides } from "../export/sides";
import { type LastExport, exportBeforeEnd } from "../export/unfinished";
import { type Cases, type Report, casesOf, noCases } from "../reports";
import { recordExported, requireSameCutover, restoreCutoverRecord } from "./cutover-record";
import {
  type PrimaryOptions,
  type Confirmation,
  briefSeconds,
  confirmPrimary,
  findPrimary,
  waitForPrimary,
} from "./reach";
import { type CutoverSides, changeCutoverRecord, vouchFor } from "./token";

/** The results of a rollback. */
export interface RollbackResults {
  /** When it ended, in ISO 8601. */
  readonly at: string;
  /** The export's report; absent if MongoDB was unreachable. */
  readonly exported?: Report<"export">;
  /** Why nothing was exported; names hosts, never secrets. */
  readonly unreachable?: string;
  /** The runs that are held now, so that no step of them is executed again. */
  readonly held: Cases<string>;
  /** Held jobs without a held run: they cannot be read, or their run has no file to start from. */
  readonly heldJobs?: Cases<string>;
  /** Approvals and jobs of held runs that could not be moved, and may begin them anew. */
  readonly notHeld?: Cases<string>;
  /** The number of jobs that stay although neither side has their run: the worker begins it from the job's plan. */
  readonly jobsWithoutRun?: number;
  /** The number of unfinished files that stay although MongoDB never had them: web wrote them after the handover. */
  readonly notImported?: number;
  /** The runs that are unfinished in MongoDB and finished or different on disk, so that the worker does not resume them. */
  readonly unequal?: Cases<string>;
}

/**
 * Exports what changed in MongoDB. If the cutover is still in force, holds the runs whose files differ from MongoDB,
 * then ends the cutover. If no member of MongoDB answers within `electionSeconds`, it holds all unfinished runs. After
 * the cutover has ended it holds none, because the worker may be executing them.
 *
 * @param asked `beforeEnd` may stop a rollback that has exported and not held or ended anything
 * @throws MongoUnreadableError if MongoDB answers but its current data cannot be read
 * @throws CutoverMissing if the database has no record of the cutover: nothing was exported
 * @throws StateFolderError if the state directory is not the one that the cutover left
 * @throws WriteError if files cannot be written, or a run cannot be held
 */
export async function runRollback(
  sides: Omit<ExportSides, "database">,
  asked: PrimaryOptions & { readonly beforeEnd?: () => Promise<void> },
): Promise<RollbackResults> {
  const options = {
    ...asked,
    cutoverAt: asked.cutoverAt ?? (await readCutoverRecord(sides.root))?.at,
  };
  const { database, unreachable } = await waitForPrimary(options);
  const { cutoverRecord, both } = await openSides(sides, database, options);
  const inForce = cutoverInForce(cutoverRecord);
  // No final pass follows an export by hand, so it compares everything itself.
  const isDelta = asked.cutoverAt !== undefined && !both?.isUnconfirmed;
  const lost = { ...sides, database: undefined, ledger: options.ledger };
  const {
    report,
    notImported = 0,
    unequal = [],
    notHeld = [],
    jobsWithoutRun = 0,
  } = inForce
    ? await endRollback(lost, both, inForce, isDelta, asked.beforeEnd)
    : { report: both && (await exportEverything(both, "step")) };
  const held = (await listHeldRuns(sides)).map(({ runId }) => runId);
  const heldJobs = await listHeldJobs(sides);
  return {
    at: new Date().toISOString(),
    ...(report && { exported: report }),
    ...(unreachable !== undefined && { unreachable }),
    held: casesOf(held),
    ...(heldJobs.length > 0 && { heldJobs: casesOf(heldJobs) }),
    ...(notHeld.length > 0 && { notHeld: casesOf(notHeld) }),
    ...(jobsWithoutRun > 0 && { jobsWithoutRun }),
    ...(notImported > 0 && { notImported }),
    ...(unequal.length > 0 && { unequal: casesOf(unequal) }),
  };
}

type LedgerSides = ExportSides & { readonly ledger: string };

/**
 * Opens both sides of an export, once MongoDB's primary is confirmed as current and the cutover's records agree.
 * Without MongoDB, it compares only the records on disk and in the stack.
 */
export async function openSides(
  sides: Omit<ExportSides, "database">,
  database: Db | undefined,
  options: PrimaryOptions,
): Promise<{
  readonly cutoverRecord: CutoverRecord | undefined;
  readonly both: LedgerSides | undefined;
}> {
  const mongo = database && (await confirmPrimary(database, options));
  const cutoverRecord = await requireSameCutover(sides, options, mongo?.database);
  const retryMs = options.electionSeconds * 1_000;
  const { ledger } = options;
  const truth = sourceOfTruth(cutoverRecord);
  const isInWindow = isBetweenRollouts(cutoverRecord);
  return {
    cutoverRecord,
    both: mongo && { ...sides, ...mongo, retryMs, ledger, truth, isInWindow },
  };
}

/** Exports while a cutover is in force, holds the runs that a worker on files must not execute, and ends the cutover. */
async function endRollback(
  lost: StateAddress & CutoverSides,
  asked: LedgerSides | undefined,
  cutoverRecord: CutoverRecord,
  isDelta: boolean,
  beforeEnd?: () => Promise<void>,
): Promise<Partial<LastExport> & Awaited<ReturnType<typeof holdRuns>>> {
  const both = asked && (await vouchFor(asked));
  const scope = both?.older ? undefined : await readDeltaScope(lost, cutoverRecord);
  // Without MongoDB this includes runs that web wrote after the handover: the worker may have executed their steps.
  const done: Partial<LastExport> & Pick<LastExport, "stale"> = both
    ? await exportBeforeEnd(both, cutoverRecord, scope, isDelta && !both.older)
    : { stale: await listUnfinishedRuns(lost, scope?.findFinished) };
  await beforeEnd?.();
  const { stale, unequal } = done;
  const findInMongo = both && findRunsIn(both);
  const left = await holdRuns(lost, stale, cutoverRecord.at, { unequal, findInMongo });
  // From now on the files are the source of truth, and no run is held any more.
  const end = { endedAt: new Date().toISOString(), ...(!both && { notExported: true as const }) };
  await changeCutoverRecord(both ?? lost, (found) => ({ ...found, ...end }));
  return { ...done, ...left };
}

/**
 * Exports everything. Afterwards the directory's merge bases are trusted, except in an older copy with a file that
 * could not be written: the next export compares it again.
 */
async function exportEverything(
  asked: LedgerSides,
  by: "command" | "step",
): Promise<Report<"export">> {
  const sides = await vouchFor(asked);
  const report = await exportState(sides);
  const isLeft = report.conflicts.count + report.unwritable.count > 0;
  if (!sides.only && !(sides.older && isLeft)) await recordExported(sides, by);
  return report;
}

/**
 * Exports as a rollback does, but holds no run, for the command `export`.
 *
 * @param sides `all` also restores a lost state directory without a cutover; `only` also restores a run that was
 *   removed on disk
 * @throws MongoUnreadableError, CutoverMissing, StateFolderError and WriteError as the rollback
 */
export async function exportByHand(
  sides: ExportSides,
  asked: Omit<Confirmation, "cutoverAt">,
): Promise<Report<"export">> {
  const cutoverRecord = await readCutoverRecord(sides.root);
  const options = { ...asked, cutoverAt: cutoverRecord?.at };
  const mongo = await confirmPrimary(sides.database, options);
  if (!sides.all || options.cutoverAt !== undefined) {
    await requireSameCutover(sides, options, mongo.database);
  }
  const both = { ...sides, ...mongo, ledger: asked.ledger };
  if (sides.all && !sides.only) await restoreCutoverRecord(both, cutoverRecord);
  const last = await readCutoverRecord(sides.root);
  const isInWindow = isBetweenRollouts(last);
  const truth = sourceOfTruth(last);
  const wanted = sides.only && truth === "disk" ? undefined : truth;
  return exportEverything({ ...both, isInWindow, truth: wanted }, "command");
}

/** The results that a rollback without MongoDB would have, with the maximum number of runs that it would hold. */
export type ForeseenRollback = Required<Pick<RollbackResults, "unreachable" | "held">>;

/**
 * Previews a rollback, and changes nothing. Returns undefined if MongoDB answers.
 *
 * @throws MongoUnreadableError, CutoverMissing and StateFolderError as the rollback would
 */
export async function previewRollback(
  sides: StateAddress,
  options: Omit<PrimaryOptions, "electionSeconds">,
): Promise<ForeseenRollback | undefined> {
  const { database, unreachable } = await findPrimary(options, briefSeconds);
  const wanted = { ...options, electionSeconds: briefSeconds };
  const cutoverRecord = await requireSameCutover(sides, wanted, database);
  if (unreachable === undefined) return undefined;
  return { unreachable, held: { ...noCases(), count: cutoverRecord?.unfinishedCount ?? 0 } };
}
