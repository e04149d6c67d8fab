import type { Batch } from "./stages/batch";

/** So many batches are under way at once; the files are read no faster than these are done. */
const batchesAtOnce = 2;

/**
 * Works on batches, some at once: one that has a key of a batch under way waits for it, so that
 * the first record of a key is the first by position.
 *
 * @param work done for each batch
 * @param done called in the batches' order, when a batch and all before it are worked on
 */
export async function workOn(
  batches: AsyncIterable<Batch>,
  work: (batch: Batch) => Promise<void>,
  done: (batch: Batch) => Promise<void>,
): Promise<void> {
  const underWay = new Map<Promise<void>, ReadonlySet<string>>();
  let allBefore = Promise.resolve();
  for await (const batch of batches) {
    const keys = new Set(batch.records.map(({ key }) => key));
    while (underWay.size >= batchesAtOnce || shareKeys(underWay.values(), keys)) {
      await Promise.race(underWay.keys());
    }
    const finished = Promise.all([allBefore, work(batch)]).then(() => done(batch));
    underWay.set(finished, keys);
    // A failure is thrown where it is waited for: at the next race, or at the end.
    finished.then(
      () => underWay.delete(finished),
      () => undefined,
    );
    allBefore = finished;
  }
  await allBefore;
}

function shareKeys(others: Iterable<ReadonlySet<string>>, keys: ReadonlySet<string>): boolean {
  for (const other of others) {
    for (const key of keys) if (other.has(key)) return true;
  }
  return false;
}
