import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { mapLimit } from "./concurrency";
import { isMissing } from "./errors";
import { type StateAddress, fileOf, filesOf } from "./layout";
import { ownFiles } from "./own-files";
import { isOneFile } from "./publish";
import { listJobs } from "./queue";
import { type RunFile, filesAtOnce, readRunFiles } from "./run-files";
import { lookUp } from "./file-stat";

/** The addresses of the folders of held files, each a state directory of its own; the newest first. */
export async function heldAddresses<Address extends StateAddress>(
  address: Address,
): Promise<Address[]> {
  const held = join(address.root, ownFiles.held);
  try {
    const names = (await readdir(held)).sort().reverse();
    return names.map((name) => ({ ...address, root: join(held, name) }));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Lists the held runs. */
export async function listHeldRuns(address: StateAddress): Promise<RunFile[]> {
  const runs: RunFile[] = [];
  for (const held of await heldAddresses(address)) {
    for await (const { file, runId = file.baseName } of readRunFiles(held)) {
      runs.push({ runId, file });
    }
  }
  return runs;
}

/** Lists the held runs without another file at their path. */
export async function listRunsOnlyHeld(address: StateAddress): Promise<RunFile[]> {
  const runs = await listHeldRuns(address);
  const taken = await mapLimit(filesAtOnce, runs, ({ file }) =>
    lookUp(fileOf(address, "runs", file.baseName).path),
  );
  return runs.filter((_, at) => !taken[at]);
}

/** Whether a run has a file of this base name, held ones included. */
export async function hasRun(address: StateAddress, baseName: string): Promise<boolean> {
  for (const location of [address, ...(await heldAddresses(address))]) {
    if (await lookUp(fileOf(location, "runs", baseName).path)) return true;
  }
  return false;
}

/** Whether any run has a file, held ones included. */
export async function hasRuns(address: StateAddress): Promise<boolean> {
  for (const location of [address, ...(await heldAddresses(address))]) {
    for await (const files of filesOf(location, "runs")) return files.length > 0;
  }
  return false;
}

/** The folders of held runs, each a state directory of its own, with the runs in it; the newest first. */
export async function* heldFolders<Address extends StateAddress>(
  address: Address,
): AsyncGenerator<{ readonly held: Address; readonly runs: readonly RunFile[] }> {
  for (const held of await heldAddresses(address)) {
    const runs: RunFile[] = [];
    for await (const { file, runId = file.baseName } of readRunFiles(held)) {
      // An interrupted move left one file under both names. An export would write it under the held one.
      const isMoved = await isOneFile(file.path, join(address.root, file.name));
      if (isMoved) await rm(file.path, { force: true });
      else runs.push({ runId, file });
    }
    yield { held, runs };
  }
}

/** Finds the names of held jobs without a held run: they cannot be read, or their run has no file to start from. */
export async function listHeldJobs(address: StateAddress): Promise<string[]> {
  const held = await heldAddresses(address);
  const jobs = (await mapLimit(1, held, listJobs)).flat();
  const runs = jobs.length === 0 ? [] : await listHeldRuns(address);
  const runIds = new Set(runs.map(({ runId }) => runId));
  return jobs.filter(({ runId = "" }) => !runIds.has(runId)).map(({ file }) => file.name);
}
