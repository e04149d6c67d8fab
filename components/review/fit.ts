import { details, join, ours, type Markdown } from "./safe/markdown";
import { formatCount } from "./words";

/** A part of the comment with at most so many of its items; undefined where it has nothing to say. */
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

/**
 * A part with items, of which those that do not fit are counted below it: `and 3 more warnings`. It has
 * nothing to say without items.
 *
 * @param render the part with the items that are shown
 * @param total how many items there are, if not all of them are named
 */
export function itemize<Item>(
  items: readonly Item[],
  noun: string,
  render: (shown: readonly Item[]) => Markdown,
  total = items.length,
): Section {
  return (most) => {
    if (items.length === 0) return undefined;
    const left = total - Math.min(items.length, most);
    const more = left > 0 ? [ours(`and ${formatCount(left, `more ${noun}`)}`)] : [];
    return join([render(items.slice(0, most)), ...more], "\n\n");
  };
}

/**
 * Items below a line that counts them, folded away.
 *
 * @param total how many there are, if not all of them were named
 */
export function foldList(
  title: string,
  items: readonly Markdown[],
  noun: string,
  { total = items.length, between = "\n" }: { total?: number | undefined; between?: string } = {},
): Section {
  const list = itemize(items, noun, (shown) => join(shown, between), total);
  return fold(`${title}: ${total.toLocaleString("en-US")}`, list);
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
