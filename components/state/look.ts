import { performance } from "node:perf_hooks";

/** Calls that take longer on average, in ms, ask a server. One that takes very long counts as 1 ms: others had the CPU. */
const slowMs = 0.1;
const mostMs = 1;

/** The number of calls in an average, and of those in the thread pool after slow ones. */
const callsCounted = 50;
const callsInPool = 5_000;

/** At most so long, in ms, no call asks in the thread pool whether the volume answers. */
const untriedMs = 50;

let averageMs = 0;
let leftInPool = 0;
let triedAt = -Infinity;
let trial: Promise<unknown> | undefined;

/**
 * Looks at a file: on a local disk at once, which takes a tenth of the time of a call in the thread pool, and on a slow
 * volume in the pool. Every now and then a call goes there first and the others wait for it: a volume that hangs
 * stops them, and not the event loop.
 *
 * @param atOnce the call, such as `lstatSync`
 * @param inPool the same call in the thread pool, such as `lstat` of `node:fs/promises`
 */
export async function look<T>(atOnce: () => T, inPool: () => Promise<T>): Promise<T> {
  if (trial && leftInPool === 0) await trial;
  if (leftInPool > 0) {
    leftInPool -= 1;
    return inPool();
  }
  const started = performance.now();
  if (started - triedAt >= untriedMs) {
    triedAt = started;
    const answer = inPool();
    trial = answer.catch(() => undefined).finally(() => (trial = undefined));
    return answer;
  }
  return timed(atOnce);
}

/** Looks at several, without a promise for each but in the thread pool. */
export async function lookAtAll<Item, T>(
  items: readonly Item[],
  atOnce: (item: Item) => T,
  inPool: (item: Item) => Promise<T>,
): Promise<T[]> {
  const found: T[] = [];
  const waiting: Promise<void>[] = [];
  for (const [at, item] of items.entries()) {
    const lookNow = () => atOnce(item);
    if (leftInPool === 0 && at % callsCounted > 0) {
      found[at] = timed(lookNow);
      continue;
    }
    const looking = look(lookNow, () => inPool(item)).then((one) => void (found[at] = one));
    if (leftInPool > 0) waiting.push(looking);
    else await looking;
  }
  await Promise.all(waiting);
  return found;
}

function timed<T>(call: () => T): T {
  const started = performance.now();
  try {
    return call();
  } finally {
    const took = Math.min(performance.now() - started, mostMs);
    averageMs += (took - averageMs) / callsCounted;
    if (averageMs > slowMs) {
      leftInPool = callsInPool;
      averageMs = 0;
    }
  }
}
