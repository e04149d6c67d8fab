import { lstat } from "node:fs/promises";
import { join, posix } from "node:path";
import { mapLimit } from "./concurrency";
import { type CutoverRecord, cutoverInForce, readCutoverRecord } from "./cutover-record";
import { lookUp } from "./file-stat";
import {
  type Skipped,
  type StateAddress,
  type StateFile,
  filesOf,
  jobArchive,
  noneSkipped,
} from "./layout";
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

/**
 * Lists the waiting jobs, and the files that may be jobs, by name: each file except hidden ones and `*.tmp`. Never writes
 * or deletes a job.
 *
 * @param skipped counts the folders and links, except the archive
 */
export async function listJobs(address: StateAddress, skipped = noneSkipped()): Promise<Job[]> {
  const found: StateFile<"queue">[] = [];
  for await (const files of filesOf(address, "queue", skipped)) found.push(...files);
  found.sort((one, other) => (one.name < other.name ? -1 : 1));
  const jobs = await mapLimit(jobsAtOnce, found, async (file) => {
    const job = await readableRunIn(file);
    // The worker may have taken it meanwhile.
    if (!job && !(await lookUp(file.path))) return [];
    return [{ file, runId: job && idInside(job) }];
  });
  return jobs.flat();
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
  /**
   * The names of the first twenty of those, if all of these still wait and no fewer jobs wait than at the handover;
   * absent if one was taken, or there were none.
   */
  readonly untaken?: readonly string[];
  /**
   * The files in which no run's id can be read, and the folders and links, with the first names: the worker may begin
   * runs from them. Absent if there are none.
   */
  readonly unknown?: { readonly count: number; readonly names: readonly string[] };
}

/** Counts the waiting jobs; undefined without a queue. */
export async function countJobs(address: StateAddress): Promise<JobCounts | undefined> {
  if (!(await hasQueue(address))) return undefined;
  const skipped = noneSkipped();
  const { jobs, others } = await namesIn(address, skipped);
  const waiting = new Set(jobs);
  const unknown = {
    count: others.length + skipped.unknown,
    names: [...others.slice(0, maxNames), ...skipped.unknownNames],
  };
  const cutoverRecord = cutoverInForce(await readCutoverRecord(address.root));
  const { count = 0, names = [] } = cutoverRecord?.jobs ?? {};
  const isUntaken = count > 0 && waiting.size >= count && names.every((name) => waiting.has(name));
  return {
    waiting: waiting.size,
    ...(cutoverRecord && { atHandover: count }),
    ...(isUntaken && { untaken: names }),
    ...(unknown.count > 0 && { unknown }),
  };
}

/** Maximum number of jobs that a record names. */
const maxNames = 20;

/** Counts the waiting jobs for a cutover's record. */
export async function jobsForRecord(address: StateAddress): Promise<CutoverRecord["jobs"]> {
  const { jobs } = await namesIn(address);
  return jobs.length === 0 ? undefined : { count: jobs.length, names: jobs.slice(0, maxNames) };
}

/** The names of the waiting jobs, and of the files in which no run's id can be read. */
async function namesIn(address: StateAddress, skipped?: Skipped) {
  const jobs: string[] = [];
  const others: string[] = [];
  for (const { file, runId } of await listJobs(address, skipped)) {
    (runId === undefined ? others : jobs).push(file.name);
  }
  return { jobs, others };
}

/** Finds the newest archived job of each run. */
export async function findArchivedJobs(
  address: StateAddress,
  runIds: ReadonlySet<string>,
): Promise<ReadonlyMap<string, string>> {
  const newest = new Map<string, { readonly name: string; readonly at: number }>();
  const { queue } = address.folders;
  const folders =
    queue === undefined ? [] : [`${queue}/${jobArchive}`, posix.join(queue, "..", jobArchive)];
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
