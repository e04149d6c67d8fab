import {
  type FoundFile,
  type ReadStart,
  type RunOnDisk,
  type StateAddress,
  ahead,
  atOnce,
  isNumbered,
  recordsIn,
  runsOnDisk,
  stampByOpening,
} from "../../state";
import { type Checkpoint, type ImportedCounts, countMore } from "../checkpoints";
import type { Tally } from "../tally";
import {
  type Listed,
  type Opened,
  looksAtOnce,
  openFile,
  openImported,
  readSettled,
  runIdOf,
  smallFile,
  unreadable,
} from "./open";
import type { FileRecords } from "./pipeline";

/** What is read of a state directory. */
export interface Reading {
  readonly address: StateAddress;
  /** Counts what is read, and gets what is refused on the way. */
  readonly tally: Tally;
  /** Tells by the name whether a run is read at all; default all. */
  readonly isWanted?: ((stem: string) => boolean) | undefined;
  /** What earlier imports did of some files; without it every file is read from its beginning. */
  readonly checkpointsOf?: (files: readonly FoundFile[]) => Promise<Map<string, Checkpoint>>;
  /** Looks at files through `open` that may have changed lately: nobody may miss it. Default: false. */
  readonly isLast?: boolean;
}

/**
 * The records of all runs on disk, run by run, through read, parse, convert and check. A run's own
 * record comes behind what belongs to it. With checkpoints, only what is new since then.
 */
export async function* recordsOnDisk(reading: Reading): AsyncGenerator<FileRecords> {
  const { tally } = reading;
  for await (const files of listFiles(reading)) {
    for (const opened of await Promise.all(files.map(openFile))) {
      const { file, imported, start, refusal } = opened;
      tally.files += 1;
      if (imported) tally.resume(file.role, imported);
      if (refusal) tally.refuse(file.role, { file: file.name }, refusal);
      else if (start) yield* newRecords(opened, start, tally);
    }
  }
}

/**
 * The records of files that are as they were when they were imported, each with its file as it was listed. The
 * other files are only counted.
 */
export async function* importedRecords(reading: Reading): AsyncGenerator<FileRecords> {
  const { tally } = reading;
  for await (const files of listFiles(reading)) {
    for (const opened of await Promise.all(files.map(openImported))) {
      if (!opened?.start) {
        tally.changedFiles += 1;
        continue;
      }
      tally.files += 1;
      const { file, start } = opened;
      for await (const records of newRecords(opened, start, tally)) yield { ...records, file };
    }
  }
}

const blocksAtOnce = 4;

async function* listFiles(reading: Reading): AsyncGenerator<readonly Listed[]> {
  const { address, tally, isWanted, checkpointsOf, isLast = false } = reading;
  const blocks = runsOnDisk(address, tally.skipped, isWanted);
  const withCheckpoints = async (runs: readonly RunOnDisk[]) => {
    const known = await checkpointsOf?.(runs.flatMap((run) => run.files));
    const listed = await atOnce(looksAtOnce, runs, async (run) => {
      const files = isLast ? await lookAgain(run, known) : run.files;
      const own = files.at(-1);
      const id = await runIdOf(address, run.stem, own, known?.get(own?.name ?? ""));
      return files.map((file) => ({ file, checkpoint: known?.get(file.name), id }));
    });
    return listed.flat();
  };
  for await (const files of ahead(blocks, blocksAtOnce, withCheckpoints)) yield* burstsOf(files);
}

/** Attributes of a file are cached for so long at most, in ms (nfs(5), `acregmax`). */
const cachedMs = 60_000;

/** Only a run that was finished when it was imported is not written any more. */
async function lookAgain({ files }: RunOnDisk, known?: ReadonlyMap<string, Checkpoint>) {
  const own = files.at(-1);
  const isFinished = own?.role === "runs" && known?.get(own.name)?.unfinished === 0;
  const look = async (file: FoundFile) => {
    const { modified, changed, seen } = file.stamp;
    if (isFinished && seen - Math.max(modified, changed) > cachedMs) return file;
    return { ...file, stamp: (await stampByOpening(file.path)) ?? file.stamp };
  };
  return Promise.all(files.map(look));
}

/**
 * So many files, and bytes, are opened together: a burst wakes the threads that read it once, and a volume
 * across a network takes its time.
 */
const [burstFiles, burstBytes] = [64, 256 * 1024];

function burstsOf(files: readonly Listed[]): Listed[][] {
  const bursts: Listed[][] = [];
  let bytes = 0;
  for (const one of files) {
    const { size } = one.file.stamp;
    const read = size <= smallFile ? size : 0;
    const burst = bursts.at(-1);
    const fits = burst && burst.length < burstFiles && bytes + read <= burstBytes;
    if (fits) burst.push(one);
    else bursts.push([one]);
    bytes = fits ? bytes + read : read;
  }
  return bursts;
}

async function* newRecords(
  { imported, lookedAt, runId, ...opened }: Opened,
  start: ReadStart,
  tally: Tally,
): AsyncGenerator<FileRecords> {
  const { role, name } = opened.file;
  let { numbered } = opened;
  let counts: ImportedCounts | undefined = imported;
  let hasRefused = false;
  try {
    const { file, chunks } = await readSettled(opened, start);
    const whole = role === "logs" ? {} : { file };
    for await (const { texts, end, last } of chunks) {
      const refused = tally.counts[role].quarantined;
      numbered ??= await isNumbered(file, texts);
      const facts = { runId, numbered };
      const records = recordsIn(file, facts, texts, tally);
      // The next import reads a line that has no end yet again, and counts it then.
      counts = countMore(
        counts,
        records.filter(({ raw }) => raw.text.ended),
      );
      // From there on the file counts as not imported.
      hasRefused ||= tally.counts[role].quarantined > refused;
      if (lookedAt || hasRefused) yield { records, ...whole };
      else {
        // One literal of all these spreads takes forty times as long.
        const checkpoint = Object.assign({ ...file.stamp, complete: last }, end, facts, counts);
        yield { records, ...whole, reached: { file: name, checkpoint } };
      }
    }
  } catch (error) {
    tally.refuse(role, { file: name }, unreadable(error));
  }
}
