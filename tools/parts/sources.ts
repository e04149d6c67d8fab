import { existsSync } from "node:fs";
import { fillOnce } from "./cache";
import { printLine } from "./progress";

/** A local part that is unavailable. The message says what was found and what to do. */
export class PartError extends Error {
  override readonly name = "PartError";
}

/** A part, or why it is missing, as text. */
export type PartAnswer<T> = { readonly part: T } | { readonly missing: string };

/** A source of a part that is not installed. */
export interface Source<T> {
  /** The part from an earlier run. */
  kept(): Promise<T | undefined>;
  /** Why this source is unavailable, known within seconds; undefined if it is not. */
  closed(): Promise<string | undefined>;
  /** What it does, such as `building v3.274.1 from Go modules (4 to 10 min)`. */
  readonly doing: string;
  /** Gets the part. If it throws, the next source is tried. */
  get(): Promise<T>;
}

/** A source that keeps a part in a folder of the cache. */
export function cached<T>(
  way: Pick<Source<T>, "closed" | "doing"> & {
    readonly folder: string;
    /** Puts the part into an empty folder, which is then renamed. */
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
 * The first source of a part that works: installed, from an earlier run, then the others in order. A line with
 * reasons is printed for each source that fails.
 *
 * @param name the part's name in messages
 * @param installed the part on PATH
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
