import type { Db } from "mongodb";
import { FenceMissing, requireFence } from "../../ledger";
import { ServerTroubleError } from "../../mongo";
import { type Fence, type StateAddress, listHeldRuns, holdRuns, readFence } from "../../state";
import { exportState } from "../export/export";
import type { ExportSides } from "../export/run";
import type { ExportReport } from "../reports";
import { endFence, requireWitnesses, listUnfinished } from "./fence";
import {
  MongoUnreadableError,
  type Proof,
  type PrimaryOptions,
  confirmPrimary,
  findPrimary,
} from "./reach";

/** What a rollback did. */
export interface RollbackReport {
  /** What was exported; absent if MongoDB was unreachable. */
  readonly exported?: Exported;
  /** Why nothing was exported; names hosts, never secrets. */
  readonly unreachable?: string;
  /** The runs that are held now, so that no step of them is executed again. */
  readonly held: readonly string[];
  /** The runs that should have been moved and were not, because another file has the place. */
  readonly destinationTaken: readonly string[];
}

/** A report without the runs that were held because of it. */
export type Exported = Omit<ExportReport, "stale" | "destinationTaken">;

/**
 * Exports what changed in MongoDB. If the fence is still open, it holds the runs whose files are stale, which are all
 * unfinished ones if no member of MongoDB answers within `electionSeconds`, and ends the fence. After that it holds no
 * run, because the worker may be executing it.
 *
 * @throws MongoUnreadableError if MongoDB answers and what is current cannot be read
 * @throws FenceMissing if the database is not the one of the fence: nothing was exported
 * @throws StateFolderError if the state directory is not the one that the cutover left
 * @throws WriteError if files cannot be written
 */
export async function runRollback(
  sides: Omit<ExportSides, "database">,
  asked: PrimaryOptions,
): Promise<RollbackReport> {
  const options = { ...asked, fencedAt: asked.fencedAt ?? (await readFence(sides.root))?.at };
  const { database, unreachable } = await findPrimary(options);
  const mongo = database && (await confirmPrimary(database, options));
  const fence = await requireWitnesses(sides, options, mongo?.database);
  const retryMs = options.electionSeconds * 1_000;
  // No final pass follows an export by hand, so it compares everything itself.
  const isDelta = asked.fencedAt !== undefined && isOpen(fence) && !mongo?.isUnconfirmed;
  const delta = isDelta ? { openFence: fence.at } : {};
  const report = mongo && (await exportState({ ...sides, ...mongo, ...delta, retryMs }));
  const { stale, destinationTaken = [], ...exported }: Partial<ExportReport> = report ?? {};
  const held = await holdStale(sides, fence, {
    destinationTaken,
    ...(stale && { stale }),
  });
  await endFence(sides.root, fence);
  return {
    ...(unreachable === undefined ? { exported: exported as Exported } : { unreachable }),
    ...held,
  };
}

/** Whether MongoDB is the source of truth: nobody works on the files. */
function isOpen(fence: Fence | undefined): fence is Fence {
  return fence !== undefined && fence.endedAt === undefined;
}

/** What a rollback exported before the drain, or why it left that to the handover. */
export type BulkExportReport = { readonly exported: Exported } | { readonly left: string };

/**
 * The export while both services still work on MongoDB. Only while the fence of the directory is open, and the
 * database has it: from the fence on nobody works on the files, and before it the worker does.
 *
 * @returns undefined without an open fence
 * @throws MongoUnreadableError if it cannot be proven that what MongoDB has is current: nothing was exported
 * @throws StateFolderError and WriteError as the rollback
 */
export async function exportBulkPass(
  sides: Omit<ExportSides, "database">,
  asked: Omit<PrimaryOptions, "fencedAt" | "ended">,
): Promise<BulkExportReport | undefined> {
  const fence = await readFence(sides.root);
  if (!isOpen(fence)) return undefined;
  // Without `ended`: the cutover ends only with the drain, which may be refused.
  const options = { ...asked, fencedAt: fence.at };
  const database = await findPrimaryForBulkPass(options);
  if (typeof database === "string") return { left: database };
  const mongo = await confirmPrimary(database, options);
  await requireWitnesses(sides, options, mongo.database);
  if (mongo.isUnconfirmed) return { left: "Without a majority no base can be written." };
  const retryMs = asked.electionSeconds * 1_000;
  try {
    const bulk = { isBulk: true, openFence: fence.at };
    return { exported: await exportState({ ...sides, ...mongo, ...bulk, retryMs }) };
  } catch (error) {
    if (!(error instanceof ServerTroubleError)) throw error;
    return { left: error.message };
  }
}

/** The database of the fence, or why it cannot be read now: the handover waits for it, and decides. */
async function findPrimaryForBulkPass(
  options: PrimaryOptions & { readonly fencedAt: string },
): Promise<Db | string> {
  try {
    const reached = await findPrimary({ ...options, electionSeconds: previewSeconds });
    if (!reached.database) return reached.unreachable;
    await requireFence(reached.database, options.ledger, options.fencedAt);
    return reached.database;
  } catch (error) {
    if (error instanceof MongoUnreadableError) return error.found;
    if (error instanceof FenceMissing || error instanceof ServerTroubleError) return error.message;
    throw error;
  }
}

/**
 * What `export` does by hand: as a rollback, from the state's own database, and no run is held.
 *
 * @param sides with `all` a state that was lost, which has no fence, is created again
 * @throws MongoUnreadableError, FenceMissing, StateFolderError and WriteError as the rollback
 */
export async function exportByHand(
  sides: ExportSides,
  asked: Omit<Proof, "fencedAt">,
): Promise<ExportReport> {
  const options = { ...asked, fencedAt: (await readFence(sides.root))?.at };
  const mongo = await confirmPrimary(sides.database, options);
  if (!sides.all || options.fencedAt !== undefined) {
    await requireWitnesses(sides, options, mongo.database);
  }
  return exportState({ ...sides, ...mongo });
}

/** What a rollback without MongoDB would leave behind, and which runs it would hold. */
export interface RollbackPreview {
  /** Why nothing would be exported; names hosts, never secrets. */
  readonly unreachable: string;
  /** The runs that are unfinished on disk. */
  readonly unfinished: readonly string[];
}

/** How long a preview looks for a primary, in s. */
const previewSeconds = 5;

/**
 * What a rollback would find now; nothing is changed. Undefined if MongoDB answers.
 *
 * @throws MongoUnreadableError, FenceMissing and StateFolderError as the rollback would
 */
export async function previewRollback(
  sides: StateAddress,
  options: Omit<PrimaryOptions, "electionSeconds">,
): Promise<RollbackPreview | undefined> {
  const wanted = { ...options, electionSeconds: previewSeconds };
  const { database, unreachable } = await findPrimary(wanted);
  await requireWitnesses(sides, options, database);
  if (unreachable === undefined) return undefined;
  return { unreachable, unfinished: await listUnfinished(sides) };
}

/**
 * Holds runs whose files are stale, while the fence is open. Without MongoDB, `stale` is absent and all unfinished runs
 * are held, also those that web wrote after the fence: the final pass imported them, and the worker executed steps of
 * them on MongoDB.
 */
async function holdStale(
  address: StateAddress,
  fence: Fence | undefined,
  found: Pick<ExportReport, "destinationTaken"> & Partial<Pick<ExportReport, "stale">>,
): Promise<Pick<RollbackReport, "held" | "destinationTaken">> {
  const moved = await holdRuns(address, isOpen(fence) ? found.stale : []);
  const destinationTaken = new Set([...found.destinationTaken, ...moved.destinationTaken]);
  const held = (await listHeldRuns(address)).map(({ runId }) => runId);
  return {
    held: held.filter((runId) => !destinationTaken.has(runId)),
    destinationTaken: [...destinationTaken],
  };
}
