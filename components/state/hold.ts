import { rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Store } from "../contract";
import { Refusal, WriteError, isMissing, isSystemError } from "./errors";
import { heldAddresses, heldFolders, listHeldRuns } from "./held";
import { type StateAddress, type StateFile, filesOf } from "./layout";
import { moveAside, moveOrCopy, supersede } from "./move";
import { ownFiles } from "./own-files";
import { findRunId, locateFile } from "./location";
import { makeFolder, syncFolders } from "./publish";
import { hasQueue, listJobs } from "./queue";
import type { RunFile } from "./run-files";

interface Moved {
  /** The runs whose files were moved. */
  readonly runs: string[];
  /** The runs whose files stay, because another file, which is never overwritten, is at the destination. */
  readonly destinationTaken: string[];
}

/**
 * Holds the files of runs, because a worker would execute their steps again. If there is a queue, first moves the files
 * that could begin them anew: their approvals, because a decision creates a job, then their jobs. A job that cannot be
 * read, or whose run has no file, may be one of these. Logs and artifacts stay. Files go to the cutover's folder or, if
 * a name in it is taken, to a further one.
 *
 * @param cutoverAt when the cutover was recorded, in ISO 8601
 * @param isMongoLost whether nothing was exported, so that jobs may belong to runs that only MongoDB has; default: false
 * @returns the names of approvals and jobs that could not be moved: they do not stop a rollback
 * @throws WriteError if a run's file cannot be moved: then a worker must not start
 */
export async function holdRuns(
  address: StateAddress,
  runs: readonly RunFile[],
  cutoverAt: string,
  isMongoLost = false,
): Promise<string[]> {
  // Not every volume allows a colon in a name.
  const folder = join(address.root, ownFiles.held, cutoverAt.replaceAll(":", "-"));
  const touched: string[] = [];
  const hold = async (file: StateFile<Store>) => {
    touched.push(dirname(file.path), dirname(await moveAside(file, folder)));
  };
  const left: string[] = [];
  const holdPart = async (file: StateFile<Store>) => {
    try {
      await hold(file);
    } catch (error) {
      if (!isSystemError(error) && !(error instanceof WriteError)) throw error;
      if (!isMissing(error)) left.push(file.name);
    }
  };
  const isHolding = isMongoLost || runs.length > 0 || (await listHeldRuns(address)).length > 0;
  if (isHolding && (await hasQueue(address))) {
    for (const { runId, file } of runs) {
      const approvals = await findFile(address, "approvals", runId, file.baseName);
      if (approvals) await holdPart(approvals);
    }
    const runIds = new Set(runs.map(({ runId }) => runId));
    for (const { file, runId } of await listJobs(address)) {
      const isOther = runId !== undefined && !runIds.has(runId);
      if (!isOther || !(await findFile(address, "runs", runId))) await holdPart(file);
    }
  }
  for (const { file } of runs) {
    try {
      await hold(file);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      const advice = `The cutover stays in force. Let this user move files from ${address.folders.runs} to ${ownFiles.held}/.`;
      throw new WriteError(`Holding ${file.name}`, error, advice);
    }
  }
  // guarantee: no crash takes a held run out of held/
  await syncFolders(touched);
  return left;
}

/** A run's file of one role, if the services have the store and it exists. */
async function findFile(
  address: StateAddress,
  role: "runs" | "approvals",
  runId: string,
  known?: string,
) {
  if (address.folders[role] === undefined) return undefined;
  try {
    const found = await locateFile(address, role, runId, known);
    return found.stat === undefined ? undefined : found;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return undefined;
  }
}

/** Moves the files of held runs back to the runs' folder. @param held their folder */
export async function unholdRuns(
  address: StateAddress,
  held: StateAddress,
  runs: readonly RunFile[],
): Promise<Moved> {
  const files = runs.map(({ file }) => file);
  const moved = await unhold(address, held, files);
  const idsOf = (isMoved: boolean) => {
    return runs.filter(({ file }) => moved.has(file) === isMoved).map(({ runId }) => runId);
  };
  return { runs: idsOf(true), destinationTaken: idsOf(false) };
}

/**
 * Moves back held approvals and jobs whose runs have a file: first the approvals, because a worker that takes a job
 * reads them. A newer file at the destination stays, and so does the held one.
 */
export async function unholdParts(address: StateAddress): Promise<void> {
  const hasRun = async (runId: string | undefined) =>
    runId !== undefined && (await findFile(address, "runs", runId)) !== undefined;
  for (const held of await heldAddresses(address)) {
    const approvals: StateFile[] = [];
    for await (const files of filesOf(held, "approvals")) {
      for (const file of files) {
        const { baseName } = file;
        if (await hasRun((await findRunId(address, baseName)) ?? baseName)) approvals.push(file);
      }
    }
    await unhold(address, held, approvals);
    const jobs: StateFile<"queue">[] = [];
    for (const { file, runId } of await listJobs(held)) {
      if (await hasRun(runId)) jobs.push(file);
    }
    await unhold(address, held, jobs);
  }
}

/** Moves the held copies of runs to `superseded/`, with the approvals and jobs that were held with them. */
export async function supersedeHeld(
  address: StateAddress,
  runIds: ReadonlySet<string>,
): Promise<void> {
  for await (const { held, runs } of heldFolders(address)) {
    const copies = runs.filter(({ runId }) => runIds.has(runId));
    if (copies.length === 0) continue;
    const jobs = (await listJobs(held)).filter(({ runId = "" }) => runIds.has(runId));
    const parts: StateFile<Store>[] = jobs.map(({ file }) => file);
    for (const { runId, file } of copies) {
      const approvals = await findFile(held, "approvals", runId, file.baseName);
      if (approvals) parts.push(approvals);
    }
    // The copies are last, so that an interrupted call is repeated.
    await supersede(address, [...parts, ...copies.map(({ file }) => file)]);
    await removeEmpty(held);
  }
}

/** Moves held files back, except where another file has the name; returns the moved ones. */
async function unhold<File extends StateFile<Store>>(
  address: StateAddress,
  held: StateAddress,
  files: readonly File[],
): Promise<ReadonlySet<File>> {
  const moved = new Set<File>();
  const touched: string[] = [];
  for (const file of files) {
    const to = join(address.root, file.name);
    await makeFolder(dirname(to));
    if (await moveOrCopy(file.path, to)) moved.add(file);
    touched.push(dirname(file.path), dirname(to));
  }
  await syncFolders(touched);
  await removeEmpty(held);
  return moved;
}

async function removeEmpty({ root, folders }: StateAddress): Promise<void> {
  const held = dirname(root);
  for (const folder of Object.values(folders)) {
    let isRemoved = true;
    for (let path = join(root, folder); isRemoved && path.startsWith(held); path = dirname(path)) {
      isRemoved = await rmdir(path).then(
        () => true,
        () => false,
      );
    }
  }
}
