import { readFileSync } from "node:fs";
import { join } from "node:path";
import { repository } from "../../tools/parts";

/** The page for an emergency, as it stands. */
export const page = readFileSync(join(repository, "docs/emergency.md"), "utf8");

/** The commands of each section, by its title, a text a block; those of the top have no title. */
export const sections: ReadonlyMap<string, readonly string[]> = new Map(
  page.split(/^## /m).map((section, at) => {
    const title = at === 0 ? "" : (section.split("\n")[0] ?? "");
    return [title, [...section.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = ""]) => block)];
  }),
);

/** The one block of a section that has one, or one of several, from 0 on. */
export function blockOf(title: string, number = 0): string {
  const block = sections.get(title)?.[number];
  if (block === undefined) throw new Error(`docs/emergency.md has no block ${number} in ${title}`);
  return block;
}
