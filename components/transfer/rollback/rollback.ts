import type { Db } from "mongodb";
import { FenceMissing, requireFence } from "../../ledger";
import { ServerTroubleError } from "../../mongo";
import {
  type DeltaScope,
  type Fence,
  type StateAddress,
  fenceInForce,
  holdRuns,
  listHeldJobs,
  listHeldRuns,
  listUnfinishedRuns,
  readDeltaScope,
  readFence,
  saveDeltaScope,
  sourceOfTruth,
} from "../../state";
import { exportFinished, exportState } from "../export/export";
import type { ExportSides } from "../export/sides";
import { type LastExport, exportBeforeEnd } from "../export/unfinished";
import { finishedSinceImport } from "../finished";
import type { ExportReport } from "../reports";
import { recordExported, requireWitnesses, restoreFence } from "./fence";
import {
  MongoUnreadableError,
  type PrimaryOptions,
  type Proof,
  briefSeconds,
  confirmPrimary,
  findPrimary,
  waitForPrimary,
} from "./reach";
import { type FenceSides, changeFence, vouchFor } from "./token";

/** What a rollback did. */
export interface RollbackReport {
  /** What was exported; absent if MongoDB was unreachable. */
  readonly exported?: Exported;
  /** Why nothing was exported; names hosts, never secrets. */
  readonly unreachable?: string;
  /** The runs that are held now, so that no step of them is executed again. */
  readonly held: readonly string[];
  /** Held runs that could not return, because another file has the place. */
  readonly destinationTaken: readonly string[];
  /** Held jobs of which no run is held now: they cannot be read, or their run has no file yet. */
  readonly heldJobs?: readonly string[];
  /** Approvals and jobs of held runs that could not be moved, and may begin them anew. */
  readonly notHeld?: readonly string[];
  /** The number of unfinished files that stay although MongoDB never had them: web wrote them after the fence. */
  readonly notImported?: number;
  /** The runs that are unfinished in MongoDB and finished or different on disk, so that the worker does not resume them. */
  readonly unequal?: readonly string[];
}

/** A report without what the rollback's own has. */
export type Exported = Omit<ExportReport, "destinationTaken">;

/**
 * Exports what changed in MongoDB. If the fence is still open, it holds the runs whose files are not what MongoDB has,
 * which are all unfinished ones if no member of MongoDB answers within `electionSeconds`, and ends the fence. After
 * that it holds no run, because the worker may be executing it.
 *
 * @throws MongoUnreadableError if MongoDB answers and what is current cannot be read
 * @throws FenceMissing if the database is not the one of the fence: nothing was exported
 * @throws StateFolderError if the state directory is not the one that the cutover left
 * @throws WriteError if files cannot be written, or a run cannot be held
 */
export async function runRollback(
  sides: Omit<ExportSides, "database">,
  asked: PrimaryOptions,
): Promise<RollbackReport> {
  const options = { ...asked, fencedAt: asked.fencedAt ?? (await readFence(sides.root))?.at };
  const { database, unreachable } = await waitForPrimary(options);
  const { fence, both } = await openSides(sides, database, options);
  const inForce = fenceInForce(fence);
  // No final pass follows an export by hand, so it compares everything itself.
  const isDelta = asked.fencedAt !== undefined && !both?.isUnconfirmed;
  const lost = { ...sides, database: undefined, ledger: options.ledger };
  const {
    report,
    notImported = 0,
    unequal = [],
    notHeld = [],
  } = inForce
    ? await endRollback(lost, both, inForce, isDelta)
    : { report: both && (await exportEverything(both)) };
  const { destinationTaken = [], ...exported }: Partial<ExportReport> = report ?? {};
  const held = (await listHeldRuns(sides)).map(({ runId }) => runId);
  const heldJobs = await listHeldJobs(sides);
  return {
    ...(unreachable === undefined ? { exported: exported as Exported } : { unreachable }),
    held: held.filter((runId) => !destinationTaken.includes(runId)),
    destinationTaken,
    ...(heldJobs.length > 0 && { heldJobs }),
    ...(notHeld.length > 0 && { notHeld }),
    ...(notImported > 0 && { notImported }),
    ...(unequal.length > 0 && { unequal }),
  };
}

type LedgerSides = ExportSides & { readonly ledger: string };

/**
 * Opens both sides of an export, once MongoDB's primary is proven current and the cutover's records agree. Without
 * MongoDB only the records on disk and in the stack are compared.
 */
async function openSides(
  sides: Omit<ExportSides, "database">,
  database: Db | undefined,
  options: PrimaryOptions,
): Promise<{ readonly fence: Fence | undefined; readonly both: LedgerSides | undefined }> {
  const mongo = database && (await confirmPrimary(database, options));
  const fence = await requireWitnesses(sides, options, mongo?.database);
  const retryMs = options.electionSeconds * 1_000;
  const { ledger } = options;
  return {
    fence,
    both: mongo && { ...sides, ...mongo, retryMs, ledger, truth: sourceOfTruth(fence) },
  };
}

/** Exports under an open fence, holds what a worker on files must not execute, and ends the fence. */
async function endRollback(
  lost: StateAddress & FenceSides,
  asked: LedgerSides | undefined,
  fence: Fence,
  isDelta: boolean,
): Promise<Partial<LastExport> & { readonly notHeld: readonly string[] }> {
  const both = asked && (await vouchFor(asked));
  const scope = both?.older ? undefined : await readDeltaScope(lost, fence);
  // Without MongoDB also those that web wrote after the fence: the worker may have executed steps of them on MongoDB.
  const done = both
    ? await exportBeforeEnd(both, fence, scope, isDelta && !both.older)
    : { stale: await listUnfinishedRuns(lost, scope?.finished) };
  const notHeld = await holdRuns(lost, done.stale, fence.at, both === undefined);
  // From now on the files are the source of truth, and no run is held any more.
  const end = { endedAt: new Date().toISOString(), ...(!both && { notExported: true as const }) };
  await changeFence(both ?? lost, (found) => ({ ...found, ...end }));
  return { ...done, notHeld };
}

/**
 * Exports everything, after which the files of the directory are vouched for. An older copy is not, while a file of it
 * could not be written: the next export compares it again.
 */
async function exportEverything(asked: LedgerSides): Promise<ExportReport> {
  const sides = await vouchFor(asked);
  const report = await exportState(sides);
  const isLeft = report.conflicts.length + report.unwritable.length > 0;
  if (!sides.only && !(sides.older && isLeft)) await recordExported(sides);
  return report;
}

/** What a rollback exported before the drain, or why it left that to the handover. */
export type BulkExportReport = { readonly exported: Exported } | { readonly left: string };

/**
 * The export while both services still work on MongoDB. Only while the fence of the directory is open, and the
 * database has it: from the fence on nobody works on the files, and before it the worker does. What it leaves is saved
 * for the handover, with the files as they are, also if MongoDB cannot be read.
 *
 * @returns undefined without an open fence
 * @throws MongoUnreadableError if it cannot be proven that what MongoDB has is current: nothing was exported
 * @throws StateFolderError and WriteError as the rollback
 */
export async function exportBulkPass(
  sides: Omit<ExportSides, "database">,
  asked: Omit<PrimaryOptions, "fencedAt" | "ended">,
): Promise<BulkExportReport | undefined> {
  const fence = fenceInForce(await readFence(sides.root));
  if (!fence) return undefined;
  // Without `ended`: the cutover ends only with the drain, which may be refused.
  const options = { ...asked, fencedAt: fence.at };
  const { scope, database, ...report } = await exportBeforeDrain(sides, options);
  const [token] = (await readFence(sides.root))?.tokens ?? [];
  const findFinished = database && finishedSinceImport({ ...sides, database });
  await saveDeltaScope(sides, { runs: [], ...scope, fence: fence.at, token }, findFinished);
  return report;
}

interface BulkExported {
  readonly scope: Pick<DeltaScope, "since" | "runs">;
  readonly database: Db;
}

async function exportBeforeDrain(
  sides: Omit<ExportSides, "database">,
  options: PrimaryOptions & { readonly fencedAt: string },
): Promise<BulkExportReport & Partial<BulkExported>> {
  try {
    const found = await findPrimary(options, briefSeconds).catch((error: unknown) => {
      if (error instanceof MongoUnreadableError) return { unreachable: error.found };
      throw error;
    });
    if (found.unreachable !== undefined) return { left: found.unreachable };
    const { database } = found;
    const patience = { retryMs: briefSeconds * 1_000 };
    await requireFence(database, options.ledger, options.fencedAt, patience);
    const { both } = await openSides(sides, database, options);
    if (!both || both.isUnconfirmed) return { left: "Without a majority no base can be written." };
    const vouched = await vouchFor(both);
    const { report, left } = await exportFinished(vouched);
    // Of an older copy only the finished runs are compared so far.
    if (!vouched.older) await changeFence(vouched);
    return { exported: report, scope: left, database: vouched.database };
  } catch (error) {
    const isLeft = error instanceof FenceMissing || error instanceof ServerTroubleError;
    if (!isLeft) throw error;
    return { left: error.message };
  }
}

/**
 * What `export` does by hand: as a rollback, from the state's own database, and no run is held.
 *
 * @param sides with `all` a state that was lost, which has no fence, is created again; with `only` also a run that was
 *   removed on disk
 * @throws MongoUnreadableError, FenceMissing, StateFolderError and WriteError as the rollback
 */
export async function exportByHand(
  sides: ExportSides,
  asked: Omit<Proof, "fencedAt">,
): Promise<ExportReport> {
  const fence = await readFence(sides.root);
  const options = { ...asked, fencedAt: fence?.at };
  const mongo = await confirmPrimary(sides.database, options);
  if (!sides.all || options.fencedAt !== undefined) {
    await requireWitnesses(sides, options, mongo.database);
  }
  const both = { ...sides, ...mongo, ledger: asked.ledger };
  if (sides.all && !sides.only) await restoreFence(both, fence);
  const truth = sourceOfTruth(await readFence(sides.root));
  return exportEverything({ ...both, truth: sides.only && truth === "disk" ? undefined : truth });
}

/** What a rollback without MongoDB would leave behind, and how many runs it would hold at most. */
export interface RollbackPreview {
  /** Why nothing would be exported; names hosts, never secrets. */
  readonly unreachable: string;
  /** The number of runs that were unfinished on disk at the cutover, or are now. */
  readonly unfinishedCount: number;
  readonly isOfNow?: true;
}

/**
 * What a rollback would find now; nothing is changed. Undefined if MongoDB answers.
 *
 * @throws MongoUnreadableError, FenceMissing and StateFolderError as the rollback would
 */
export async function previewRollback(
  sides: StateAddress,
  options: Omit<PrimaryOptions, "electionSeconds">,
): Promise<RollbackPreview | undefined> {
  const { database, unreachable } = await findPrimary(options, briefSeconds);
  const wanted = { ...options, electionSeconds: briefSeconds };
  const fence = await requireWitnesses(sides, wanted, database);
  if (unreachable === undefined) return undefined;
  return { unreachable, unfinishedCount: fence?.unfinishedCount ?? 0 };
}
