import type { Checkpoint, FileStamp } from "./checkpoints";
import { type ReadStart, type StateFile, beginning, hashOfFirst } from "../state";

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
