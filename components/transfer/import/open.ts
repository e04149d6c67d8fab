import { createHash } from "node:crypto";
import { readFile as readFileWithCallback } from "node:fs";
import { setTimeout } from "node:timers/promises";
import { promisify } from "node:util";
import {
  type Chunk,
  type FileStamp,
  type FoundFile,
  type RawText,
  type ReadStart,
  Refusal,
  type StateAddress,
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
  refusalIn,
  stampByOpening,
  writtenMs,
} from "../../state";
import type { Checkpoint } from "../checkpoints";

/** A file of more bytes is read when its turn comes, and in parts: memory stays flat. */
export const smallFile = 256 * 1024;

/** Without a `FileHandle` for each of four files a run, which costs a verification a sixth of its CPU. */
const readFile = promisify(readFileWithCallback);

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
  readonly runId: string;
  /** Whether the lines of a log have sequences, where that is known. */
  readonly numbered?: boolean;
  /** Why it cannot be read. */
  readonly refusal?: Refusal;
}

/** A file as it was listed. */
export interface Listed {
  readonly file: FoundFile;
  readonly checkpoint: Checkpoint | undefined;
  /** Its run's id, or why that cannot be read; undefined if no run's file says it. */
  readonly id: string | Refusal | undefined;
}

/**
 * The id of a run, once for all its files.
 *
 * @param own the last of its files, and its checkpoint: as it was when it was imported, it is not read
 */
export async function runIdOf(
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

/**
 * Decides where to go on in a file that has a checkpoint: nowhere if it is as it was; behind the part
 * that was imported if that part's hash is the same; else at the beginning.
 */
export async function openFile({ file, checkpoint, id }: Listed): Promise<Opened> {
  const { stem } = file;
  if (id instanceof Refusal) return { file, runId: stem, refusal: id };
  try {
    const opened = await resume(file, checkpoint);
    const { imported, start, bytes } = opened;
    const runId = id ?? imported?.runId ?? stem;
    if (!imported) return { ...opened, runId };
    // The file of its run may have come later.
    const numbered = start ? await isNumbered(file) : imported.numbered;
    const isSame = runId === imported.runId && numbered === imported.numbered;
    if (isSame) return { ...opened, runId, numbered };
    // Under another id, or by other sequences, the earlier lines were other records.
    return { file, runId, start: beginning(), ...(bytes && { bytes }) };
  } catch (error) {
    return { file, runId: stem, refusal: unreadable(error) };
  }
}

/** Opens a file from its beginning if an import would not read it; undefined if it would. */
export async function openImported(listed: Listed): Promise<Opened | undefined> {
  const { imported, start, ...opened } = await openFile(listed);
  if (!imported || start) return undefined;
  const { path, stamp } = opened.file;
  const read = () => (stamp.size <= smallFile ? readFile(path).catch(() => undefined) : undefined);
  const bytes = opened.bytes ?? (await read());
  return { ...opened, start: beginning(), lookedAt: true, ...(bytes && { bytes }) };
}

async function resume(file: FoundFile, checkpoint?: Checkpoint): Promise<Omit<Opened, "runId">> {
  const { stamp, path } = file;
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

/** A file changed so shortly before it was looked at may be written again at the same time. */
const restlessMs = 2_000;

function isUntouched(now: FileStamp, then: Checkpoint): boolean {
  const youngest = Math.max(then.modified, then.changed);
  return isSameStamp(now, then) && then.seen - youngest >= restlessMs;
}

/** The number of files that are opened at once for a look. */
export const looksAtOnce = 16;

/** The names of those of some files that are not as they were when they were read, or are gone. */
export async function findChanged(files: Iterable<FoundFile>): Promise<ReadonlySet<string>> {
  const names = await atOnce(looksAtOnce, [...files], async ({ name, path, stamp }) => {
    const now = await stampByOpening(path);
    return now && isSameStamp(now, stamp) ? [] : [name];
  });
  return new Set(names.flat());
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

/** A file that cannot be opened or read is one refused record; any other error ends the run. */
export function unreadable(error: unknown): Refusal {
  if (!isSystemError(error)) throw error;
  return new Refusal("unreadable", `cannot be read: ${String(error.code)}`);
}
