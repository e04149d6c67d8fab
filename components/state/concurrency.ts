import pLimit from "p-limit";

/**
 * What work on items gives, in their order, while it is under way for those that come next: a server
 * far away is asked for several at once. A failure is thrown when its turn comes, and when all that
 * is under way has ended.
 *
 * @param concurrency the maximum number of items at work
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
  // Its failure is thrown where it is waited for.
  work.catch(() => undefined);
  return work;
}

/**
 * Works on items, at most so many at once. After a failure none is begun, and it is thrown when those
 * under way have ended: nothing is left half-done behind it.
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
