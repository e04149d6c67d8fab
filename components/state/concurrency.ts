import pLimit from "p-limit";

/**
 * Maps items concurrently and yields the results in order, which hides the latency of a distant server. Throws an
 * item's failure in its place in that order, after all items at work have ended.
 *
 * @param concurrency the maximum number of items at work at once
 */
export async function* mapOrdered<T, R>(
  items: AsyncIterable<T>,
  concurrency: number,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const iterator = items[Symbol.asyncIterator]();
  const underWay: Promise<R>[] = [];
  try {
    let next = begin(iterator.next());
    for (let item = await next; !item.done; item = await next) {
      next = begin(iterator.next());
      underWay.push(begin(work(item.value)));
      if (underWay.length >= concurrency) yield* first(underWay);
    }
    while (underWay.length > 0) yield* first(underWay);
  } finally {
    await Promise.allSettled(underWay);
    await iterator.return?.();
  }
}

async function* first<R>(underWay: Promise<R>[]): AsyncGenerator<R> {
  for (const result of underWay.splice(0, 1)) yield await result;
}

function begin<R>(work: Promise<R>): Promise<R> {
  // Until this item is awaited, which throws its failure, the failure must not count as unhandled.
  work.catch(() => undefined);
  return work;
}

/**
 * Maps items with limited concurrency. After a failure it starts no more items and throws once the items at work have
 * ended, so that nothing continues in the background.
 */
export async function mapLimit<T, R>(
  concurrency: number,
  items: readonly T[],
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const limit = pLimit({ concurrency, rejectOnClear: true });
  const results = items.map((item) => limit(work, item));
  try {
    return await Promise.all(results);
  } catch (error) {
    limit.clearQueue();
    await Promise.allSettled(results);
    throw error;
  }
}

/** Groups items into blocks, so that one request can serve many items and few are in memory. */
export async function* blocksOf<T>(items: AsyncIterable<T>, size = 500): AsyncGenerator<T[]> {
  let block: T[] = [];
  for await (const item of items) {
    if (block.push(item) < size) continue;
    yield block;
    block = [];
  }
  if (block.length > 0) yield block;
}
