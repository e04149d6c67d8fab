import type { CollectionRole } from "../../contract";
import type { FileRecords, Reached } from "../file-records";
import type { ReadyRecord } from "../../state";

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
