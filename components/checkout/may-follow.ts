import type { StorageMode } from "../settings";
import { decide, decideFirst, type Decision } from "./decide";
import { isInHistory, modesSince } from "./history";
import type { HalfWay, LastUp } from "./stack";

/** An `up` that is to follow. */
interface Next {
  readonly stack: string;
  /** The stack's settings file, in a Git checkout. */
  readonly file: string;
  /** The mode that it is to run with. */
  readonly wanted: StorageMode;
  /** The last `up` that finished; undefined before the first one. */
  readonly last: LastUp | undefined;
  /** The newest `up` if it was one to files that did not finish. */
  readonly halfWay?: HalfWay | undefined;
}

/**
 * Whether `up` may follow the last one, and why.
 *
 * @throws CheckoutError if Git cannot say what decides it
 */
export async function mayFollow({ stack, file, wanted, last, halfWay }: Next): Promise<Decision> {
  if (!last) return decideFirst(stack);
  const { storageMode: running, source } = last;
  const base = halfWay ? halfWay.commit : source.commit;
  const commits = [source.commit, base].map((one) => isCurrent(one, file));
  const isDescendant = (await Promise.all(commits)).every(Boolean);
  const declared = isDescendant && base !== undefined ? await modesSince(base, file) : [];
  const commit = source.commit && base;
  return decide({
    ...{ stack, running, wanted, commit, isDescendant, declared },
    isHalfWay: halfWay !== undefined,
  });
}

async function isCurrent(commit: string | undefined, file: string): Promise<boolean> {
  return commit !== undefined && isInHistory(commit, file);
}
