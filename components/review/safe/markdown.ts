/** A piece of the comment. Only this file makes one of a text from outside. */
export class Markdown {
  constructor(readonly text: string) {}
}

/** What may stand in a template: a text from outside becomes a code span, a number stays one. */
type Part = Markdown | string | number;

/**
 * Our own words as a template. A text that is put into it comes from outside and becomes a code span:
 * in code nothing is a link, a mention, HTML or Markdown.
 */
export function md(words: TemplateStringsArray, ...parts: readonly Part[]): Markdown {
  const texts = parts.map((part) => {
    if (part instanceof Markdown) return part.text;
    return typeof part === "number" ? part.toLocaleString("en-US") : code(part).text;
  });
  return new Markdown(String.raw({ raw: words }, ...texts));
}

/** Words of ours, numbers among them; never a text from outside. */
export function ours(words: string): Markdown {
  return new Markdown(words);
}

/** Pieces with our own text between them. */
export function join(pieces: readonly Markdown[], between: string): Markdown {
  return new Markdown(pieces.map(textOf).join(between));
}

/** Of a longer text these characters are shown, and the others counted. */
const [longest, spare] = [300, 30];

/** Control, formatting and half characters change how a line is read, or how it is cut. */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function shorten(text: string, show: (shown: string) => string): string {
  const shown = text.length <= longest + spare ? text : text.slice(0, longest);
  const left = text.length - shown.length;
  return left === 0 ? show(shown) : `${show(shown)} (and ${left} more characters)`;
}

function chooseQuotes(text: string, least: number): string {
  const runs = text.match(/`+/g) ?? [];
  return "`".repeat(Math.max(least, ...runs.map(({ length }) => length + 1)));
}

/** A text from outside as code in a line. It never holds a `|`, so that it may stand in a table. */
export function code(text: string): Markdown {
  const quote = (piece: string) => {
    const quotes = chooseQuotes(piece, 1);
    // Code that begins or ends with a quote or a space keeps it by one more space.
    const pad = /^[ `]|[ `]$/.test(piece) ? " " : "";
    return piece && `${quotes}${pad}${piece}${pad}${quotes}`;
  };
  const shown = shorten(text, (part) => {
    const line = part.replace(/\s+/g, " ").replace(invisible, "\ufffd").trim();
    return line === "" ? "(empty)" : line.split("|").map(quote).join("&#124;");
  });
  return new Markdown(shown);
}

const maxLines = 60;

/**
 * Lines from outside as a block of code, of which the first sixty are shown and the rest counted.
 *
 * @param language our own word, such as `diff`
 */
export function fence(lines: readonly string[], language = ""): Markdown {
  const all = lines
    .slice(0, maxLines)
    .map((line) => shorten(line, (part) => part.replace(/\t/g, "  ").replace(invisible, "\ufffd")));
  if (lines.length > maxLines) all.push(`and ${lines.length - maxLines} more lines`);
  const quotes = chooseQuotes(all.join("\n"), 3);
  return new Markdown([`${quotes}${language}`, ...all, quotes].join("\n"));
}

/** A text from outside as lines of at most 90 characters: a block of code does not wrap. */
export function wrap(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [indent = ""] = /^ */.exec(line) ?? [];
    const lines = line.trim().match(/\S.{0,89}(?=\s|$)|\S+/g) ?? [""];
    return lines.map((one, at) => `${indent}${at > 0 ? "  " : ""}${one.trimEnd()}`);
  });
}

/** A table; each row has a cell for each heading. */
export function table(headings: readonly string[], rows: readonly (readonly Markdown[])[]) {
  const cells = [headings, headings.map(() => ":--"), ...rows.map((row) => row.map(textOf))];
  return new Markdown(cells.map((line) => `| ${line.join(" | ")} |`).join("\n"));
}

const textOf = ({ text }: Markdown) => text;

/** Our own words as a link; without it if the address could be read as anything else. */
export function link(words: string, address: string | undefined): Markdown {
  const isPlain = address !== undefined && /^https?:\/\/[\w.:-]+(\/[\w.-]+)+$/.test(address);
  return new Markdown(isPlain ? `[${words}](${address})` : words);
}

/** What is folded away under a line of our own words. */
export function details(summary: string, inside: Markdown): Markdown {
  return md`<details><summary>${ours(summary)}</summary>\n\n${inside}\n\n</details>`;
}
