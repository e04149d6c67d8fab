import { formatCount } from "../contract/text";
import { details, join, ours, type Markdown } from "./safe/markdown";

/** A part of the comment with a maximum number of items; undefined if it is empty. */
export type Section = (most: number) => Markdown | undefined;

/** A part below a line of ours, folded away. */
export function fold(summary: string, section: Section): Section {
  return (most) => {
    const inside = section(most);
    return inside && details(summary, inside);
  };
}

/** Parts one after the other, an empty line between them. */
export function inSequence(sections: readonly Section[]): Section {
  return (most) => {
    const parts = sections.map((section) => section(most)).filter((part) => part !== undefined);
    return parts.length > 0 ? join(parts, "\n\n") : undefined;
  };
}

interface ListOptions {
  /** How many items there are, if not all of them are named. */
  readonly total?: number | undefined;
  readonly between?: string;
  readonly heading?: Markdown;
}

/** Items, of which those that do not fit are counted below: `and 3 more warnings`. Without items nothing. */
export function formatItems(
  items: readonly Markdown[],
  noun: string,
  { total = items.length, between = "\n", heading }: ListOptions = {},
): Section {
  return (most) => {
    if (items.length === 0) return undefined;
    const left = total - Math.min(items.length, most);
    const shown = join([...(heading ? [heading] : []), ...items.slice(0, most)], between);
    return left > 0
      ? join([shown, ours(`and ${formatCount(left, `more ${noun}`)}`)], "\n\n")
      : shown;
  };
}

/** Items below a line that counts them, folded away. */
export function foldList(
  title: string,
  items: readonly Markdown[],
  noun: string,
  options: ListOptions = {},
): Section {
  const { total = items.length } = options;
  return fold(`${title}: ${total.toLocaleString("en-US")}`, formatItems(items, noun, options));
}

/** A comment's length in characters; GitHub refuses more than 65,536. */
export const longestComment = 60_000;

/** The part as a comment: each list in it shows half as many items until all fits. Nothing is cut. */
export function fit(section: Section): Markdown {
  for (let most = 4_096; ; most = Math.floor(most / 2)) {
    const all = section(most) ?? ours("");
    if (all.length <= longestComment || most === 0) return all;
  }
}
