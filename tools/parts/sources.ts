import { existsSync } from "node:fs";
import { fillOnce } from "./cache";
import { printLine } from "./progress";

/** A local part that cannot be had or started. The message says what was found and what to do. */
export class PartError extends Error {
  override readonly name = "PartError";
}

/** A part, or why it cannot be had, in words. */
export type PartAnswer<T> = { readonly part: T } | { readonly missing: string };

/** A way to get a part that is not installed. */
export interface Source<T> {
  /** The part, where an earlier run got it this way. */
  kept(): Promise<T | undefined>;
  /** Why this way is closed, in words, known in a few seconds; undefined if it is open. */
  closed(): Promise<string | undefined>;
  /** What is said before it starts, such as `building v3.274.1 from Go modules (4 to 10 min)`. */
  readonly doing: string;
  /** Gets the part. An error that it throws closes this way. */
  get(): Promise<T>;
}

/** A way to a part that is kept in a folder of the cache. */
export function cached<T>(
  way: Pick<Source<T>, "closed" | "doing"> & {
    readonly folder: string;
    /** Puts the part into an empty folder, which is moved afterwards. */
    fill(aside: string): Promise<void>;
    /** The part in its folder; undefined if what is there does not run. */
    partIn(folder: string): T | undefined | Promise<T | undefined>;
  },
): Source<T> {
  const { folder, doing } = way;
  return {
    kept: async () => (existsSync(folder) ? way.partIn(folder) : undefined),
    closed: () => way.closed(),
    doing,
    async get() {
      await fillOnce(folder, (aside) => way.fill(aside));
      const part = await way.partIn(folder);
      if (part === undefined) throw new Error(`what is in ${folder} does not run here`);
      return part;
    },
  };
}

/**
 * The first of several ways to a part that works: what is installed, what an earlier run got, and
 * then the sources in their order. Each step away from the first is said in one line, with reasons.
 *
 * @param name the part's name in what is said
 * @param installed what is on PATH
 * @param advice what the reader can install if nothing works
 * @throws PartError with every reason
 */
export async function choose<T>(
  name: string,
  installed: () => Promise<PartAnswer<T>>,
  sources: readonly Source<T>[],
  advice: string,
  tell: (line: string) => void = printLine,
): Promise<T> {
  const first = await installed();
  if ("part" in first) return first.part;
  for (const source of sources) {
    const kept = await source.kept();
    if (kept !== undefined) return kept;
  }
  const reasons = [first.missing];
  for (const source of sources) {
    const closed = await source.closed();
    if (closed !== undefined) {
      reasons.push(closed);
      continue;
    }
    tell(`${name}: ${reasons.join("; ")}; ${source.doing}`);
    try {
      return await source.get();
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  throw new PartError(`${name}: ${reasons.join("; ")}. ${advice}`);
}
