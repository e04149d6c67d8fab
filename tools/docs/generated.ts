import { program } from "../../cli/program";
import { cliPages } from "../../docs/cli";
import { collectionsPage } from "../../docs/collections";
import { settingsPages } from "../../docs/settings";
import { palettes, timeline } from "../../docs/timeline";
import { stackFileSchema } from "../../schema/settings";

/** The files that are made from the code, with their texts; paths count from the repository. */
export function generateFiles(): Readonly<Record<string, string>> {
  return {
    ...cliPages(program),
    "docs/collections.md": collectionsPage(),
    ...settingsPages(),
    "docs/pictures/cutover-dark.svg": timeline(palettes.dark),
    "docs/pictures/cutover-light.svg": timeline(palettes.light),
    "schema/settings.json": `${JSON.stringify(stackFileSchema(), undefined, 2)}\n`,
  };
}
