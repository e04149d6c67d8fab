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
