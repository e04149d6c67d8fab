import type { CollectionRole } from "../../contract";
import type { FileRecords, Reached } from "../file-records";
import type { ReadyRecord } from "../records";

/** Records of one collection that are written together, in the order of the files. */
export interface Batch {
  readonly role: CollectionRole;
  readonly records: readonly ReadyRecord[];
  /** How far which files are imported once this batch and all before it are written. */
  readonly reached: readonly Reached[];
}

const fullRecords = 1_000;
const fullBytes = 1024 * 1024;

/**
 * Gathers records into batches of one collection. A batch is full with 1,000 records or 1 MiB;
 * what a file gives at once stays together and may make it somewhat larger.
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
  }
  if (!batch.isEmpty()) yield batch.close();
}

class Gathering {
  private role: CollectionRole = "runs";
  private readonly records: ReadyRecord[] = [];
  private readonly reached: Reached[] = [];
  private bytes = 0;

  takes(role: CollectionRole, bytes: number): boolean {
    if (this.isEmpty()) return true;
    const full = this.records.length >= fullRecords || this.bytes + bytes > fullBytes;
    return role === this.role && !full;
  }

  add({ role, records, reached }: FileRecords, bytes: number): void {
    this.role = role;
    for (const record of records) this.records.push(record);
    if (reached) this.reached.push(reached);
    this.bytes += bytes;
  }

  isEmpty(): boolean {
    return this.records.length === 0 && this.reached.length === 0;
  }

  close(): Batch {
    const { role, records, reached } = this;
    return { role, records, reached };
  }
}
