import { andMore } from "../../text";

/** A piece of the comment. Only this file turns a text from outside into one. */
export class Markdown {
  constructor(readonly text: string) {}
}

// In a template, text from outside becomes a code span, and a number stays a number.
type Part = Markdown | string | number;

/**
 * A template of the program's own words. Each text put into it becomes a code span, in which nothing is a link, a
 * mention, HTML or Markdown.
 */
export function md(words: TemplateStringsArray, ...parts: readonly Part[]): Markdown {
  const texts = parts.map((part) => {
    if (part instanceof Markdown) return part.text;
    return typeof part === "number" ? part.toLocaleString("en-US") : code(part).text;
  });
  return new Markdown(String.raw({ raw: words }, ...texts));
}

/** The program's own words and numbers; never a text from outside. */
export function ours(words: string): Markdown {
  return new Markdown(words);
}

/** Joins pieces with the program's own text between them. */
export function join(pieces: readonly Markdown[], between: string): Markdown {
  return new Markdown(pieces.map(({ text }) => text).join(between));
}

// A longer text shows this many characters and counts the others, unless they are few.
const longest = 300;
const spare = 30;

// Control, formatting and half characters change how a line is read or cut.
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** A line from outside as a terminal may show it, with no character that changes how it is read. */
export const printable = (line: string): string =>
  line.replace(/\t/g, "  ").replace(invisible, "\ufffd");

/** A piece as a terminal shows it: without the marks of code and of bold text. */
export const plain = ({ text }: Markdown): string =>
  text
    .replace(/(`+) ?(.*?) ?\1(?!`)/g, "$2")
    .replaceAll("&#124;", "|")
    .replace("**delete**", "delete");

function cutText(text: string, show: (shown: string) => string): string {
  const shown = text.length <= longest + spare ? text : text.slice(0, longest);
  const left = text.length - shown.length;
  return left === 0 ? show(shown) : `${show(shown)} (and ${left} more characters)`;
}

function chooseQuotes(text: string, least: number): string {
  const runs = text.match(/`+/g) ?? [];
  return "`".repeat(Math.max(least, ...runs.map(({ length }) => length + 1)));
}

/** A text from outside as code in a line. It never contains `|`, so it is safe in a table. */
export function code(text: string): Markdown {
  const quote = (piece: string) => {
    const quotes = chooseQuotes(piece, 1);
    // One more space preserves a backtick or a space at either end of the code.
    const pad = /^[ `]|[ `]$/.test(piece) ? " " : "";
    return piece && `${quotes}${pad}${piece}${pad}${quotes}`;
  };
  const shown = cutText(text, (part) => {
    const line = part.replace(/\s+/g, " ").replace(invisible, "\ufffd").trim();
    return line === "" ? "(empty)" : line.split("|").map(quote).join("&#124;");
  });
  return new Markdown(shown);
}

const maxLines = 60;

/**
 * Lines from outside as a block of code. It shows the first sixty and counts the rest. No line begins with `/`: GitLab
 * executes such a line as a command (`/merge`) if it takes quotes inside the block for the block's end.
 *
 * @param language the program's own word, such as `diff`
 */
export function codeBlock(lines: readonly string[], language = ""): Markdown {
  const show = (line: string) => printable(line).replace(/^\//, " /");
  const all = lines.slice(0, maxLines).map((line) => cutText(line, show));
  all.push(...andMore(lines.length - maxLines));
  const quotes = chooseQuotes(all.join("\n"), 3);
  return new Markdown([`${quotes}${language}`, ...all, quotes].join("\n"));
}

/** Breaks a text into lines of at most 90 characters, because a block of code does not wrap. */
export function wrap(text: string): string[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const [indent = ""] = /^ */.exec(line) ?? [];
    const lines = line.trim().match(/\S.{0,89}(?=\s|$)|\S+/g) ?? [""];
    return lines.map((one, at) => `${indent}${at > 0 ? "  " : ""}${one.trimEnd()}`);
  });
}

/** A table; each row has a cell for each heading. */
export function table(headings: readonly string[], rows: readonly (readonly Markdown[])[]) {
  const cells = [
    headings,
    headings.map(() => ":--"),
    ...rows.map((row) => row.map(({ text }) => text)),
  ];
  return new Markdown(cells.map((line) => `| ${line.join(" | ")} |`).join("\n"));
}

/** The program's own words as a link, or plain if the address could be read as anything but an address. */
export function link(words: string, address: string | undefined): Markdown {
  const isPlain =
    address !== undefined && /^https?:\/\/[\w.:-]+(\/[\w.-]+)+(#[\w-]+)?$/.test(address);
  return new Markdown(isPlain ? `[${words}](${address})` : words);
}

/** Folds a piece away below a line of the program's own words. */
export function details(summary: string, inside: Markdown): Markdown {
  return md`<details><summary>${ours(summary)}</summary>\n\n${inside}\n\n</details>`;
}
