import type { Db } from "mongodb";
import { lastFence, readEndedCutover, readRecord, recordFence, requireFence } from "../../ledger";
import { withRetries } from "../../mongo";
import {
  type Fence,
  type StateAddress,
  StateFolderError,
  filesOf,
  layout,
  heldAddresses,
  listHeldRuns,
  readFence,
  requireState,
  writeFence,
} from "../../state";
import { idsAmong } from "../documents";
import type { ExportSides } from "../export/run";

/** A fence, and the runs that a rollback without MongoDB held, which stay so. */
export interface DrawnFence {
  readonly fence: Fence;
  readonly held: readonly string[];
  /** Those of `held` that this MongoDB does not have: no service goes on with them. */
  readonly unknown: readonly string[];
}

interface FenceSides extends ExportSides {
  /** The collection of the migration's record: the setting `advanced.ledger`. */
  readonly ledger: string;
  /** `<project>/<stack>`. */
  readonly stack: string;
  /** The number of the cutover, from 1. */
  readonly cutover: number;
  /** How many runs may still execute steps, as the import before it counted them. */
  readonly unfinishedCount: number;
}

/**
 * Draws the fence: records the moment in the ledger, then in the state directory. Call it only while no worker runs.
 * Held runs stay held: their files are older than MongoDB's content, and nobody must execute them if the cutover is
 * given up here.
 *
 * @throws StateFolderError if the state directory cannot be used
 * @throws ServerTroubleError if MongoDB will not do it, or has trouble for too long
 * @throws Error if the ledger has no record of the migration
 */
export async function drawFence(sides: FenceSides): Promise<DrawnFence> {
  await requireState(sides);
  const at = new Date();
  const held = (await listHeldRuns(sides)).map(({ runId }) => runId);
  const known = await idsAmong(sides, "runs", held);
  const { database, ledger, stack, root, cutover, unfinishedCount } = sides;
  const last = await readFence(root);
  // The ledger has more than the directory after an `up` that was killed between the two, and if it was accepted.
  const recorded = (await readRecord(database, ledger))?.fences ?? [];
  const all = new Set([
    ...(last?.former ?? []),
    ...(last ? [last.at] : []),
    ...recorded.map((one) => one.at.toISOString()),
  ]);
  const former = all.size > 0 && { former: [...all].sort() };
  const fence = { at: at.toISOString(), cutover, unfinishedCount, ...former };
  const doing = `Recording the fence in ${database.databaseName}.${ledger}`;
  await withRetries(doing, () => recordFence(database, ledger, { at, stack }));
  await writeFence(root, fence);
  return { fence, held, unknown: held.filter((runId) => !known.has(runId)) };
}

/**
 * Refuses a cutover that ended although the stack does not know it, because its state was lost or restored:
 * the ledger and `fence.json` know it too (decision 10). To be called before the worker is drained.
 *
 * @throws Error with the number that the settings have to name
 */
export async function requireNewCutover(
  { root, database }: Pick<ExportSides, "root" | "database">,
  { cutover, ledger }: { readonly cutover: number; readonly ledger: string },
): Promise<void> {
  const fence = await readFence(root);
  const last = fence?.cutover ?? 1;
  const onDisk = fence === undefined ? 0 : fence.endedAt === undefined ? last - 1 : last;
  const ended = Math.max(onDisk, await readEndedCutover(database, ledger));
  if (cutover > ended) return;
  throw new Error(
    `Cutover ${ended} of the runs in ${root} was rolled back, as fence.json or the ledger of ` +
      `${database.databaseName} has it, and the settings name cutover ${cutover}. To cut over again, set ` +
      `cutover: ${ended + 1}. Otherwise set storageMode: filesystem.`,
  );
}

/**
 * Compares the three witnesses of a cutover (decision 10). The stack's output shows that there was one; `fence.json`,
 * that this is its state directory and not an empty mount point; the ledger, that this is its database or a copy. If a
 * later cutover was killed before the stack learned its fence, `former` in `fence.json` still has the stack's.
 *
 * @param fencedAt when the stack's cutover drew its fence, in ISO 8601; undefined by hand
 * @param ledger the collection of the migration's record
 * @param database undefined if MongoDB is unreachable
 * @returns the last cutover's fence; undefined without a cutover
 * @throws StateFolderError if the state directory is missing, is not that of the fence, or lacks its runs
 * @throws FenceMissing if the database knows nothing of it
 */
export async function requireWitnesses(
  address: StateAddress,
  { fencedAt, ledger }: { readonly fencedAt: string | undefined; readonly ledger: string },
  database: Db | undefined,
): Promise<Fence | undefined> {
  const fence = await readFence(address.root);
  const expected = fencedAt ?? fence?.at ?? (database && (await lastFence(database, ledger)));
  // Checked before the fence: an unmounted volume has neither folders nor `fence.json`.
  await requireMounted(address);
  if (expected === undefined) return fence;
  const witness =
    fence && [fence.at, ...(fence.former ?? [])].includes(expected) ? fence : undefined;
  if (database) await requireFence(database, ledger, witness?.at ?? expected);
  if (!witness) {
    const found = fence ? `the fence of ${fence.at}` : "no fence.json";
    throw new StateFolderError(
      `The state directory ${address.root} has ${found}, but the cutover drew its fence at ${expected}: it is ` +
        "not the services' state directory. Nothing was written. Mount theirs on this machine. If it is lost, " +
        `first run \`taskrunner-storage export --all --state ${address.root}\`, which creates it again.`,
    );
  }
  await requireRuns(address, witness);
  return fence;
}

/**
 * Ends the fence: from now on the files are the source of truth, and no run is held any more.
 *
 * @param isExported whether MongoDB was read, so that the files have what it has
 */
export async function endFence(root: string, fence: Fence, isExported: boolean): Promise<void> {
  const endedAt = new Date().toISOString();
  await writeFence(root, { ...fence, endedAt, ...(!isExported && { notExported: true }) });
}

/** Records that MongoDB was read after a rollback that could not. */
export async function recordExported(root: string): Promise<void> {
  const { notExported, ...fence } = (await readFence(root)) ?? {};
  if (notExported) await writeFence(root, fence as Fence);
}

/** Records that a cutover comes to its final pass: from then on web works on MongoDB only. */
export async function recordFinalPass(root: string): Promise<void> {
  const fence = await readFence(root);
  if (!fence || fence.endedAt !== undefined || fence.finalPassAt !== undefined) return;
  await writeFence(root, { ...fence, finalPassAt: new Date().toISOString() });
}

async function requireMounted(address: StateAddress): Promise<void> {
  try {
    await requireState(address);
  } catch (error) {
    if (!(error instanceof StateFolderError)) throw error;
    throw new StateFolderError(
      `${error.message} A rollback writes to the services' files: mount the state directory on this ` +
        "machine.",
    );
  }
}

/** The runs may be on a volume that is not mounted, while the fence's file is there. */
async function requireRuns(address: StateAddress, fence: Fence): Promise<void> {
  if (fence.unfinishedCount === 0) return;
  const { root } = address;
  for (const place of [address, ...(await heldAddresses(address))]) {
    const files = filesOf(place, "runs");
    const { done } = await files.next();
    await files.return(undefined);
    if (!done) return;
  }
  throw new StateFolderError(
    `The state directory ${root} has no run in ${layout.runs}, but the cutover at ${fence.at} found ` +
      `${fence.unfinishedCount} unfinished runs there. Nothing was written. Mount the runs on this machine.`,
  );
}
