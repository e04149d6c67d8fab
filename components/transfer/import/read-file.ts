import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import {
  type Chunk,
  type FileStamp,
  type FoundFile,
  LineNumbers,
  type RawText,
  type ReadStart,
  Refusal,
  mapLimit,
  beginning,
  hashOfFirst,
  isSameStamp,
  isSystemError,
  maxRereads,
  parse,
  pauseMs,
  readChunks,
  readSmall,
  parseRecords,
  refusalIn,
  stampByOpening,
  freshMs,
} from "../../state";
import {
  type Beginning,
  type Checkpoint,
  type ImportedCounts,
  converterOf,
  countMore,
} from "../checkpoints";
import type { Tally } from "../tally";
import type { FileRecords } from "./pipeline";

/** A file as it was listed. */
export interface Listed {
  readonly file: FoundFile;
  readonly checkpoint: Checkpoint | undefined;
  readonly beginning?: Beginning | undefined;
  /** Its run's id, or why that cannot be read; undefined if no run's file says it. */
  readonly id: string | Refusal | undefined;
}

/** Whether there is nothing to read in a file since it was imported. */
export function isImported({ file, checkpoint, id }: Listed): boolean {
  if (checkpoint?.complete !== true || !isUntouched(file.stamp, checkpoint)) return false;
  // The file of its run may have come later, or the log's last line has no end.
  return file.stamp.size === checkpoint.offset && (id ?? checkpoint.runId) === checkpoint.runId;
}

/** A file changed this shortly before its stat, in ms, may change again with the same timestamp. */
const restlessMs = 2_000;

/** Whether a file is as it was imported, by a stamp that can be trusted. */
export function isUntouched(now: FileStamp, then: Checkpoint): boolean {
  const youngest = Math.max(then.modified, then.changed);
  return isSameStamp(now, then) && then.seen - youngest >= restlessMs;
}

/** A file, and which part of it is to be read. */
type Opened = { readonly file: FoundFile } & (
  | { readonly part: "unreadable"; readonly refusal: Refusal }
  | { readonly part: "nothing"; readonly imported: Checkpoint }
  | FileToRead
);

/** `imported` is what counts as done before `start`. A proof, and a last line without an end, save no checkpoint. */
type FileToRead = {
  readonly file: FoundFile;
  readonly runId: string;
  readonly start: ReadStart;
  /** The whole file, if it is small. */
  readonly bytes: Buffer | undefined;
} & (
  | { readonly part: "all" | "proof" }
  | { readonly part: "more" | "lastLine"; readonly imported: Checkpoint }
);

/** Opens a file, from which an import reads what is new and a proof everything. Never throws a system error. */
export async function openFile(
  { file, checkpoint, beginning: known, id }: Listed,
  isProof: boolean,
): Promise<Opened> {
  if (id instanceof Refusal) return { file, part: "unreadable", refusal: id };
  try {
    // A larger one is read when its turn comes.
    const bytes = await readSmall(file.path, file.stamp.size);
    // The file of its run may come later: under another id the earlier lines were other records.
    const isOfRun = ({ runId }: { readonly runId: string }) => id === undefined || id === runId;
    const ofRun = checkpoint && isOfRun(checkpoint) ? checkpoint : undefined;
    const rest = ofRun && (await findRest(file, ofRun, bytes));
    if (!rest && known && isOfRun(known) && !(await hashBeginning(file, known, bytes))) {
      return { file, part: "unreadable", refusal: new Refusal("conflict", renumbered) };
    }
    if (!rest) return { file, bytes, runId: id ?? file.baseName, part: "all", start: beginning() };
    const opened = { file, bytes, runId: ofRun.runId };
    if (rest.part !== "nothing") return { ...opened, ...rest, imported: ofRun };
    if (isProof) return { ...opened, part: "proof", start: beginning() };
    return { file, part: "nothing", imported: ofRun };
  } catch (error) {
    return { file, part: "unreadable", refusal: unreadable(error) };
  }
}

const renumbered =
  "the part of it that was imported has changed, and its lines have no sequence, so only their order tells which " +
  "entry of MongoDB each is. Restore that part";

/** What there is to read in a file of which the beginning was imported; undefined if that has changed. */
async function findRest(file: FoundFile, checkpoint: Checkpoint, bytes: Buffer | undefined) {
  const { role, stamp } = file;
  const { offset, lines } = checkpoint;
  const atEnd = stamp.size === offset;
  if (checkpoint.complete && isUntouched(stamp, checkpoint)) {
    if (atEnd) return { part: "nothing" } as const;
    return { part: "lastLine", start: { ...beginning(), offset, lines } } as const;
  }
  if (stamp.size < offset || (role !== "logs" && !atEnd)) return undefined;
  const hash = await hashBeginning(file, checkpoint, bytes);
  if (!hash) return undefined;
  if (atEnd) return { part: "nothing" } as const;
  return { part: "more", start: { offset, lines, hash } } as const;
}

/** The hash of a file's beginning; undefined if it is not as it was. */
async function hashBeginning(
  { path }: FoundFile,
  { offset, hash }: Beginning,
  bytes: Buffer | undefined,
) {
  const now = bytes
    ? createHash("sha256").update(bytes.subarray(0, offset))
    : await hashOfFirst(path, offset);
  return now?.copy().digest("hex") === hash ? now : undefined;
}

/** The records of an open file from `start` on, through read, parse, convert and check. */
export async function* readRecords(opened: FileToRead, tally: Tally): AsyncGenerator<FileRecords> {
  const { part, runId } = opened;
  const { role, name } = opened.file;
  const imported = "imported" in opened ? opened.imported : undefined;
  const numbers = new LineNumbers(imported);
  let counts: ImportedCounts | undefined = imported;
  let isKept = part === "proof" || part === "lastLine";
  try {
    const { file, chunks } = await readSettled(opened, opened.start);
    // A proof compares a file only as it was listed.
    const listed = part === "proof" ? opened.file : undefined;
    const watched = listed ?? (role === "logs" ? undefined : file);
    for await (const { texts, end, last } of chunks) {
      const refused = tally.counts[role].quarantined;
      const records = parseRecords(file, runId, texts, tally, numbers);
      // The next import reads a line that has no end yet again, and counts it then.
      counts = countMore(
        counts,
        records.filter(({ raw }) => raw.text.ended),
      );
      // From there on the file counts as not imported.
      isKept ||= tally.counts[role].quarantined > refused;
      const some = { records, ...(watched && { file: watched }) };
      if (isKept) yield some;
      else {
        // One literal of all these spreads takes forty times as long.
        const converter = converterOf(opened.file);
        const own = { ...file.stamp, complete: last, runId, converter };
        const checkpoint = Object.assign(own, end, counts, role === "logs" ? numbers : {});
        yield { ...some, reached: [opened.file, checkpoint] };
      }
    }
  } catch (error) {
    tally.refuse(role, { file: name }, unreadable(error));
  }
}

/**
 * Reads a file, and rereads one written a moment ago that does not parse or that changed while it was read: a service
 * may be writing it.
 */
export async function readSettled(
  { file, bytes }: { readonly file: FoundFile; readonly bytes?: Buffer | undefined },
  start: ReadStart,
) {
  if (file.role === "logs") return { file, chunks: readChunks(file, start, bytes) };
  for (let reread = 0; ; reread += 1) {
    const chunks: Chunk[] = [];
    const again = reread === 0 ? bytes : undefined;
    for await (const chunk of readChunks(file, start, again)) chunks.push(chunk);
    const isOld = Date.now() - file.stamp.modified >= freshMs;
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
export const looksAtOnce = 16;

/** The names of those of some files that are not as they were when they were read, or are gone. */
export async function findChanged(files: Iterable<FoundFile>): Promise<ReadonlySet<string>> {
  const names = await mapLimit(looksAtOnce, [...files], async ({ name, path, stamp }) => {
    const now = await stampByOpening(path);
    return isSameStamp(now, stamp) ? [] : [name];
  });
  return new Set(names.flat());
}

/** A file that cannot be opened or read is one refused record; any other error ends the run. */
export function unreadable(error: unknown): Refusal {
  if (!isSystemError(error)) throw error;
  return new Refusal("unreadable", `cannot be read: ${String(error.code)}`);
}
