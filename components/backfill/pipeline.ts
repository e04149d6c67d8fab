import type { Batch } from "./stages/batch";

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

/** The same items, of which the next one is made while the last one is in use. */
async function* readAhead<T>(items: AsyncIterable<T>): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    let next = iterator.next();
    for (let item = await next; !item.done; item = await next) {
      next = iterator.next();
      // A failure is thrown where it is waited for: when its turn comes.
      next.catch(() => undefined);
      yield item.value;
    }
  } finally {
    await iterator.return?.();
  }
}
