import { type Stats, close, constants, fstat, lstatSync, open } from "node:fs";
import { lstat } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import { promisify } from "node:util";

/** The attributes of a file that a later write changes. */
export interface FileStat {
  /** In bytes. */
  readonly size: number;
  readonly inode: number;
  /** When its content last changed, when any attribute last changed, and when this stat was taken; in ms since 1970. */
  readonly modified: number;
  readonly changed: number;
  readonly seen: number;
}

export function toFileStat({ size, ino, mtimeMs, ctimeMs }: Stats, seen = Date.now()): FileStat {
  return { size, inode: ino, modified: mtimeMs, changed: ctimeMs, seen };
}

/** Reads the attributes of a file, which may be a link; undefined if that fails. */
export async function lookUp(path: string): Promise<Stats | undefined> {
  const options = { bigint: false, throwIfNoEntry: false } as const;
  try {
    return await look(
      () => lstatSync(path, options),
      () => lstat(path, options),
    );
  } catch {
    return undefined;
  }
}

/** Reads the stat of a file; undefined if that fails. */
export async function readStat(path: string): Promise<FileStat | undefined> {
  const seen = Date.now();
  const found = await lookUp(path);
  return found && toFileStat(found, seen);
}

/** These avoid a `FileHandle` for each file, which costs three times as much. */
const openFile = promisify(open);
const statFile = promisify(fstat);
const closeFile = promisify(close);

/** Follows no link, and does not block on a pipe. */
const openFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/**
 * Reads a file's stat through `open`, which asks the server of a network file system; `lstat` may return attributes
 * that are cached for a minute (nfs(5), `actimeo`). Undefined if the file cannot be opened.
 */
export async function statByOpening(path: string): Promise<FileStat | undefined> {
  const seen = Date.now();
  const file = await openFile(path, openFlags).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    return toFileStat(await statFile(file), seen);
  } finally {
    await closeFile(file);
  }
}

/** Whether a file existed at two stats, and was neither written nor replaced between them. */
export function isSameStat(one: FileStat | undefined, other: FileStat | undefined): boolean {
  if (!one || !other) return false;
  const isSameFile = one.inode === other.inode && one.size === other.size;
  return isSameFile && one.modified === other.modified && one.changed === other.changed;
}

/** A stat as text, without its own moment: two stats of an unchanged file give one text. */
export function formatStat({ inode, size, modified, changed }: FileStat): string {
  return [inode, size, modified, changed].join(":");
}

/**
 * Calls that take longer than this on average, in ms, ask a server. A very long call counts as 1 ms, because other work
 * had the CPU.
 */
const slowMs = 0.1;
const mostMs = 1;

/** The number of calls in an average, and of calls in the thread pool after slow ones. */
const callsCounted = 50;
const callsInPool = 5_000;

/** Maximum time, in ms, without a call in the thread pool that checks whether the volume answers. */
const untriedMs = 50;

let averageMs = 0;
let leftInPool = 0;
let triedAt = -Infinity;
let trial: Promise<unknown> | undefined;

/**
 * Reads a file's attributes: synchronously on a local disk, which takes a tenth of the time of a call in the thread
 * pool, and in the pool on a slow volume. From time to time, a call runs in the pool first and the others wait for it,
 * so that a volume that hangs stops them, and not the event loop.
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

/** Reads the attributes of several files as `look` does, with a promise for each only in the thread pool. */
export async function lookAtAll<Item, T>(
  items: readonly Item[],
  atOnce: (item: Item) => T,
  inPool: (item: Item) => Promise<T>,
): Promise<T[]> {
  const found: T[] = [];
  const waiting: Promise<void>[] = [];
  for (const [at, item] of items.entries()) {
    if (leftInPool === 0 && at % callsCounted > 0) {
      found[at] = timed(() => atOnce(item));
      continue;
    }
    const looking = look(
      () => atOnce(item),
      () => inPool(item),
    ).then((one) => void (found[at] = one));
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
