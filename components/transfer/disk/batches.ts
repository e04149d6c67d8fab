import pLimit from "p-limit";
import { type FoundFile, type ReadyRecord, type StateFile, mapLimit } from "../../state";
import type { Checkpoint } from "../checkpoints";

/**
 * Maximum size of a batch, in bytes, and of a group of small runs, so that a group is one batch. A larger run is a
 * group of its own, cut into batches while it is read. This bounds memory, however long a log is: each of four groups
 * at once has one batch at work, one that is finished and one that is read. At most one of the groups is a large run.
 */
export const batchBytes = 768 * 1024;

/** Maximum number of runs of a group: besides its bytes, each has checkpoints, merge bases and their updates. */
export const groupRuns = 256;

/** Size from which an awaited batch of a large run is passed on: a near server needs no more at once. */
const awaitedBytes = 192 * 1024;

/** Size above which nothing is read beside a batch: a large record is in it. */
const largeBytes = 4 * 1024 * 1024;

const groupsAtOnce = 4;

/** Records of one file that follow each other. */
export interface FileRecords {
  readonly records: readonly ReadyRecord[];
  /** The file, unless it is a log, to which a service only appends. */
  readonly file?: FoundFile;
  /** The checkpoint to save after these records and all before them. */
  readonly reached?: readonly [file: StateFile, checkpoint: Checkpoint];
}

/** Whole runs that are processed in sequence; a large run is a group of its own. */
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

/**
 * Cuts records into batches of up to 768 KiB, and does not read ahead. Records that a file yields together stay
 * together, so that a batch may be somewhat larger.
 *
 * @param isAwaited whether 192 KiB suffice
 */
export async function* batches(
  chunks: AsyncIterable<FileRecords>,
  isAwaited: () => boolean = () => false,
): AsyncGenerator<Batch> {
  let batch = emptyBatch();
  for await (const { records, file, reached } of chunks) {
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    if (batch.records.length > 0 && batch.bytes + bytes > batchBytes) {
      yield batch;
      batch = emptyBatch();
    }
    for (const record of records) batch.records.push(record);
    if (reached) batch.reached.set(...reached);
    if (file) batch.files.set(file.name, file);
    batch.bytes += bytes;
    if (batch.bytes >= batchBytes || (batch.bytes > awaitedBytes && isAwaited())) {
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

/**
 * Works on several groups at once, which hides the latency of a distant server, but on only one large run, which
 * bounds memory. A group's batches are written in sequence, while the one before is finished and the next one is read.
 * A killed process loses at most the batches at work.
 *
 * @param work done for each batch
 * @param finish done for a batch after its work, and not after a failure of it
 * @throws the first failure, when no batch is at work any more
 */
export async function workOn<Result>(
  groups: AsyncGenerator<RunGroup>,
  work: (batch: Batch) => Promise<Result>,
  finish: (result: Result, batch: Batch) => unknown = () => undefined,
): Promise<void> {
  const ofLarge = pLimit(1);
  let hasFailed = false;
  const workOnGroup = async ({ chunks, bytes }: RunGroup) => {
    let last: Promise<unknown> = Promise.resolve();
    try {
      for await (const batch of readAhead(chunks, bytes > batchBytes)) {
        if (hasFailed) break;
        const result = await work(batch);
        await last;
        // Finish it while the next one is at work, which hides the latency of a distant server.
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
  // Each iteration takes the next group when it has finished one.
  const workers = Array.from({ length: groupsAtOnce }, () => groups);
  await mapLimit(groupsAtOnce, workers, async (left) => {
    for await (const group of left) {
      if (group.bytes > batchBytes) await ofLarge(workOnGroup, group);
      else await workOnGroup(group);
    }
  });
}

/**
 * Reads the next batch while one is at work, but nothing beside one that holds a large record. Several runs stay one
 * batch, because each batch costs round trips.
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
