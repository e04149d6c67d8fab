import type { Long } from "mongodb";
import type { FoundFile, ReadyRecord, Refusal } from "../../state";
import type { Checkpoint } from "../checkpoints";
import type { Outcome } from "../tally";

/** Records of one file that follow each other. */
export interface FileRecords {
  readonly records: readonly ReadyRecord[];
  /** The file, unless it is a log, to which a service only appends. */
  readonly file?: FoundFile;
  /** How far the file is imported once these and all before them are in MongoDB. */
  readonly reached?: Reached;
}

export interface Reached {
  readonly file: string;
  readonly checkpoint: Checkpoint;
}

/** Records that are written together, in the order of the files. */
export interface Batch {
  readonly records: readonly ReadyRecord[];
  /** Checkpoints to save once this batch and all before it of the same files are written. */
  readonly reached: readonly Reached[];
  /** The files of the records by their names, without logs. */
  readonly files: ReadonlyMap<string, FoundFile>;
  /** The size of the records' documents. */
  readonly bytes: number;
}

/** What became of each record of a batch. */
export type Settled = ReadonlyMap<ReadyRecord, Outcome | Refusal>;

const fullRecords = 5_000;
const fullBytes = 1024 * 1024;

/**
 * Gathers records into batches. A batch is full with 5,000 records or 1 MiB, and goes at once: nothing
 * more is read before it is asked for. What a file gives at once stays together and may make it
 * somewhat larger; what would make it too large begins the next.
 */
export async function* batches(chunks: AsyncIterable<FileRecords>): AsyncGenerator<Batch> {
  let batch = emptyBatch();
  for await (const { records, file, reached } of chunks) {
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    if (batch.records.length > 0 && batch.bytes + bytes > fullBytes) {
      yield batch;
      batch = emptyBatch();
    }
    for (const record of records) batch.records.push(record);
    if (reached) batch.reached.push(reached);
    if (file) batch.files.set(file.name, file);
    batch.bytes += bytes;
    if (batch.records.length >= fullRecords || batch.bytes >= fullBytes) {
      yield batch;
      batch = emptyBatch();
    }
  }
  if (batch.records.length > 0 || batch.reached.length > 0) yield batch;
}

function emptyBatch() {
  const records: ReadyRecord[] = [];
  const reached: Reached[] = [];
  return { records, reached, files: new Map<string, FoundFile>(), bytes: 0 };
}

/** Batches at work at the same time, and the bytes that they may have together. */
const batchesAtOnce = 4;
const bytesAtOnce = 4 * fullBytes;

interface Running {
  readonly ranges: Ranges;
  readonly bytes: number;
  /** Whether it and all before it were done, when it is not at work any more. */
  readonly done: Promise<boolean>;
}

/**
 * Works on several batches at once, so that a server far away costs little, in bounded memory. A batch
 * with records that one at work may have too waits for it: of two records with one key the first stays,
 * and a run comes behind what belongs to it. A process that is killed leaves at most the batches at work
 * not done.
 *
 * @param work done for several batches at once
 * @param finish done for one batch after the other, in their order, and for none behind one that failed
 * @throws the first failure, when no batch is at work any more
 */
export async function workOn<Result>(
  batches: AsyncIterable<Batch>,
  work: (batch: Batch) => Promise<Result>,
  finish: (result: Result, batch: Batch) => unknown = () => undefined,
): Promise<void> {
  const running = new Set<Running>();
  const failures: unknown[] = [];
  let last = Promise.resolve(true);
  const workOnOne = async (batch: Batch, before: Promise<boolean>) => {
    try {
      const result = await work(batch);
      if (!(await before)) return false;
      await finish(result, batch);
      return true;
    } catch (error) {
      failures.push(error);
      return false;
    }
  };
  const start = (batch: Batch, ranges: Ranges) => {
    const done = workOnOne(batch, last).finally(() => running.delete(one));
    const one: Running = { ranges, bytes: batch.bytes, done };
    running.add(one);
    last = done;
  };
  const settle = async () => {
    await Promise.all([...running].map(({ done }) => done));
    if (failures.length > 0) throw failures[0];
  };
  try {
    for await (const batch of batches) {
      const ranges = rangesIn(batch);
      while (mustWait(running, batch, ranges))
        await Promise.race([...running].map((one) => one.done));
      if (failures.length > 0) break;
      start(batch, ranges);
      // Nothing is read beside a batch with more bytes: a large record is worked on by itself.
      if (batch.bytes > fullBytes) await settle();
    }
  } finally {
    await settle();
  }
}

function mustWait(running: ReadonlySet<Running>, { bytes }: Batch, ranges: Ranges): boolean {
  const bytesNow = [...running].reduce((sum, one) => sum + one.bytes, bytes);
  if (running.size >= batchesAtOnce || (running.size > 0 && bytesNow > bytesAtOnce)) return true;
  return [...running].some((one) =>
    [...one.ranges].some(([runId, { from, to }]) => {
      const range = ranges.get(runId);
      return range !== undefined && range.from <= to && from <= range.to;
    }),
  );
}

/**
 * What a batch has of each run: entries of its log from one sequence to another, which is without end if
 * it has other records of the run. So the batches of one log are worked on at once.
 */
type Ranges = ReadonlyMap<string, { readonly from: number; readonly to: number }>;

function rangesIn({ records }: Batch): Ranges {
  const ranges = new Map<string, { from: number; to: number }>();
  for (const { role, key, document } of records) {
    const runId = role === "runs" ? key : String(document.runId);
    // Rounded, two sequences may be taken for one, but never for others in another order.
    const at = role === "logs" ? (document.sequence as Long).toNumber() : undefined;
    const [from, to] = [at ?? -Infinity, at ?? Infinity];
    const range = ranges.get(runId);
    if (!range) ranges.set(runId, { from, to });
    else {
      if (from < range.from) range.from = from;
      if (to > range.to) range.to = to;
    }
  }
  return ranges;
}
