import { createHash } from "node:crypto";
import {
  type FileStat,
  type FoundFile,
  LineNumbers,
  type ReadStart,
  Refusal,
  beginning,
  hashOfFirst,
  isSameStat,
  type ReadyRecord,
  parseRecords,
  readSettled,
  readSmall,
  refusalIn,
  requireNamed,
  unreadable,
} from "../../state";
import {
  type Beginning,
  type Checkpoint,
  type ImportedCounts,
  converterOf,
  countMore,
} from "../checkpoints";
import type { Tally } from "../tally";
import type { FileRecords } from "./batches";

/** A file as it was listed. */
export interface Listed {
  readonly file: FoundFile;
  readonly checkpoint: Checkpoint | undefined;
  readonly beginning?: Beginning | undefined;
  /** Its run's id, or why it cannot be read or is not that of its name; undefined if no run's file has it. */
  readonly id: string | Refusal | undefined;
}

/** Whether a file has nothing new since it was imported. */
export function isImported({ file, checkpoint, id }: Listed): boolean {
  if (checkpoint?.complete !== true || !isUntouched(file.stat, checkpoint)) return false;
  // The file of its run may have appeared later, or the log's last line has no end.
  return file.stat.size === checkpoint.offset && (id ?? checkpoint.runId) === checkpoint.runId;
}

/** A file changed this shortly before its stat, in ms, may change again with the same timestamp. */
const restlessMs = 2_000;

/** Whether a file is as it was imported, by a stat that can be trusted. */
export function isUntouched(now: FileStat, then: Checkpoint): boolean {
  const youngest = Math.max(then.modified, then.changed);
  return isSameStat(now, then) && then.seen - youngest >= restlessMs;
}

/**
 * The part of a file to read: the part after its checkpoint, all of it, or all of it if it is as it was imported.
 */
export type From = "checkpoints" | "start" | "unchanged only";

/** A file that is read. */
interface Opened {
  readonly file: FoundFile;
  readonly from: From;
  readonly runId: string;
  /** Where reading begins; undefined if nothing is new. */
  readonly start: ReadStart | undefined;
  /** Whether checkpoints are saved while the file is read. */
  readonly saves: boolean;
  /** The checkpoint at `start`. */
  readonly imported?: Checkpoint;
  /** The whole file, if it is small. */
  readonly bytes: Buffer | undefined;
}

/** Opens a file. Returns a refusal if it cannot be read, and undefined if it is left out because it changed. */
export async function openFile(
  { file, checkpoint, beginning: known, id: found }: Listed,
  from: From,
): Promise<Opened | Refusal | undefined> {
  const onlyUnchanged = from === "unchanged only";
  // The refusal of a run by its name has the run's content.
  const isRead = file.role === "runs" && found instanceof Refusal && found.reason !== "unreadable";
  const id = isRead ? undefined : found;
  if (id instanceof Refusal) return onlyUnchanged ? undefined : id;
  try {
    // A larger one is read when its turn comes.
    const bytes = await readSmall(file.path, file.stat.size);
    // The file of its run may appear later: under another id the earlier lines were other records.
    const isOfRun = ({ runId }: { readonly runId: string }) => id === undefined || id === runId;
    const imported = checkpoint && isOfRun(checkpoint) ? checkpoint : undefined;
    const rest = imported && (await findRest(file, imported, bytes));
    const whole = { file, from, bytes, start: beginning() };
    if (onlyUnchanged) {
      if (!rest || rest.start) return undefined;
      return { ...whole, runId: imported.runId, saves: false };
    }
    if (rest) {
      const { runId } = imported;
      return { file, from, runId, imported, bytes: rest.start && bytes, ...rest };
    }
    if (known && isOfRun(known) && !(await hashBeginning(file, known, bytes))) {
      return new Refusal("conflict", renumbered);
    }
    return { ...whole, runId: id ?? file.baseName, saves: true };
  } catch (error) {
    const refusal = unreadable(error);
    return onlyUnchanged ? undefined : refusal;
  }
}

const renumbered =
  "the part of it that was imported has changed, and its lines have no sequence, so only their order tells which " +
  "entry of MongoDB each is. Restore that part";

/** Where to resume in a file whose beginning was imported; undefined if that has changed. */
async function findRest(
  file: FoundFile,
  checkpoint: Checkpoint,
  bytes: Buffer | undefined,
): Promise<Pick<Opened, "start" | "saves"> | undefined> {
  const { role, stat } = file;
  const { offset, lines } = checkpoint;
  const nothing = { start: undefined, saves: false };
  const atEnd = stat.size === offset;
  if (checkpoint.complete && isUntouched(stat, checkpoint)) {
    // Otherwise the log's last line has no end.
    return atEnd ? nothing : { start: { ...beginning(), offset, lines }, saves: false };
  }
  if (stat.size < offset || (role !== "logs" && !atEnd)) return undefined;
  const hash = await hashBeginning(file, checkpoint, bytes);
  if (!hash) return undefined;
  return atEnd ? nothing : { start: { offset, lines, hash }, saves: true };
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

/** Reads, parses, converts and checks the records of an open file from its `start` on. */
export async function* readRecords(opened: Opened, tally: Tally): AsyncGenerator<FileRecords> {
  const { from, runId, start = beginning(), imported } = opened;
  const { role, name } = opened.file;
  const numbers = new LineNumbers(imported);
  let counts: ImportedCounts | undefined = imported;
  let { saves } = opened;
  try {
    const { file, chunks } = await readSettled(opened, start);
    // An unchanged file is compared only as it was listed. A service only appends to a log.
    const read = role === "logs" ? undefined : file;
    const watched = from === "unchanged only" ? opened.file : read;
    for await (const { texts, end, last } of chunks) {
      const refused = tally.counts[role].quarantined;
      const parsed = parseRecords(file, runId, texts, tally, numbers);
      const records = role === "runs" ? parsed.filter((one) => isNamed(one, file, tally)) : parsed;
      // The next import reads a line that has no end yet again, and counts it then.
      counts = countMore(
        counts,
        records.filter(({ raw }) => raw.text.ended),
      );
      // The file counts as not imported from there on.
      if (tally.counts[role].quarantined > refused) saves = false;
      const some = { records, ...(watched && { file: watched }) };
      if (saves) {
        // One literal of all these spreads takes forty times as long.
        const converter = converterOf(opened.file);
        const own = { ...file.stat, complete: last, runId, converter };
        const checkpoint = Object.assign(own, end, counts, role === "logs" ? numbers : {});
        yield { ...some, reached: [opened.file, checkpoint] };
      } else yield some;
    }
  } catch (error) {
    tally.refuse(role, { file: name }, unreadable(error));
  }
}

/** Whether a run has the name of its file; if it does not, the run is refused. */
function isNamed(
  { role, key, location, raw }: ReadyRecord,
  { baseName }: FoundFile,
  tally: Tally,
): boolean {
  try {
    requireNamed(key, baseName);
    return true;
  } catch (error) {
    tally.refuse(role, location, refusalIn(error), raw);
    return false;
  }
}
