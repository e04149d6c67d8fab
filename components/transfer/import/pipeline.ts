import type { Outcome } from "../tally";
import type { CollectionRole } from "../../contract";
import { type ReadyRecord, Refusal } from "../../state";
import type { FileRecords, Reached } from "./file-records";

/** Items some at a time, so that many are asked for at once and few are in memory. */
export async function* blocksOf<T>(items: AsyncIterable<T>, size = 500): AsyncGenerator<T[]> {
  let block: T[] = [];
  for await (const item of items) {
    if (block.push(item) < size) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}

/** Nothing is read ahead of a batch with more bytes: a large record is worked on alone. */
const largeBytes = 1024 * 1024;

/**
 * Works on batches one after the other, while the next one is read: a process that is killed
 * leaves at most one batch that is worked on and not yet `done`.
 *
 * @param work done for each batch
 * @param done called when the batch is worked on; the next batch waits for it
 */
export async function workOn(
  batches: AsyncIterable<Batch>,
  work: (batch: Batch) => Promise<void>,
  done: (batch: Batch) => Promise<void>,
): Promise<void> {
  for await (const batch of readAhead(batches)) {
    await work(batch);
    await done(batch);
  }
}

/** The same batches, of which the next one is made while the last one is in use. */
async function* readAhead(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
  const iterator = batches[Symbol.asyncIterator]();
  try {
    let next = iterator.next();
    for (let item = await next; !item.done; item = await next) {
      const isLarge = bytesOf(item.value) > largeBytes;
      if (!isLarge) next = iterator.next();
      // A failure is thrown where it is waited for: when its turn comes.
      next.catch(() => undefined);
      yield item.value;
      if (isLarge) next = iterator.next();
    }
  } finally {
    await iterator.return?.();
  }
}

function bytesOf({ records }: Batch): number {
  return records.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** Records of one collection that are written together, in the order of the files. */
export interface Batch {
  readonly role: CollectionRole;
  readonly records: readonly ReadyRecord[];
  /** How far which files are imported once this batch and all before it are written. */
  readonly reached: readonly Reached[];
}

const fullRecords = 1_000;
const fullBytes = 512 * 1024;

/**
 * Gathers records into batches of one collection. A batch is full with 1,000 records or 512 KiB,
 * and goes at once: nothing more is read before it is asked for. What a file gives at once stays
 * together and may make it somewhat larger; what would make it too large begins the next.
 */
export async function* batches(chunks: AsyncIterable<FileRecords>): AsyncGenerator<Batch> {
  let batch = new Gathering();
  for await (const chunk of chunks) {
    const bytes = chunk.records.reduce((sum, record) => sum + record.bytes, 0);
    if (!batch.takes(chunk.role, bytes)) {
      yield batch.close();
      batch = new Gathering();
    }
    batch.add(chunk, bytes);
    if (batch.isFull()) {
      yield batch.close();
      batch = new Gathering();
    }
  }
  if (!batch.isEmpty()) yield batch.close();
}

class Gathering {
  private role: CollectionRole = "runs";
  private readonly records: ReadyRecord[] = [];
  private readonly reached: Reached[] = [];
  private bytes = 0;

  takes(role: CollectionRole, bytes: number): boolean {
    return this.isEmpty() || (role === this.role && this.bytes + bytes <= fullBytes);
  }

  add({ role, records, reached }: FileRecords, bytes: number): void {
    this.role = role;
    for (const record of records) this.records.push(record);
    if (reached) this.reached.push(reached);
    this.bytes += bytes;
  }

  isFull(): boolean {
    return this.records.length >= fullRecords || this.bytes >= fullBytes;
  }

  isEmpty(): boolean {
    return this.records.length === 0 && this.reached.length === 0;
  }

  close(): Batch {
    const { role, records, reached } = this;
    return { role, records, reached };
  }
}

/** What became of each record of a batch. */
export type Settled = ReadonlyMap<ReadyRecord, Outcome | Refusal>;
