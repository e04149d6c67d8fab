/** What one stack has one of. */
export type Kind = "comment" | "drift";

/**
 * The hidden first line by which a stack's comment or issue is found again. Another stack has
 * another one, and no name of a stack can end the HTML comment that it is in.
 */
export function marker(stack: string, kind: Kind = "comment"): string {
  const name = encodeURIComponent(stack).replaceAll("--", "-%2D");
  return `<!-- taskrunner-storage${kind === "comment" ? "" : `-${kind}`}:${name} -->`;
}

/** A text with its marker. */
export function marked(mark: string, body: string): string {
  return `${mark}\n${body}`;
}

/** Whether a text has this marker: as its first line, so that a quotation of it does not count. */
export function hasMarker(mark: string, body: string | null | undefined): boolean {
  return body?.split(/\r?\n/, 1)[0]?.trim() === mark;
}
