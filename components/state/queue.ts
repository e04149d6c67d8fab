import { lstat } from "node:fs/promises";
import { posix } from "node:path";
import { mapLimit } from "./concurrency";
import { isSystemError } from "./errors";
import { runIn } from "./held";
import { memberOf } from "./json";
import { type StateAddress, type StateFile, filesOf } from "./layout";

/** A job: a file that asks the worker to begin a run, or to resume it. */
export interface Job {
  readonly file: StateFile<"queue">;
  /** Undefined if the file cannot be read, or names no run. */
  readonly runId: string | undefined;
}

/** Maximum number of jobs read at once. */
const jobsAtOnce = 16;

/** Lists the jobs that wait, by name. Nothing is written to a job, and none is deleted. */
export async function listJobs(address: StateAddress): Promise<Job[]> {
  return mapLimit(jobsAtOnce, await listJobFiles(address), async (file) => {
    const job = await runIn(file).catch((error: unknown) => {
      if (!isSystemError(error)) throw error;
    });
    const runId = job && memberOf(job, "runId");
    return { file, runId: typeof runId === "string" ? runId : undefined };
  });
}

/** The files of the jobs that wait, by name: without hidden files, `*.tmp` and folders. */
export async function listJobFiles(address: StateAddress): Promise<StateFile<"queue">[]> {
  const found: StateFile<"queue">[] = [];
  for await (const files of filesOf(address, "queue")) found.push(...files);
  return found.sort((one, other) => (one.name < other.name ? -1 : 1));
}

/**
 * The newest archived job of each of some runs. The worker moves a job that it takes to a folder `archive`, in the queue's
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
