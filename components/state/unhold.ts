import { rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Store } from "../contract";
import { heldAddresses, heldFolders, listHeldRuns } from "./held";
import { type FindInMongo, findFile } from "./hold";
import { lookUp } from "./file-stat";
import { type StateAddress, type StateFile, fileOf, filesOf } from "./layout";
import { moveOrCopy, supersede } from "./move";
import { makeFolder, syncFolders } from "./publish";
import { type Job, listJobs } from "./queue";
import type { RunFile } from "./run-files";

interface Moved {
  /** The runs whose files were moved. */
  readonly runs: string[];
  /** The runs whose files stay, because another file, which is never overwritten, is at the destination. */
  readonly destinationTaken: string[];
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
 *
 * @param findInMongo if given, jobs of runs that neither side has return too
 * @returns the names of these jobs
 */
export async function unholdParts(
  address: StateAddress,
  findInMongo?: FindInMongo,
): Promise<string[]> {
  const returned: string[] = [];
  const heldRuns = new Set((await listHeldRuns(address)).map(({ runId }) => runId));
  const hasRun = async (runId: string | undefined) =>
    runId !== undefined && (await findFile(address, "runs", runId)) !== undefined;
  for (const held of await heldAddresses(address)) {
    const approvals: StateFile[] = [];
    for await (const files of filesOf(held, "approvals")) {
      for (const file of files) {
        const run = await lookUp(fileOf(address, "runs", file.baseName).path);
        if (run?.isFile()) approvals.push(file);
      }
    }
    await unhold(address, held, approvals);
    const withRun: StateFile<"queue">[] = [];
    const others: Job[] = [];
    for (const job of await listJobs(held)) {
      if (await hasRun(job.runId)) withRun.push(job.file);
      else others.push(job);
    }
    await unhold(address, held, withRun);
    const absent = others.filter(({ runId }) => runId !== undefined && !heldRuns.has(runId));
    const inMongo = await findInMongo?.(absent.map(({ runId = "" }) => runId));
    const unknown = inMongo ? absent.filter(({ runId = "" }) => !inMongo.has(runId)) : [];
    const files = unknown.map(({ file }) => file);
    for (const { name } of await unhold(address, held, files)) returned.push(name);
  }
  return returned;
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
