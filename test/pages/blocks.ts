import { parse } from "yaml";

/** A block of code in a page. */
export interface Block {
  /** Of its first line, from 1 on. */
  readonly line: number;
  readonly language: string;
  /** Without its indentation. */
  readonly text: string;
}

const fenced = /^( *)```(\S*).*\n([^]*?)^ *```$/gm;
const indented = /(?<=\n\n)(?: {4,}\S.*\n(?:\n(?= {4}))?)+/g;
const inline = /`([^`]+)`/g;

/** The blocks of code of a page, fenced or indented, in the order of their forms. */
export function blocksOf(page: string): Block[] {
  const lineOf = (at: number) => page.slice(0, at).split("\n").length;
  const first = [...page.matchAll(fenced)].map(({ 2: language = "", 3: text = "", index }) => ({
    line: lineOf(index) + 1,
    language,
    text: unindented(text),
  }));
  const others = [...page.replaceAll(fenced, blank).matchAll(indented)].map(
    ({ 0: text, index }) => ({ line: lineOf(index), language: "", text: unindented(text) }),
  );
  return [...first, ...others];
}

/** The code in the sentences of a page; a line may break in it. */
export function inlineOf(page: string): string[] {
  const prose = page.replaceAll(fenced, blank).replaceAll(indented, blank);
  return [...prose.matchAll(inline)].map(([, code = ""]) =>
    code.replaceAll(/\n */g, " ").replaceAll("\\|", "|"),
  );
}

/** The same lines, empty, so that a line's number stays. */
const blank = (text: string) => text.replaceAll(/.+/g, "");

function unindented(text: string): string {
  const indents = text.match(/^ *(?=\S)/gm) ?? [];
  const depth = Math.min(...indents.map(({ length }) => length));
  return text.replaceAll(new RegExp(`^ {${depth}}`, "gm"), "").trimEnd();
}

/** Whether a text begins with one of these words, after variables that are set for it. */
export const startsWith = (text: string, words: readonly string[]) =>
  words.includes(/^(?:\w+=\S* )*([\w[-]+) /.exec(text)?.[1] ?? "");

/** TypeScript, MongoDB's shell, and JSON with fields left out. */
const isProgram = /^(?:(?:import|export const|const|new|use|\{) |db\.|")/;

/** How a block begins that shows what a command prints. */
const printed = ["The values files set", "Forms of state:", "Cutover 1 of this stack"];

/**
 * The scripts in a block: all of it, what follows its prompts, or the texts of its YAML. Undefined if it is neither of
 * commands nor of data.
 *
 * @param known the first words of commands
 */
export function scriptsIn(
  { language, text }: Block,
  known: readonly string[],
): readonly string[] | undefined {
  if (["sh", "bash", "shell"].includes(language)) return [text];
  if (["ts", "js", "json", "mermaid", "text"].includes(language)) return [];
  if (!["", "console", "yaml"].includes(language)) return undefined;
  // A line that ends in a backslash, or a `> `, continues what follows a prompt.
  const typed = [...text.matchAll(/^\$ (.*(?:\n> .*|(?<=\\)\n.*)*)/gm)].map(([, line = ""]) =>
    line.replaceAll("\n> ", "\n"),
  );
  if (typed.length > 0) return typed;
  if (isProgram.test(text) || printed.some((start) => text.startsWith(start))) return [];
  if (startsWith(text, known)) return [text];
  return textsIn(text)?.filter((one) => startsWith(one, known));
}

/** The texts in YAML; undefined if it is not valid, or has no list or section. */
function textsIn(yaml: string): string[] | undefined {
  const texts = (data: unknown): string[] => {
    if (typeof data === "string") return [data];
    return typeof data === "object" && data ? Object.values(data).flatMap(texts) : [];
  };
  try {
    const data: unknown = parse(yaml);
    return typeof data === "object" && data ? texts(data) : undefined;
  } catch {
    return undefined;
  }
}
