import { Lexer, type Token, type Tokens } from "marked";

/** A comment as GitHub's Markdown reads it. */
export interface RenderedComment {
  readonly html: readonly string[];
  /** Links, pictures and their definitions, written or recognised. */
  readonly links: readonly string[];
  readonly headings: readonly Tokens.Heading[];
  readonly tables: readonly Tokens.Table[];
  /** What is read as words, outside code. */
  readonly words: string;
}

/** Reads a text as GitHub does: tables, struck text and links without brackets included. */
export function rendered(text: string): RenderedComment {
  const all = new Lexer({ gfm: true }).lex(text).flatMap(within);
  const of = (...types: string[]) => all.filter(({ type }) => types.includes(type));
  return {
    html: of("html").map(({ raw }) => raw),
    links: of("link", "image", "def").map(({ raw }) => raw),
    headings: of("heading") as Tokens.Heading[],
    tables: of("table") as Tokens.Table[],
    words: all
      .filter(
        (token) => ["text", "escape"].includes(token.type) && !("tokens" in token && token.tokens),
      )
      .map(({ raw }) => raw)
      .join("\n"),
  };
}

/** A token with all that are in it. */
function within(token: Token): Token[] {
  const inner: Token[] = "tokens" in token ? (token.tokens ?? []) : [];
  const items = token.type === "list" ? (token as Tokens.List).items : [];
  const table = token.type === "table" ? (token as Tokens.Table) : undefined;
  const cells = table ? [table.header, ...table.rows].flat() : [];
  return [token, ...[...inner, ...items, ...cells.flatMap(({ tokens }) => tokens)].flatMap(within)];
}
