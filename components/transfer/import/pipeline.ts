import type { Checkpoint } from "../checkpoints";
import type { CollectionRole } from "../../contract";
import type { ReadyRecord, Refusal } from "../../state";
import type { Outcome } from "../tally";

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

/** Records that are written together, in the order of the files. */
export interface Batch {
  readonly records: readonly ReadyRecord[];
  /** Checkpoints to save once this batch and all before it of the same files are written. */
  readonly reached: readonly Reached[];
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
  for await (const { records, reached } of chunks) {
    const bytes = records.reduce((sum, record) => sum + record.bytes, 0);
    if (batch.records.length > 0 && batch.bytes + bytes > fullBytes) {
      yield batch;
      batch = emptyBatch();
    }
    for (const record of records) batch.records.push(record);
    if (reached) batch.reached.push(reached);
    batch.bytes += bytes;
    if (batch.records.length >= fullRecords || batch.bytes >= fullBytes) {
      yield batch;
      batch = emptyBatch();
    }
  }
  if (batch.records.length > 0 || batch.reached.length > 0) yield batch;
}

function emptyBatch(): { records: ReadyRecord[]; reached: Reached[]; bytes: number } {
  return { records: [], reached: [], bytes: 0 };
}

/** Batches at work at the same time, and the bytes that they may have together. */
const batchesAtOnce = 4;
const bytesAtOnce = 4 * fullBytes;

/** A batch at work, with the runs that no other batch may touch meanwhile. */
interface Running {
  readonly runs: ReadonlySet<string>;
  readonly bytes: number;
  readonly done: Promise<void>;
}

/**
 * Works on several batches at once, so that a server far away costs little, in bounded memory. A batch
 * that has something of a run that is at work waits for it: of two records with one key the first stays,
 * and a run comes behind what belongs to it. A process that is killed leaves at most the batches at work
 * not done.
 *
 * @param work done for each batch
 * @throws the first failure, when no batch is at work any more
 */
export async function workOn(
  batches: AsyncIterable<Batch>,
  work: (batch: Batch) => Promise<void>,
): Promise<void> {
  const running = new Set<Running>();
  const failures: unknown[] = [];
  const start = (batch: Batch, runs: ReadonlySet<string>) => {
    const done = work(batch)
      .catch((error: unknown) => void failures.push(error))
      .finally(() => running.delete(one));
    const one: Running = { runs, bytes: batch.bytes, done };
    running.add(one);
  };
  const settle = async () => {
    await Promise.all([...running].map(({ done }) => done));
    if (failures.length > 0) throw failures[0];
  };
  try {
    for await (const batch of batches) {
      const runs = runsIn(batch);
      while (mustWait(running, batch, runs))
        await Promise.race([...running].map((one) => one.done));
      if (failures.length > 0) break;
      start(batch, runs);
      // Nothing is read beside a batch with more bytes: a large record is worked on by itself.
      if (batch.bytes > fullBytes) await settle();
    }
  } finally {
    await settle();
  }
}

function mustWait(running: ReadonlySet<Running>, { bytes }: Batch, runs: ReadonlySet<string>) {
  const bytesNow = [...running].reduce((sum, one) => sum + one.bytes, bytes);
  if (running.size >= batchesAtOnce || (running.size > 0 && bytesNow > bytesAtOnce)) return true;
  return [...running].some((one) => [...runs].some((id) => one.runs.has(id)));
}

/** The runs that a batch has something of. */
function runsIn({ records }: Batch): ReadonlySet<string> {
  const ids = records.map(({ role, key, document }) =>
    role === "runs" ? key : String(document.runId),
  );
  return new Set(ids);
}
