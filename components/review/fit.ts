import { details, join, ours, type Markdown } from "./safe/markdown";
import { formatCount } from "./words";

/** A part of the comment that may show fewer of its items, and then counts those left out. */
export interface Section {
  readonly items: number;
  /** The part with its first items; undefined where it has nothing to say. */
  render(shown: number): Markdown | undefined;
}

/** A part that is shown as it is. */
export function fix(part: Markdown | undefined): Section {
  return { items: 0, render: () => part };
}

/** A part below a line of ours, folded away. */
export function fold(summary: string, section: Section): Section {
  return {
    items: section.items,
    render: (shown) => {
      const inside = section.render(shown);
      return inside && details(summary, inside);
    },
  };
}

/** Parts one after the other, folded away together; nothing if none of them has anything to say. */
export function foldTogether(summary: string, sections: readonly Section[]): Section[] {
  if (sections.every((section) => section.render(section.items) === undefined)) return [];
  const [opened, closed] = [`<details><summary>${summary}</summary>`, "</details>"];
  return [fix(ours(opened)), ...sections, fix(ours(closed))];
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
  return {
    items: items.length,
    render: (shown) => {
      if (items.length === 0) return undefined;
      const left = total - Math.min(items.length, shown);
      const more = left > 0 ? [ours(`and ${formatCount(left, `more ${noun}`)}`)] : [];
      return join([render(items.slice(0, shown)), ...more], "\n\n");
    },
  };
}

/**
 * The parts, an empty line between them, in a comment that is not longer than `most` characters:
 * the longest part shows half as many items until all fit. Nothing is cut.
 */
export function fit(sections: readonly Section[], most: number): Markdown {
  const shown = sections.map(({ items }) => items);
  for (;;) {
    const parts = sections.map((section, at) => section.render(shown[at] ?? 0));
    const all = join(
      parts.filter((part) => part !== undefined),
      "\n\n",
    );
    if (all.length <= most) return all;
    const sizes = parts.map((part, at) => (shown[at] === 0 ? 0 : (part?.length ?? 0)));
    const largest = sizes.indexOf(Math.max(...sizes));
    if ((sizes[largest] ?? 0) === 0) return all;
    shown[largest] = Math.floor((shown[largest] ?? 0) / 2);
  }
}
