import type { Db } from "mongodb";
import { mkdir } from "node:fs/promises";
import { readRecord, recordFence, recordFenceFile, requireFence } from "../../ledger";
import { withRetries } from "../../mongo";
import {
  type Fence,
  type StateAddress,
  StateFolderError,
  endedCutovers,
  fenceInForce,
  hasRuns,
  jobsForFence,
  listHeldRuns,
  readFence,
  requireState,
  writeFence,
} from "../../state";
import { idsAmong } from "../documents";
import type { ExportSides } from "../export/sides";
import type { Proof } from "./reach";
import { withForms } from "../step-forms";
import { type FenceSides, changeFence, readFenceCopy, renewToken } from "./token";

/** A new fence, and the runs that stay held since a rollback without MongoDB. */
export interface DrawnFence {
  readonly fence: Fence;
  readonly held: readonly string[];
  /** Those of `held` that this MongoDB does not have: no service continues them. */
  readonly unknown: readonly string[];
}

interface NewFence extends ExportSides {
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
 * Draws the fence: records the moment in the ledger, then in the state directory, so that the ledger knows each fence
 * that a directory has. The ledger's copy of `fence.json` comes last: without it the fence counts as interrupted. Call
 * it only while no worker runs. Held runs stay held: their files are older than MongoDB's content, and no worker may
 * execute them if the cutover is abandoned here.
 *
 * @throws StateFolderError if the state directory cannot be used
 * @throws ServerTroubleError if MongoDB will not do it, or has trouble for too long
 * @throws Error if the ledger has no record of the migration
 */
export async function drawFence(sides: NewFence): Promise<DrawnFence> {
  await requireState(sides);
  const at = new Date();
  const held = (await listHeldRuns(sides)).map(({ runId }) => runId);
  const inMongo = await idsAmong(sides, "runs", held);
  const { database, ledger, stack, root, cutover, unfinishedCount } = sides;
  const last = await readFence(root);
  // The ledger has more than the directory if an `up` was killed between the two, or if the database was accepted.
  const recorded = (await readRecord(database, ledger, sides))?.fences ?? [];
  const known = recorded.map((one) => one.at.toISOString());
  if (last) known.push(...(last.former ?? []), last.at);
  const former = [...new Set(known)].sort();
  const jobs = await jobsForFence(sides);
  const drawn = {
    at: at.toISOString(),
    cutover,
    unfinishedCount,
    ...(jobs && { jobs }),
    ...(former.length > 0 && { former }),
  };
  const { forms } = await withForms(sides);
  const tokens = last?.tokens ?? [];
  const fence = renewToken({ ...drawn, tokens, ...(forms && { forms }) });
  const doing = `Recording the fence in ${database.databaseName}.${ledger}`;
  await withRetries(doing, () => recordFence(database, ledger, { at, stack }), sides);
  await writeFence(root, fence);
  await withRetries(doing, () => recordFenceFile(database, ledger, fence), sides);
  return { fence: drawn, held, unknown: held.filter((runId) => !inMongo.has(runId)) };
}

/**
 * Refuses a cutover that ended although the stack does not know it, because its state was lost or restored: the ledger
 * and `fence.json` know it too (docs/design.md#a-rollback-is-a-mode). To be called before the worker is drained.
 *
 * @throws Error with the number that the settings have to name
 */
export async function requireNewCutover(
  { root, database }: Pick<ExportSides, "root" | "database">,
  { cutover, ledger }: { readonly cutover: number; readonly ledger: string },
): Promise<void> {
  const { endedCutover = 0 } = (await readRecord(database, ledger)) ?? {};
  const ended = Math.max(endedCutovers(await readFence(root)), endedCutover);
  if (cutover > ended) return;
  throw new Error(
    `Cutover ${ended} of the runs in ${root} was rolled back, as fence.json or the ledger of ` +
      `${database.databaseName} has it, and the settings name cutover ${cutover}. To cut over again, set ` +
      `cutover: ${ended + 1}. Otherwise set storageMode: filesystem.`,
  );
}

/**
 * Compares the three witnesses of a cutover (docs/design.md#the-cutovers-record). The stack's output shows that there
 * was one; `fence.json`, that this is its state directory and not an empty mount point; the ledger, that this is its
 * database or a copy. If a later cutover was killed before the stack learned its fence, `former` in `fence.json` still
 * has the stack's.
 *
 * @param fencedAt when the stack's cutover drew its fence, in ISO 8601; undefined by hand
 * @param ledger the collection of the migration's record
 * @param electionSeconds how long that is read again if the server has trouble
 * @param database undefined if MongoDB is unreachable
 * @returns the last cutover's fence; undefined without a cutover
 * @throws StateFolderError if the state directory is missing, is not that of the fence, or lacks its runs
 * @throws FenceMissing if the database knows nothing of it
 */
export async function requireWitnesses(
  address: StateAddress,
  { fencedAt, ledger, electionSeconds }: Pick<Proof, "fencedAt" | "ledger" | "electionSeconds">,
  database: Db | undefined,
): Promise<Fence | undefined> {
  const fence = await readFence(address.root);
  const patience = { retryMs: electionSeconds * 1_000 };
  const copy = () => database && readFenceCopy(database, ledger, patience);
  const expected = fencedAt ?? fence?.at ?? (await copy())?.at;
  // Checked before the fence: an unmounted volume has neither folders nor `fence.json`.
  await requireState(address).catch((error: unknown) => {
    if (!(error instanceof StateFolderError)) throw error;
    const advice =
      "A rollback writes to the services' files: mount the state directory on this machine.";
    throw new StateFolderError(`${error.message} ${advice}`);
  });
  if (expected === undefined) return fence;
  const witness =
    fence && [fence.at, ...(fence.former ?? [])].includes(expected) ? fence : undefined;
  if (database) await requireFence(database, ledger, witness?.at ?? expected, patience);
  if (!witness) {
    const found = fence ? `the fence of ${fence.at}` : "no fence.json";
    throw new StateFolderError(
      `The state directory ${address.root} has ${found}, but the cutover drew its fence at ${expected}: it is ` +
        "not the services' state directory. Nothing was written. Mount theirs on this machine. If it is lost, or was " +
        `restored from an older copy, first run \`taskrunner-storage export --all --state ${address.root}\`, ` +
        "which writes it again.",
    );
  }
  // The volume of the runs may not be mounted, although `fence.json` is there.
  const { unfinishedCount } = witness;
  if (unfinishedCount > 0 && !(await hasRuns(address))) {
    throw new StateFolderError(
      `The state directory ${address.root} has no run in ${address.folders.runs}, but the cutover at ${witness.at} found ` +
        `${unfinishedCount} unfinished runs there. Nothing was written. Mount the runs on this machine.`,
    );
  }
  return fence;
}

/**
 * Restores the last cutover's fence from the ledger in a directory that was lost, or is an older copy. It gets no new
 * token: the files are not trusted until an export has compared everything.
 *
 * @param fence what the directory has
 */
export async function restoreFence(
  sides: FenceSides & { readonly database: Db },
  fence: Fence | undefined,
): Promise<void> {
  const { root, database, ledger } = sides;
  const copy = await readFenceCopy(database, ledger, sides);
  if (!copy || (fence && !copy.former?.includes(fence.at))) return;
  await mkdir(root, { recursive: true });
  // The number of runs that the directory must have is unknown.
  await writeFence(root, { ...copy, unfinishedCount: 0, tokens: fence?.tokens ?? [] });
}

/** Records that everything in MongoDB was exported, also after a rollback that could not read it. */
export async function recordExported(sides: FenceSides): Promise<void> {
  await changeFence(sides, (fence) => {
    const { notExported, ...exported } = fence;
    return notExported ? exported : fence;
  });
}

/** Records that a cutover has reached its final pass: from then on web works on MongoDB only. */
export async function recordFinalPass(sides: FenceSides): Promise<void> {
  const fence = fenceInForce(await readFence(sides.root));
  if (!fence || fence.finalPassAt !== undefined) return;
  const finalPassAt = new Date().toISOString();
  await changeFence(sides, (fence) => ({ ...fence, finalPassAt }));
}
