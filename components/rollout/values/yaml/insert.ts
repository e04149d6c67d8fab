import { columnOf, lineEnd, previousLineEnd, type Span, type Splice } from "./spans";
import type { Values } from "./values";

/** A new item as block lines without indentation, or as flow text; one of them is used. */
export interface Content {
  readonly block: readonly string[];
  readonly flow: string;
}

/** New lines below `offset`'s line, at a column. */
export function linesBelow(
  { text, lineBreak }: Values,
  offset: number,
  lines: readonly string[],
  column: number,
): Splice {
  const at = lineEnd(text, offset);
  const added = lines.map((line) => lineBreak + (line && " ".repeat(column) + line));
  return { start: at, end: at, text: added.join("") };
}

/** A new item right after another of the same collection, set out as that one is. */
export function insertedAfter(values: Values, item: Span, flow: boolean, content: Content): Splice {
  const { text, lineBreak } = values;
  const column = columnOf(text, item.start);
  if (!flow) return linesBelow(values, item.end, content.block, column);
  const margin = text.slice(item.start - column, item.start);
  const separator = margin.trim() === "" ? lineBreak + margin : " ";
  return { start: item.end, end: item.end, text: `,${separator}${content.flow}` };
}

/**
 * What goes when an item of a collection is removed: in block style its lines with the line
 * break before them, in flow style the comma too. Comments on lines of their own stay.
 */
export function cut(text: string, item: Span, items: readonly Span[], flow: boolean): Span {
  const { start, end } = item;
  if (!flow) return { start: previousLineEnd(text, start), end: lineEnd(text, end) };
  const previous = items.findLast((other) => other.end <= start);
  if (previous) return { start: previous.end, end };
  return { start, end: items.find((other) => other.start >= end)?.start ?? end };
}
