import type { Batch } from "./stages/batch";

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
