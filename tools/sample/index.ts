/** Generates a sample of an environment's filesystem state, the same for the same seed. */
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { sampleRun, type SampleRun } from "./run";
import { createRandom } from "./random";
import { type SampleForm, jsonText, linesText } from "./style";

/** Size and seed of a sample. */
export interface SampleOptions {
  /** Default 20251106. */
  readonly seed?: number;
  /** Default 300; from 132 runs on the sample has every kind, status and form of file. */
  readonly runs?: number;
  /** Default `integers`. */
  readonly form?: SampleForm;
}

/** The number of records in a sample. */
export interface SampleCounts {
  runs: number;
  logs: number;
  artifacts: number;
  approvals: number;
}

/** The sample cannot be written. Nothing was. */
export class SampleError extends Error {
  override readonly name = "SampleError";
}

/**
 * Writes a Task Runner's filesystem state as the services' .NET writer does: valid runs, approvals, logs,
 * artifact manifests and jobs that wait. It also has a temporary and a hidden file, which are not state.
 *
 * @param directory the state directory; written completely or not at all
 * @throws SampleError if it exists
 */
export async function generateSample(
  directory: string,
  { seed = 20_251_106, runs = 300, form = "integers" }: SampleOptions = {},
): Promise<SampleCounts> {
  if (existsSync(directory)) {
    throw new SampleError(
      `Writing a sample state to ${directory}: it is there already. Remove it or name another one.`,
    );
  }
  const aside = `${directory}.${process.pid}.tmp`;
  try {
    const counts = await writeRuns(aside, { seed, runs, form });
    await rename(aside, directory);
    return counts;
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    throw error;
  }
}

async function writeRuns(
  root: string,
  { seed, runs, form }: Required<SampleOptions>,
): Promise<SampleCounts> {
  const counts = { runs, logs: 0, artifacts: 0, approvals: 0 };
  const random = createRandom(seed);
  for (let number = 0; number < runs; number += 1) {
    const run = sampleRun(number, random, form);
    await writeFiles(root, filesOf(run));
    counts.logs += run.logs.length;
    counts.artifacts += run.manifest?.outputs.length ?? 0;
    counts.approvals += run.approvals.length;
  }
  await writeFiles(root, {
    "state/runs/.writer": "",
    "state/runs/run-20251106-999999.json.tmp": '{"runId":',
  });
  return counts;
}

type Files = Readonly<Record<string, string>>;

function filesOf({ runId, state, logs, manifest, approvals, job, style }: SampleRun): Files {
  // A file name cannot hold a slash.
  const stem = runId.replaceAll("/", "_");
  return {
    [`state/runs/${stem}.json`]: jsonText(state, style),
    [`logs/runs/${stem}.ndjson`]: linesText(logs, style),
    ...(manifest && { [`artifacts/${stem}/artifact-manifest.json`]: jsonText(manifest, style) }),
    ...(approvals.length > 0 && { [`state/approvals/${stem}.json`]: jsonText(approvals, style) }),
    ...(job && { [`queue/${stem}.json`]: jsonText(job, style) }),
  };
}

async function writeFiles(root: string, files: Files): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = join(root, name);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
  }
}
