import type { CollectionRole } from "../../contract";
import type { ReadyRecord } from "../records";

/** Records of one collection that are written together, in the order of the files. */
export interface Batch {
  readonly role: CollectionRole;
  readonly records: readonly ReadyRecord[];
}

const mostRecords = 1_000;
const mostBytes = 16 * 1024 * 1024;

/** Gathers records into batches of one collection: 1,000 records or 16 MiB at most. */
export async function* batches(
  chunks: AsyncIterable<readonly ReadyRecord[]>,
): AsyncGenerator<Batch> {
  let records: ReadyRecord[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    for (const record of chunk) {
      const [first] = records;
      const full = records.length === mostRecords || bytes + record.bytes > mostBytes;
      if (first && (full || first.role !== record.role)) {
        yield { role: first.role, records };
        [records, bytes] = [[], 0];
      }
      records.push(record);
      bytes += record.bytes;
    }
  }
  const [first] = records;
  if (first) yield { role: first.role, records };
}
