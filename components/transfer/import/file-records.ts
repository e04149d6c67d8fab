import type { CollectionRole } from "../../contract";
import {
  type FileFacts,
  type ReadStart,
  type ReadyRecord,
  Refusal,
  type StateFile,
  type StateFolder,
  beginning,
  factsOf,
  hashOfFirst,
  readChunks,
  recordsIn,
  runIdOf,
  sharedLog,
} from "../../state";
import { type Checkpoint, type FileStamp, stampOf } from "../checkpoints";
import { FileCounts, type Tally } from "../tally";

/** Records of one file that follow each other. */
export interface FileRecords {
  readonly role: CollectionRole;
  readonly records: readonly ReadyRecord[];
  /** How far the file is imported once these and all before them are in MongoDB. */
  readonly reached?: Reached;
}

export interface Reached {
  readonly file: string;
  readonly checkpoint: Checkpoint;
}

/** What is known of a file from earlier imports. */
export interface Known {
  readonly checkpoint: Checkpoint | undefined;
  /** Whether times and sizes are trusted for logs only. */
  readonly hashAll: boolean;
}

/**
 * The records of a file, through read, parse, convert and check, in chunks. What is refused on the
 * way is counted in `tally` and left out. With what is `known`, only what is new since then.
 */
export async function* recordsOf(
  folder: StateFolder,
  file: StateFile,
  tally: Tally,
  known?: Known,
): AsyncGenerator<FileRecords> {
  tally.files += 1;
  try {
    if (known) yield* newRecords(folder, file, tally, known);
    else yield* allRecords(folder, file, tally);
  } catch (error) {
    tally.refuse(file.role, { file: file.name }, unreadable(error));
  }
}

async function* allRecords(
  folder: StateFolder,
  file: StateFile,
  tally: Tally,
): AsyncGenerator<FileRecords> {
  let facts: FileFacts | undefined;
  for await (const { texts } of readChunks(file)) {
    facts ??= await factsOf(folder, file, texts);
    yield { role: file.role, records: recordsIn(file, facts, texts, tally) };
  }
}

async function* newRecords(
  folder: StateFolder,
  file: StateFile,
  tally: Tally,
  { checkpoint, hashAll }: Known,
): AsyncGenerator<FileRecords> {
  const stamp = await stampOf(file.path);
  let { imported, start, lookedAt } = await resumeIn(file, stamp, checkpoint, hashAll);
  if (imported && !start && (await isOfSameRun(folder, file, imported))) {
    tally.resume(file.role, imported);
    await reportShared(folder, file, imported, tally);
    return;
  }
  let facts = imported && (await factsOf(folder, file, [], imported.runId));
  // Under another id, or by other sequences, the earlier lines were other records.
  if (imported?.runId !== facts?.runId || imported?.numbered !== facts?.numbered) {
    [imported, start, lookedAt] = [undefined, beginning(), undefined];
  }
  if (imported) tally.resume(file.role, imported);
  const counts = new FileCounts(imported);
  for await (const { texts, end, last } of readChunks(file, start)) {
    const refused = tally.refused(file.role);
    facts ??= await factsOf(folder, file, texts);
    const records = recordsIn(file, facts, texts, tally);
    // The next import reads a line that has no end yet again, and counts it then.
    counts.add(records.filter(({ raw }) => raw.text.ended));
    if (tally.refused(file.role) > refused) counts.stop();
    if (lookedAt || counts.stopped) yield { role: file.role, records };
    else {
      const checkpoint = { ...stamp, ...end, ...facts, ...counts.soFar(), complete: last };
      yield { role: file.role, records, reached: { file: file.name, checkpoint } };
    }
  }
  if (facts) await reportShared(folder, file, facts, tally);
}

/** Whether an unchanged file is still the one of the run: its run's file may have come later. */
async function isOfSameRun(
  folder: StateFolder,
  { role, stem }: StateFile,
  { runId }: Checkpoint,
): Promise<boolean> {
  return role === "runs" || (await runIdOf(folder, stem, runId)) === runId;
}

async function reportShared(
  folder: StateFolder,
  file: StateFile,
  { runId }: Pick<FileFacts, "runId">,
  tally: Tally,
): Promise<void> {
  const shared = await sharedLog(folder, file, runId);
  if (shared) tally.shareLog(shared);
}

/** A file that cannot be opened or read is one refused record; any other error ends the run. */
function unreadable(error: unknown): Refusal {
  if (error instanceof Error && "syscall" in error && "code" in error) {
    return new Refusal("unreadable", `cannot be read: ${String(error.code)}`);
  }
  throw error;
}

/**
 * Where an import goes on in a file. `imported` is what counts as done before `start`; a file
 * without `start` is not read at all. What is only `looked` at brings no new checkpoint.
 */
export interface Resume {
  readonly imported?: Checkpoint;
  readonly start?: ReadStart;
  readonly lookedAt?: true;
}

/** A file written so shortly before it was looked at may be written again at the same time. */
const restlessMs = 2_000;

/**
 * Where to go on in a file that has a checkpoint: nowhere, where it is as it was; behind the part
 * that was imported, where that part's hash is the same; else at the beginning.
 *
 * @param hashAll trust times and sizes of logs only: the delta and the final import
 */
export async function resumeIn(
  file: StateFile,
  stamp: FileStamp,
  checkpoint: Checkpoint | undefined,
  hashAll: boolean,
): Promise<Resume> {
  const afresh = { start: beginning() };
  if (!checkpoint || stamp.size < checkpoint.offset) return afresh;
  const { offset, lines, complete } = checkpoint;
  const atEnd = stamp.size === offset;
  const trusted = isUntouched(stamp, checkpoint) && (file.role === "logs" || !hashAll);
  if (trusted && complete) {
    if (atEnd) return { imported: checkpoint };
    return { imported: checkpoint, start: { ...beginning(), offset, lines }, lookedAt: true };
  }
  if (file.role !== "logs" && !atEnd) return afresh;
  const hash = await hashOfFirst(file.path, offset);
  if (hash?.copy().digest("hex") !== checkpoint.hash) return afresh;
  const goesOn = file.role === "logs";
  return { imported: checkpoint, ...(goesOn && { start: { offset, lines, hash } }) };
}

function isUntouched(stamp: FileStamp, { size, modified, seen }: Checkpoint): boolean {
  return stamp.size === size && stamp.modified === modified && seen - modified >= restlessMs;
}
