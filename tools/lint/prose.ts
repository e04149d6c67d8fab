/** Checks the prose of the pages by the words in words.yml and the length of sentences: `tsx tools/lint/prose.ts`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { repository } from "../parts";
import { listPages } from "./pages";

const words = parse(readFileSync(join(__dirname, "words.yml"), "utf8")) as {
  readonly find: string;
  readonly write: string;
  readonly cased?: true;
}[];
const rules = words.map(({ find, write, cased }) => ({
  // Emphasis may stand between two words.
  pattern: new RegExp(`(?<!\\w)(?:${find.replaceAll(" ", "[ *]+")})(?!\\w)`, cased ? "g" : "gi"),
  write,
}));

const maxWords = 35;
/** In a text of one line. The words have no abbreviation that ends with a dot. */
const sentence = /.+?(?:[.!?]["')*]*(?= |$)|$)/g;

/** What in a page of Markdown breaks a rule, as `LINE: what to do`. */
export function violationsIn(page: string): string[] {
  const found: { readonly at: number; readonly says: string }[] = [];
  for (const { start, text } of blocksOf(page)) {
    for (const { pattern, write } of rules) {
      for (const { 0: word, index } of text.matchAll(pattern))
        found.push({ at: start + index, says: `"${word.trim()}": write ${write}` });
    }
    for (const { 0: one, index } of text.matchAll(sentence)) {
      const count = one.match(/\S*\w\S*/g)?.length ?? 0;
      const says = `split this sentence: it has ${count} words, more than ${maxWords}`;
      if (count > maxWords) found.push({ at: start + index, says });
    }
  }
  const lineOf = (at: number) => page.slice(0, at).split("\n").length;
  return found.map(({ at, says }) => `${lineOf(at)}: ${says}`);
}

const code = /^```[^]*?^```|^ {4}.*$|<!--[^]*?-->|<[a-z/][^>]*>/gm;
const inline = /`[^`]+`/g;
/** A link's text stays. */
const link = /\[(?=[^\]]*\]\()|\]\([^)\s]*\)/g;
/** Between paragraphs, items, headings and cells. */
const between = /(\n\s*\n|\n(?= *(?:[-*>#]+|\d+\.) )|\|)/;
const marker = /^[\s>#*-]*(?:\d+\. )?/;

/** The paragraphs, items, headings and cells of a page, without code, and where each starts. */
function blocksOf(page: string): { readonly start: number; readonly text: string }[] {
  const blank = (text: string) => text.replaceAll(/[^\n]/g, " ");
  // A letter stands for code, so that a word beside it stays where it is.
  const prose = page
    .replaceAll(code, blank)
    .replaceAll(inline, (text) => "X".repeat(text.length))
    .replaceAll(link, blank);
  let start = 0;
  return prose.split(between).map((block) => {
    const skipped = marker.exec(block)?.[0].length ?? 0;
    const one = { start: start + skipped, text: block.slice(skipped).replaceAll("\n", " ") };
    start += block.length;
    return one;
  });
}

if (require.main === module) {
  for (const page of listPages()) {
    for (const violation of violationsIn(readFileSync(join(repository, page), "utf8"))) {
      console.log(`${page}:${violation}`);
      process.exitCode = 1;
    }
  }
}
