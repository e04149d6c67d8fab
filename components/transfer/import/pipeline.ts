import pLimit from "p-limit";
import {
  type FoundFile,
  type ReadyRecord,
  type Refusal,
  type StateFile,
  mapLimit,
  runIdOf,
} from "../../state";
import type { Checkpoint } from "../checkpoints";
import type { Outcome } from "../tally";
import { type Turns, takeTurn } from "../turns";

/** Records of one file that follow each other. */
export interface FileRecords {
  readonly records: readonly ReadyRecord[];
  /** The file, unless it is a log, to which a service only appends. */
  readonly file?: FoundFile;
  /** The checkpoint to save after these records and all before them. */
  readonly reached?: readonly [file: StateFile, checkpoint: Checkpoint];
}

/** Whole runs that are read and worked on in sequence; a large run is a group of its own. */
export interface RunGroup {
  /** The records of one file after the other, a run's own file last. */
  readonly chunks: AsyncIterable<FileRecords>;
  /** The number of bytes to read. */
  readonly bytes: number;
}

/** Records that are written together, in the order of the files. */
export interface Batch {
  readonly records: readonly ReadyRecord[];
  /** The checkpoints of files to save after this batch. */
  readonly reached: ReadonlyMap<StateFile, Checkpoint>;
  /** The files of the records by their names, without logs. */
  readonly files: ReadonlyMap<string, FoundFile>;
  /** The size of the records. */
  readonly bytes: number;
}

/** What became of each record of a batch. */
export type Outcomes = ReadonlyMap<ReadyRecord, Outcome | "removed" | Refusal>;

const fullRecords = 5_000;

/**
 * The maximum number of bytes of a batch, and of a group of several runs, which becomes one; a run with more is a group
 * of its own.
 */
export const groupBytes = 768 * 1024;

/** A batch with more bytes goes as soon as it is awaited. */
const fewBytes = 192 * 1024;

/**
 * Groups records into batches of up to 5,000 records or 768 KiB, and does not read ahead. Records that a file yields
 * together stay together, so that a batch may be somewhat larger.
 *
 * @param isAwaited whether 192 KiB suffice: a near server needs no more at once, and memory stays small
 */
export async function* batches(
  chunks: AsyncIterable<FileRecords>,
  isAwaited: () => boolean = () => false,
): AsyncGenerator<Batch> {
  let batch = emptyBatch();
  for await (const { records, file, reached } of chunks) {
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    if (batch.records.length > 0 && batch.bytes + bytes > groupBytes) {
      yield batch;
      batch = emptyBatch();
    }
    for (const record of records) batch.records.push(record);
    if (reached) batch.reached.set(...reached);
    if (file) batch.files.set(file.name, file);
    batch.bytes += bytes;
    const isFull = batch.records.length >= fullRecords || batch.bytes >= groupBytes;
    if (isFull || (batch.bytes > fewBytes && isAwaited())) {
      yield batch;
      batch = emptyBatch();
    }
  }
  if (batch.records.length > 0 || batch.reached.size > 0) yield batch;
}

function emptyBatch() {
  const records: ReadyRecord[] = [];
  const files = new Map<string, FoundFile>();
  return { records, reached: new Map<StateFile, Checkpoint>(), files, bytes: 0 };
}

const groupsAtOnce = 4;

/** Nothing is read beside a batch with more bytes. */
const largeBytes = 4 * 1024 * 1024;

/**
 * Works on several groups at once, which hides the latency of a distant server, but on only one large run, which
 * bounds memory. A group's batches are written in sequence, while the one before is finished and the next one is read.
 * A killed process loses at most the batches at work.
 *
 * @param work done for each batch; of two files with records of one run the later one waits
 * @param finish done for a batch after its work, and not after a failure of it
 * @throws the first failure, when no batch is at work any more
 */
export async function workOn<Result>(
  groups: AsyncGenerator<RunGroup>,
  work: (batch: Batch) => Promise<Result>,
  finish: (result: Result, batch: Batch) => unknown = () => undefined,
): Promise<void> {
  const ofRuns: Turns = new Map();
  const ofLarge = pLimit(1);
  let hasFailed = false;
  const workInTurn = async (batch: Batch) => {
    const turn = takeTurn(ofRuns, collectRunIds(batch));
    try {
      await turn.before;
      return await work(batch);
    } finally {
      turn.end();
    }
  };
  const workOnGroup = async ({ chunks, bytes }: RunGroup) => {
    let last: Promise<unknown> = Promise.resolve();
    try {
      for await (const batch of readAhead(chunks, bytes > groupBytes)) {
        if (hasFailed) break;
        const result = await workInTurn(batch);
        await last;
        // While the next one is worked on: a distant server answers each in its own time.
        last = Promise.resolve().then(() => finish(result, batch));
        last.catch(() => undefined);
      }
      await last;
    } catch (error) {
      hasFailed = true;
      await last.catch(() => undefined);
      throw error;
    }
  };
  // Each takes the next group when it is done with one.
  const workers = Array.from({ length: groupsAtOnce }, () => groups);
  await mapLimit(groupsAtOnce, workers, async (left) => {
    for await (const group of left) {
      if (group.bytes > groupBytes) await ofLarge(workOnGroup, group);
      else await workOnGroup(group);
    }
  });
}

/**
 * Reads the next batch while one is worked on; nothing beside one that holds a large record. Several runs stay one
 * batch: each costs its round trips.
 */
async function* readAhead(chunks: RunGroup["chunks"], isLargeRun: boolean): AsyncGenerator<Batch> {
  let isAwaited = isLargeRun;
  const all = batches(chunks, () => isAwaited);
  let next = all.next();
  try {
    for (let item = await next; !item.done; item = await next) {
      isAwaited = false;
      const isLarge = item.value.bytes > largeBytes;
      if (isLarge) yield item.value;
      next = all.next();
      // A failure is thrown when its turn comes.
      next.catch(() => undefined);
      if (!isLarge) yield item.value;
      isAwaited = isLargeRun;
    }
  } finally {
    await all.return(undefined);
  }
}

function collectRunIds({ records }: Batch): string[] {
  return [...new Set(records.map(runIdOf))];
}
