import { createHash } from "node:crypto";
import { readFile as readFileWithCallback } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import type { CollectionRole } from "../../contract";
import {
  type Chunk,
  type FileStamp,
  type FoundFile,
  type RawText,
  type ReadStart,
  Refusal,
  type RunOnDisk,
  type StateAddress,
  ahead,
  atOnce,
  beginning,
  findRunId,
  hashOfFirst,
  isNumbered,
  isSameStamp,
  isSystemError,
  maxRereads,
  parse,
  pauseMs,
  readChunks,
  recordsIn,
  refusalIn,
  runsOnDisk,
  stampByOpening,
  writtenMs,
} from "../../state";
import { type Checkpoint, type Checkpoints, type ImportedCounts, countMore } from "../checkpoints";
import { type Shard, isInShard } from "../sides";
import type { Tally } from "../tally";
import type { FileRecords, Group } from "./pipeline";

/** What is read of a state directory. */
export interface Reading {
  readonly address: StateAddress;
  /** Counts what is read, and gets what is refused on the way. */
  readonly tally: Tally;
  /** Reads the runs of one shard only. */
  readonly shard?: Shard | undefined;
  /** What earlier imports did; without it every file is read from its beginning. */
  readonly checkpoints?: KnownCheckpoints | undefined;
  /** Looks at files through `open` that may have changed lately: nobody may miss it. Default: false. */
  readonly isLast?: boolean;
  /** Reads only the files that are as they were imported, and counts the others. Default: false. */
  readonly isProof?: boolean;
}

/** The checkpoints of files, and the collections whose checkpoints count. */
interface KnownCheckpoints {
  readonly store: Pick<Checkpoints, "read">;
  readonly resumed: ReadonlySet<CollectionRole>;
}

/** A file as it was listed. */
interface Listed {
  readonly file: FoundFile;
  readonly checkpoint: Checkpoint | undefined;
  /** Its run's id, or why that cannot be read; undefined if no run's file says it. */
  readonly id: string | Refusal | undefined;
}

/** The limits of a group: a document takes more bytes than its file, and a group is to make one batch. */
const [groupRuns, groupBytes] = [256, 768 * 1024];

/**
 * The records of all runs on disk, through read, parse, convert and check, in groups of whole runs. A
 * run's own record follows what belongs to it. With checkpoints, only what is new since then.
 */
export async function* groupsOnDisk(reading: Reading): AsyncGenerator<Group> {
  const { tally, isProof = false } = reading;
  let [files, runs, bytes]: [Listed[], number, number] = [[], 0, 0];
  const takeGroup = (): Group => {
    const group = { bytes, chunks: readFiles(files, reading) };
    [files, runs, bytes] = [[], 0, 0];
    return group;
  };
  for await (const block of listRuns(reading)) {
    for (const run of block) {
      const wanted = run.filter((one) => {
        const { file, checkpoint } = one;
        if (isProof || !checkpoint || !isImported(one)) return true;
        tally.files += 1;
        tally.resume(file.role, checkpoint);
        return false;
      });
      if (wanted.length === 0) continue;
      const more = wanted.reduce((sum, one) => sum + bytesToRead(one, isProof), 0);
      if (runs >= groupRuns || (runs > 0 && bytes + more > groupBytes)) yield takeGroup();
      files.push(...wanted);
      runs += 1;
      bytes += more;
    }
  }
  if (runs > 0) yield takeGroup();
}

function bytesToRead({ file: { role, stamp }, checkpoint }: Listed, isProof: boolean): number {
  const done = role === "logs" && !isProof && checkpoint ? checkpoint.offset : 0;
  // A file that cannot be looked at has no size.
  return stamp.size >= done ? stamp.size - done : stamp.size || 0;
}

const blocksAtOnce = 4;

async function* listRuns(reading: Reading): AsyncGenerator<readonly Listed[][]> {
  const { address, tally, shard, checkpoints, isLast = false } = reading;
  const isWanted = (stem: string) => !shard || isInShard(stem, shard);
  const blocks = runsOnDisk(address, tally.skipped, isWanted);
  yield* ahead(blocks, blocksAtOnce, async (runs) => {
    const files = runs.flatMap((run) => run.files);
    const resumed = files.filter(({ role }) => checkpoints?.resumed.has(role));
    const known = await checkpoints?.store.read(resumed.map(({ name }) => name));
    return atOnce(looksAtOnce, runs, async (run) => {
      const files = isLast ? await lookAgain(run, known) : run.files;
      const own = files.at(-1);
      const id = await findId(address, run.stem, own, known?.get(own?.name ?? ""));
      return files.map((file) => ({ file, checkpoint: known?.get(file.name), id }));
    });
  });
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

/** A run's own file that is as it was imported is not read for the id. */
async function findId(
  address: StateAddress,
  stem: string,
  own: FoundFile | undefined,
  checkpoint: Checkpoint | undefined,
): Promise<Listed["id"]> {
  const isKnown = own?.role === "runs" && checkpoint && isUntouched(own.stamp, checkpoint);
  try {
    return isKnown ? checkpoint.runId : await findRunId(address, stem);
  } catch (error) {
    return unreadable(error);
  }
}

/** Whether there is nothing to read in a file since it was imported. */
export function isImported({ file, checkpoint, id }: Listed): boolean {
  if (checkpoint?.complete !== true || !isUntouched(file.stamp, checkpoint)) return false;
  // The file of its run may have come later, or the log's last line has no end.
  return file.stamp.size === checkpoint.offset && (id ?? checkpoint.runId) === checkpoint.runId;
}

/** A file changed so shortly before it was looked at may be written again at the same time. */
const restlessMs = 2_000;

function isUntouched(now: FileStamp, then: Checkpoint): boolean {
  const youngest = Math.max(then.modified, then.changed);
  return isSameStamp(now, then) && then.seen - youngest >= restlessMs;
}

/** The number of files of a group that are opened together: a volume across a network takes its time. */
const filesAtOnce = 64;

async function* readFiles(
  files: readonly Listed[],
  { tally, isProof = false }: Reading,
): AsyncGenerator<FileRecords> {
  const open = (one: Listed) => openFile(one, isProof);
  for (const opened of await atOnce(filesAtOnce, files, open)) {
    const { file, imported, start, lookedAt, refusal } = opened;
    if (isProof && lookedAt !== "proof") {
      tally.changedFiles += 1;
      continue;
    }
    tally.files += 1;
    if (imported) tally.resume(file.role, imported);
    if (refusal) tally.refuse(file.role, { file: file.name }, refusal);
    else if (start) yield* readRecords(opened, start, tally);
  }
}

/**
 * A file about to be read. `imported` is what counts as done before `start`; a file without `start` is
 * not read at all.
 */
interface Opened {
  readonly file: FoundFile;
  readonly imported?: Checkpoint;
  readonly start?: ReadStart;
  /** Whether it brings no new checkpoint: in a proof, or if only its last line has no end. */
  readonly lookedAt?: "proof" | "lastLine";
  /** The whole file, if it is small. */
  readonly bytes?: Buffer;
  readonly runId: string;
  /** Whether the lines of a log have sequences, if that is known. */
  readonly numbered?: boolean;
  /** Why it cannot be read. */
  readonly refusal?: Refusal;
}

/** A file of more bytes is read when its turn comes, and in parts: memory stays flat. */
const smallFile = 256 * 1024;

/** Without a `FileHandle` for each of four files a run, which costs a verification a sixth of its CPU. */
const readFile = promisify(readFileWithCallback);

async function openFile({ file, checkpoint, id }: Listed, isProof: boolean): Promise<Opened> {
  const { stem, stamp, path } = file;
  if (id instanceof Refusal) return { file, runId: stem, refusal: id };
  try {
    const bytes = stamp.size <= smallFile ? await readFile(path) : undefined;
    const whole = { file, start: beginning(), ...(bytes && { bytes }) };
    const resumed = checkpoint && (await resume(file, checkpoint, bytes));
    if (!resumed) return { ...whole, runId: id ?? stem };
    const { imported, start } = resumed;
    const runId = id ?? imported.runId;
    // The file of its run may have come later.
    const numbered = start ? await isNumbered(file) : imported.numbered;
    const isSame = runId === imported.runId && numbered === imported.numbered;
    // Under another id, or by other sequences, the earlier lines were other records.
    if (!isSame) return { ...whole, runId };
    if (isProof && !start) return { ...whole, runId, numbered, lookedAt: "proof" };
    return { file, ...(bytes && { bytes }), ...resumed, runId, numbered };
  } catch (error) {
    return { file, runId: stem, refusal: unreadable(error) };
  }
}

/** Where to continue in a file of which the beginning was imported; undefined if that has changed. */
async function resume(
  { role, path, stamp }: FoundFile,
  checkpoint: Checkpoint,
  bytes: Buffer | undefined,
) {
  const { offset, lines } = checkpoint;
  const atEnd = stamp.size === offset;
  if (checkpoint.complete && isUntouched(stamp, checkpoint)) {
    if (atEnd) return { imported: checkpoint };
    const start = { ...beginning(), offset, lines };
    return { imported: checkpoint, start, lookedAt: "lastLine" as const };
  }
  if (stamp.size < offset || (role !== "logs" && !atEnd)) return undefined;
  const hash = bytes
    ? createHash("sha256").update(bytes.subarray(0, offset))
    : await hashOfFirst(path, offset);
  if (hash?.copy().digest("hex") !== checkpoint.hash) return undefined;
  return { imported: checkpoint, ...(!atEnd && { start: { offset, lines, hash } }) };
}

async function* readRecords(
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
    // A proof compares a file only as it was listed.
    const listed = lookedAt === "proof" ? opened.file : undefined;
    const watched = listed ?? (role === "logs" ? undefined : file);
    for await (const { texts, end, last } of chunks) {
      numbered ??= await isNumbered(file, texts);
      const facts = { runId, numbered };
      const refused = tally.counts[role].quarantined;
      const records = recordsIn(file, facts, texts, tally);
      // The next import reads a line that has no end yet again, and counts it then.
      counts = countMore(
        counts,
        records.filter(({ raw }) => raw.text.ended),
      );
      // From there on the file counts as not imported.
      hasRefused ||= tally.counts[role].quarantined > refused;
      const some = { records, ...(watched && { file: watched }) };
      if (lookedAt || hasRefused) yield some;
      else {
        // One literal of all these spreads takes forty times as long.
        const checkpoint = Object.assign({ ...file.stamp, complete: last }, end, facts, counts);
        yield { ...some, reached: [name, checkpoint] };
      }
    }
  } catch (error) {
    tally.refuse(role, { file: name }, unreadable(error));
  }
}

/**
 * Reads a file, again if it was written a moment ago and does not parse, or is not as it was before it was
 * read: a service may be writing it.
 */
export async function readSettled(
  { file, bytes }: Pick<Opened, "file" | "bytes">,
  start: ReadStart,
) {
  if (file.role === "logs") return { file, chunks: readChunks(file, start, bytes) };
  for (let reread = 0; ; reread += 1) {
    const chunks: Chunk[] = [];
    const again = reread === 0 ? bytes : undefined;
    for await (const chunk of readChunks(file, start, again)) chunks.push(chunk);
    const isOld = Date.now() - file.stamp.modified >= writtenMs;
    if (isOld || reread === maxRereads) return { file, chunks };
    const isWhole = chunks.every(({ texts }) => texts.every(isParsed));
    if (isWhole && !(await findChanged([file])).has(file.name)) return { file, chunks };
    await setTimeout(pauseMs);
    file = { ...file, stamp: (await stampByOpening(file.path)) ?? file.stamp };
  }
}

function isParsed(text: RawText): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    refusalIn(error);
    return false;
  }
}

/** The number of files that are opened at once for a look. */
const looksAtOnce = 16;

/** The names of those of some files that are not as they were when they were read, or are gone. */
export async function findChanged(files: Iterable<FoundFile>): Promise<ReadonlySet<string>> {
  const names = await atOnce(looksAtOnce, [...files], async ({ name, path, stamp }) => {
    const now = await stampByOpening(path);
    return now && isSameStamp(now, stamp) ? [] : [name];
  });
  return new Set(names.flat());
}

/** A file that cannot be opened or read is one refused record; any other error ends the run. */
function unreadable(error: unknown): Refusal {
  if (!isSystemError(error)) throw error;
  return new Refusal("unreadable", `cannot be read: ${String(error.code)}`);
}
