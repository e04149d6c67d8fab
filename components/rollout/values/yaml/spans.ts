import type { CST } from "yaml";

/** A part of a text: from `start` to `end`, which is not included. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A part of a text and what is to stand there instead. */
export interface Splice extends Span {
  readonly text: string;
}

/** The text with every splice applied; they do not overlap and come in the text's order. */
export function spliced(text: string, splices: readonly Splice[]): string {
  let edited = "";
  let from = 0;
  for (const splice of splices) {
    edited += text.slice(from, splice.start) + splice.text;
    from = splice.end;
  }
  return edited + text.slice(from);
}

const trivia = new Set(["space", "newline", "comment", "comma"]);

/**
 * Where an item of a collection stands, from its indicator or key to the end of its value:
 * without the comments around it and without its line's end. Undefined for an item that is only
 * comments or blanks.
 */
export function contentSpan(item: CST.CollectionItem): Span | undefined {
  const tokens = [...item.start, item.key, ...(item.sep ?? []), item.value].filter(
    (token) => token !== null && token !== undefined && !trivia.has(token.type),
  ) as CST.Token[];
  const [first, last] = [tokens.at(0), tokens.at(-1)];
  return first && last && { start: first.offset, end: endOf(last) };
}

function endOf(token: CST.Token): number {
  switch (token.type) {
    case "block-map":
    case "block-seq":
      return token.items.map((item) => contentSpan(item)?.end).findLast(Boolean) ?? token.offset;
    case "flow-collection":
      return (token.end.find(({ type }) => /^flow-.*-end$/.test(type)) ?? token).offset + 1;
    case "block-scalar":
      return token.offset + blockScalarText(token).length;
    default:
      return token.offset + ("source" in token ? token.source.length : 0);
  }
}

/** A block scalar's own text reaches over its last line break. */
function blockScalarText({ props, source }: CST.BlockScalar): string {
  const header = props.map((prop) => ("source" in prop ? prop.source : "")).join("");
  return (header + source).replace(/\r?\n$/, "");
}

/** The end of the line that holds `offset`, before its line break. */
export function lineEnd(text: string, offset: number): number {
  const at = text.indexOf("\n", offset);
  if (at < 0) return text.length;
  return at > offset && text[at - 1] === "\r" ? at - 1 : at;
}

/** The end of the line before the one that holds `offset`, before its line break; else 0. */
export function previousLineEnd(text: string, offset: number): number {
  const at = offset === 0 ? -1 : text.lastIndexOf("\n", offset - 1);
  if (at < 0) return 0;
  return text[at - 1] === "\r" ? at - 1 : at;
}

/** How far `offset` is from the start of its line, a byte order mark left aside. */
export function columnOf(text: string, offset: number): number {
  const lineStart = offset === 0 ? 0 : text.lastIndexOf("\n", offset - 1) + 1;
  return offset - (lineStart === 0 && text.startsWith("\uFEFF") ? 1 : lineStart);
}
