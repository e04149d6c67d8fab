import { dirname, join } from "node:path";
import type { Store } from "../contract";
import { Refusal, WriteError, isMissing, isSystemError } from "./errors";
import { listHeldRuns } from "./held";
import type { StateAddress, StateFile } from "./layout";
import { locateFile } from "./location";
import { moveAside } from "./move";
import { ownFiles } from "./own-files";
import { syncFolders } from "./publish";
import { type Job, hasQueue, listJobs } from "./queue";
import type { RunFile } from "./run-files";

/** Finds which of these runs MongoDB has. */
export type FindInMongo = (runIds: readonly string[]) => Promise<ReadonlySet<string>>;

/** The runs of which a worker must take no job, besides those whose files are held. */
interface OtherRuns {
  /** Runs that MongoDB has as no file has them. Default: none. */
  readonly unequal?: readonly string[] | undefined;
  /** Absent if MongoDB is lost: then it may have each run without a file. */
  readonly findInMongo?: FindInMongo | undefined;
}

/** The files that were not moved. */
interface NotMoved {
  /** The names of approvals and jobs that could not be moved: they do not stop a rollback. */
  readonly notHeld: readonly string[];
  /** The number of jobs that stay although neither side has their run. */
  readonly jobsWithoutRun: number;
}

/**
 * Holds the files of runs, because a worker would execute their steps again. If there is a queue, first moves the files
 * that could begin them anew: their approvals, because a decision creates a job, then their jobs. Also moves the jobs of
 * runs that MongoDB has or may have while no file of them may be started from, and jobs that may be one of these,
 * because they cannot be read. Logs and artifacts stay. Files go to the cutover's folder or, if a name in it is taken,
 * to a further one.
 *
 * @param cutoverAt when the cutover was recorded, in ISO 8601
 * @throws WriteError if a run's file cannot be moved: then a worker must not start
 */
export async function holdRuns(
  address: StateAddress,
  runs: readonly RunFile[],
  cutoverAt: string,
  others: OtherRuns = {},
): Promise<NotMoved> {
  // Not every volume allows a colon in a name.
  const folder = join(address.root, ownFiles.held, cutoverAt.replaceAll(":", "-"));
  const touched: string[] = [];
  const hold = async (file: StateFile<Store>) => {
    touched.push(dirname(file.path), dirname(await moveAside(file, folder)));
  };
  const notHeld: string[] = [];
  const holdPart = async (file: StateFile<Store>) => {
    try {
      await hold(file);
    } catch (error) {
      if (!isSystemError(error) && !(error instanceof WriteError)) throw error;
      if (!isMissing(error)) notHeld.push(file.name);
    }
  };
  let jobsWithoutRun = 0;
  if (await hasQueue(address)) {
    for (const { runId, file } of runs) {
      const approvals = await findFile(address, "approvals", runId, file.baseName);
      if (approvals) await holdPart(approvals);
    }
    const jobs = await jobsToHold(address, runs, others);
    for (const { file } of jobs.held) await holdPart(file);
    ({ jobsWithoutRun } = jobs);
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
  return { notHeld, jobsWithoutRun };
}

/** Finds the jobs from which a worker may begin a run anew, and counts those of runs that neither side has. */
async function jobsToHold(
  address: StateAddress,
  runs: readonly RunFile[],
  { unequal = [], findInMongo }: OtherRuns,
) {
  const jobs = await listJobs(address);
  const withoutFile = new Set<string>();
  for (const { runId } of jobs) {
    const isAlone = runId !== undefined && !(await findFile(address, "runs", runId));
    if (isAlone) withoutFile.add(runId);
  }
  const inMongo = findInMongo ? await findInMongo([...withoutFile]) : withoutFile;
  const heldBefore = (await listHeldRuns(address)).map(({ runId }) => runId);
  const wanted = new Set([...runs.map(({ runId }) => runId), ...unequal, ...inMongo]);
  for (const runId of heldBefore) if (withoutFile.has(runId)) wanted.add(runId);
  const mayBeWanted = !findInMongo || wanted.size + heldBefore.length > 0;
  const isHeld = ({ runId }: Job) => (runId === undefined ? mayBeWanted : wanted.has(runId));
  const left = jobs.filter((job) => !isHeld(job));
  const jobsWithoutRun = left.filter(({ runId = "" }) => withoutFile.has(runId)).length;
  return { held: jobs.filter(isHeld), jobsWithoutRun };
}

/** A run's file of one role, if the services have the store and it exists. */
export async function findFile(
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
