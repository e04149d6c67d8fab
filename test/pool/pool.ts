/** What the pool lends. */
export type Wanted = "server" | "databases" | "cluster";

/** What a file is told of what it was lent, or why it gets nothing. */
export type PoolAnswer = { readonly has: object } | { readonly error: string };

/** A server or a control plane, of which one file at a time has the use. */
export interface Lent {
  readonly facts: object;
  stop(): Promise<void>;
  /** Starts it again where it was, with its data; absent where no file asks for that. */
  start?(): Promise<void>;
  /** Makes it as new for the next file; it may be stopped. */
  renew(): Promise<void>;
}

/** Some of one kind. */
export interface Pool {
  lend(): Promise<Lent>;
  takeBack(lent: Lent): void;
  close(): Promise<void>;
}

/**
 * A pool that starts one more if none is free.
 *
 * @param begin starts the one of a number, from 1
 * @param idleMs after so long without a borrower one is stopped: a control plane is never quite at rest.
 *   Default: not before the pool is closed
 */
export function poolOf(begin: (number: number) => Promise<Lent>, idleMs?: number): Pool {
  const all: Promise<Lent>[] = [];
  const free: Promise<Lent>[] = [];
  const stopped = new Set<Lent>();
  const stop = async (lent: Lent) => {
    if (stopped.has(lent)) return;
    stopped.add(lent);
    await lent.stop();
  };
  return {
    lend: () => {
      const next = free.shift();
      if (next) return next;
      const another = begin(all.length + 1);
      all.push(another);
      return another;
    },
    takeBack: (lent) => {
      const renewed = lent.renew().then(() => lent);
      // Whoever is lent it next is told why it could not be renewed.
      renewed.catch(() => undefined);
      free.push(renewed);
      const stopIdle = () => {
        const at = free.indexOf(renewed);
        if (at < 0) return;
        void free.splice(at, 1);
        void stop(lent);
      };
      if (idleMs !== undefined) setTimeout(stopIdle, idleMs).unref();
    },
    close: async () => {
      const begun = await Promise.allSettled(all);
      await Promise.allSettled(free);
      for (const one of begun) if (one.status === "fulfilled") await stop(one.value);
    },
  };
}
