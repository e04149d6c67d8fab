import { createHash } from "node:crypto";
import { readFile as readFileWithCallback } from "node:fs";
import { promisify } from "node:util";
import {
  ahead,
  type FileFacts,
  type ReadStart,
  Refusal,
  type StateAddress,
  beginning,
  factsOf,
  hashOfFirst,
  readChunks,
  recordsIn,
  runIdOf,
  type FoundFile,
  type RunOnDisk,
  runsOnDisk,
  type FileStamp,
} from "../../state";
import { type Checkpoint, type ImportedCounts, countMore } from "../checkpoints";
import type { Tally } from "../tally";
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
}

/** Without a `FileHandle` for each of four files a run, which costs a verification a sixth of its CPU. */
const readFile = promisify(readFileWithCallback);

/** A file of more bytes is read when its turn comes, and in parts: memory stays flat. */
const smallFile = 256 * 1024;

/** Files that are opened together have so many bytes; a burst wakes the threads that read them once. */
const burstBytes = 512 * 1024;
const burstFiles = 128;
/** The number of bursts under way. */
const burstsAtOnce = 2;

/**
 * The records of all runs on disk, run by run, through read, parse, convert and check. A run's own
 * record comes behind what belongs to it. With checkpoints, only what is new since then.
 */
export async function* recordsOnDisk(reading: Reading): AsyncGenerator<FileRecords> {
  const { address, tally } = reading;
  const open = (files: readonly Listed[]) =>
    Promise.all(files.map(({ file, checkpoint }) => openFile(file, checkpoint)));
  for await (const files of ahead(bursts(listFiles(reading)), burstsAtOnce, open)) {
    for (const file of files) yield* recordsOf(address, file, tally);
  }
}

async function* bursts(files: AsyncIterable<Listed>): AsyncGenerator<readonly Listed[]> {
  let burst: Listed[] = [];
  let bytes = 0;
  for await (const one of files) {
    const { size } = one.file.stamp;
    const wanted = size <= smallFile ? size : 0;
    if (burst.length >= burstFiles || (burst.length > 0 && bytes + wanted > burstBytes)) {
      yield burst;
      burst = [];
      bytes = 0;
    }
    burst.push(one);
    bytes += wanted;
  }
  if (burst.length > 0) yield burst;
}

interface Listed {
  readonly file: FoundFile;
  readonly checkpoint: Checkpoint | undefined;
}

/** The number of blocks of runs whose checkpoints are asked for together. */
const blocksAtOnce = 4;

async function* listFiles(reading: Reading): AsyncGenerator<Listed> {
  const { address, tally, isWanted, checkpointsOf } = reading;
  const blocks = runsOnDisk(address, tally.skipped, isWanted);
  const withCheckpoints = async (runs: readonly RunOnDisk[]) => {
    const files = runs.flatMap((run) => run.files);
    return { files, known: await checkpointsOf?.(files) };
  };
  for await (const { files, known } of ahead(blocks, blocksAtOnce, withCheckpoints)) {
    for (const file of files) yield { file, checkpoint: known?.get(file.name) };
  }
}

/**
 * A file about to be read. `imported` is what counts as done before `start`; a file without `start` is
 * not read at all. What is only `lookedAt` brings no new checkpoint.
 */
export interface Opened {
  readonly file: FoundFile;
  readonly imported?: Checkpoint;
  readonly start?: ReadStart;
  readonly lookedAt?: true;
  /** The whole file, if it is small. */
  readonly bytes?: Buffer;
  /** Why it cannot be read. */
  readonly refusal?: Refusal;
}

/**
 * Decides where to go on in a file that has a checkpoint: nowhere if it is as it was; behind the part
 * that was imported if that part's hash is the same; else at the beginning.
 */
export async function openFile(file: FoundFile, checkpoint?: Checkpoint): Promise<Opened> {
  const { stamp, path } = file;
  try {
    const isKnown = checkpoint?.complete === true && isUntouched(stamp, checkpoint);
    if (isKnown && stamp.size === checkpoint.offset) return { file, imported: checkpoint };
    const bytes = stamp.size <= smallFile ? { bytes: await readFile(path) } : {};
    if (!checkpoint) return { file, start: beginning(), ...bytes };
    if (isKnown) {
      const { offset, lines } = checkpoint;
      const start = { ...beginning(), offset, lines };
      return { file, imported: checkpoint, start, lookedAt: true, ...bytes };
    }
    return { file, ...(await resumeIn(file, checkpoint, bytes.bytes)), ...bytes };
  } catch (error) {
    return { file, refusal: unreadable(error) };
  }
}

/** A file changed so shortly before it was looked at may be written again at the same time. */
const restlessMs = 2_000;

function isUntouched(now: FileStamp, then: Checkpoint): boolean {
  const fields = ["size", "inode", "modified", "changed"] as const;
  const youngest = Math.max(then.modified, then.changed);
  return fields.every((field) => now[field] === then[field]) && then.seen - youngest >= restlessMs;
}

async function resumeIn(
  { role, path, stamp }: FoundFile,
  checkpoint: Checkpoint,
  bytes: Buffer | undefined,
): Promise<Pick<Opened, "imported" | "start">> {
  const { offset, lines } = checkpoint;
  const atEnd = stamp.size === offset;
  if (stamp.size < offset || (role !== "logs" && !atEnd)) return { start: beginning() };
  const hash = bytes
    ? createHash("sha256").update(bytes.subarray(0, offset))
    : await hashOfFirst(path, offset);
  if (hash?.copy().digest("hex") !== checkpoint.hash) return { start: beginning() };
  return { imported: checkpoint, ...(!atEnd && { start: { offset, lines, hash } }) };
}

/** The records of a file in chunks; what is refused on the way is counted in `tally` and left out. */
export async function* recordsOf(
  address: StateAddress,
  opened: Opened,
  tally: Tally,
): AsyncGenerator<FileRecords> {
  const { role, name } = opened.file;
  tally.files += 1;
  try {
    if (opened.refusal) tally.refuse(role, { file: name }, opened.refusal);
    else yield* newRecords(address, opened, tally);
  } catch (error) {
    tally.refuse(role, { file: name }, unreadable(error));
  }
}

async function* newRecords(
  address: StateAddress,
  opened: Opened,
  tally: Tally,
): AsyncGenerator<FileRecords> {
  const { file, bytes } = opened;
  const { role, stamp } = file;
  let { imported, start, lookedAt } = opened;
  let facts = await factsSince(address, opened);
  // Under another id, or by other sequences, the earlier lines were other records.
  if (imported?.runId !== facts?.runId || imported?.numbered !== facts?.numbered) {
    [imported, start, lookedAt] = [undefined, beginning(), undefined];
  }
  if (imported) tally.resume(role, imported);
  let counts: ImportedCounts | undefined = imported;
  let hasRefused = false;
  if (start) {
    for await (const { texts, end, last } of readChunks(file, start, bytes)) {
      const refused = tally.countRefused(role);
      facts ??= await factsOf(address, file, texts);
      const records = recordsIn(file, facts, texts, tally);
      // The next import reads a line that has no end yet again, and counts it then.
      counts = countMore(
        counts,
        records.filter(({ raw }) => raw.text.ended),
      );
      // From there on the file counts as not imported.
      hasRefused ||= tally.countRefused(role) > refused;
      if (role === "runs") tally.unfinishedRuns += counts.unfinished;
      if (lookedAt || hasRefused) yield { role, records };
      else {
        // One literal of all these spreads takes forty times as long.
        const checkpoint = Object.assign({ ...stamp, complete: last }, end, facts, counts);
        yield { role, records, reached: { file: file.name, checkpoint } };
      }
    }
  }
}

/** What is known now of a file that was imported: its run's file may have come later. */
async function factsSince(
  address: StateAddress,
  { file, imported, start }: Opened,
): Promise<FileFacts | undefined> {
  if (!imported) return undefined;
  const { runId, numbered } = imported;
  if (start) return factsOf(address, file, [], runId);
  if (file.role === "runs") return { runId, numbered };
  return { runId: await runIdOf(address, file.stem, runId), numbered };
}

/** A file that cannot be opened or read is one refused record; any other error ends the run. */
function unreadable(error: unknown): Refusal {
  if (error instanceof Error && "syscall" in error && "code" in error) {
    return new Refusal("unreadable", `cannot be read: ${String(error.code)}`);
  }
  throw error;
}
