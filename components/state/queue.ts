import { lstat } from "node:fs/promises";
import { join, posix } from "node:path";
import { mapLimit } from "./concurrency";
import { type CutoverRecord, cutoverInForce, readCutoverRecord } from "./cutover-record";
import { type StateAddress, type StateFile, filesOf } from "./layout";
import { isFolder } from "./root";
import { idInside, readableRunIn } from "./run-files";

/** A job: a file that asks the worker to begin a run, or to resume it. */
export interface Job {
  readonly file: StateFile<"queue">;
  /** Undefined if the file cannot be read, or names no run. */
  readonly runId: string | undefined;
}

/** Maximum number of jobs read at once. */
const jobsAtOnce = 16;

/** Lists the waiting jobs, by name. Never writes or deletes a job. */
export async function listJobs(address: StateAddress): Promise<Job[]> {
  return mapLimit(jobsAtOnce, await listJobFiles(address), async (file) => {
    const job = await readableRunIn(file);
    return { file, runId: job && idInside(job) };
  });
}

/** Lists the files of the waiting jobs, by name, without hidden files, `*.tmp` and folders. */
async function listJobFiles(address: StateAddress): Promise<StateFile<"queue">[]> {
  const found: StateFile<"queue">[] = [];
  for await (const files of filesOf(address, "queue")) found.push(...files);
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Whether jobs begin runs on this state directory, so that approvals, which create jobs, are held with a run. */
export async function hasQueue({ root, folders }: StateAddress): Promise<boolean> {
  return folders.queue !== undefined && (await isFolder(join(root, folders.queue)));
}

/** The number of waiting jobs, and whether the worker takes them. */
export interface JobCounts {
  readonly waiting: number;
  /** The number of jobs that waited at the handover; absent without a cutover in force. */
  readonly atHandover?: number;
  /** The names of the first twenty of those, if none was taken since; absent if one was taken, or there were none. */
  readonly untaken?: readonly string[];
}

/** Counts the waiting jobs; undefined without a queue. */
export async function countJobs(address: StateAddress): Promise<JobCounts | undefined> {
  if (!(await hasQueue(address))) return undefined;
  const waiting = new Set((await listJobFiles(address)).map(({ name }) => name));
  const cutoverRecord = cutoverInForce(await readCutoverRecord(address.root));
  const { count = 0, names = [] } = cutoverRecord?.jobs ?? {};
  const isUntaken = count > 0 && names.every((name) => waiting.has(name));
  return {
    waiting: waiting.size,
    ...(cutoverRecord && { atHandover: count }),
    ...(isUntaken && { untaken: names }),
  };
}

/** Maximum number of jobs that a record names. */
const maxNames = 20;

/** Counts the waiting jobs for a cutover's record. */
export async function jobsForRecord(address: StateAddress): Promise<CutoverRecord["jobs"]> {
  const files = await listJobFiles(address);
  const names = files.slice(0, maxNames).map(({ name }) => name);
  return files.length === 0 ? undefined : { count: files.length, names };
}

/**
 * Finds the newest archived job of each run. The worker moves a job that it takes to a folder `archive`, in the queue's
 * folder or beside it (assumed).
 */
export async function findArchivedJobs(
  address: StateAddress,
  runIds: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const newest = new Map<string, { readonly name: string; readonly at: number }>();
  const { queue } = address.folders;
  const folders = queue === undefined ? [] : [`${queue}/archive`, posix.join(queue, "../archive")];
  for (const folder of runIds.size === 0 ? [] : folders) {
    const archive = { ...address, folders: { ...address.folders, queue: folder } };
    for (const { file, runId } of await listJobs(archive)) {
      if (runId === undefined || !runIds.has(runId)) continue;
      const at = (await lstat(file.path)).mtimeMs;
      if (at > (newest.get(runId)?.at ?? -1)) newest.set(runId, { name: file.name, at });
    }
  }
  return new Map([...newest].map(([runId, { name }]) => [runId, name]));
}
