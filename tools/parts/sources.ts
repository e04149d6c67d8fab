import { PartError } from "./error";
import { say } from "./say";

/** A part, or why it cannot be had, in words. */
export type Answer<T> = { readonly part: T } | { readonly missing: string };

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
  installed: () => Promise<Answer<T>>,
  sources: readonly Source<T>[],
  advice: string,
  tell: (line: string) => void = say,
): Promise<T> {
  const first = await installed();
  if ("part" in first) return first.part;
  const earlier = await firstKept(sources);
  if (earlier !== undefined) return earlier;
  const reasons = [first.missing];
  for (const source of sources) {
    const answer = await attempt(source, (doing) => {
      tell(`${name}: ${reasons.join("; ")}; ${doing}`);
    });
    if ("part" in answer) return answer.part;
    reasons.push(answer.missing);
  }
  throw new PartError(`${name}: ${reasons.join("; ")}. ${advice}`);
}

async function firstKept<T>(sources: readonly Source<T>[]): Promise<T | undefined> {
  for (const source of sources) {
    const kept = await source.kept();
    if (kept !== undefined) return kept;
  }
  return undefined;
}

async function attempt<T>(source: Source<T>, start: (doing: string) => void): Promise<Answer<T>> {
  const closed = await source.closed();
  if (closed !== undefined) return { missing: closed };
  start(source.doing);
  try {
    return { part: await source.get() };
  } catch (error) {
    return { missing: error instanceof Error ? error.message : String(error) };
  }
}
