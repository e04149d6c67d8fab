import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The text of README.md. */
export const readme = readFileSync(resolve(__dirname, "../README.md"), "utf8");

/** The indented blocks of a section of a page, the README by default, without their indentation. */
export function blocksIn(title: string, page = readme): string[] {
  const [, section = ""] = page.split(`## ${title}\n`);
  const [text = ""] = section.split(/^## /m);
  return [...text.matchAll(/(?:^ {4}.*\n(?:\n(?= {4}))?)+/gm)].map(([block]) =>
    block.replaceAll(/^ {4}/gm, "").trimEnd(),
  );
}
