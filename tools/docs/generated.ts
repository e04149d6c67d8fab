import { program } from "../../cli/program";
import { argsModules } from "./args";
import { cliPage } from "./cli";
import { collectionsPage } from "./collections";
import { settingsPages } from "./settings";
import { stackFileSchema } from "./schema";

/** Generated files by their path in the repository, with their texts. */
export function generateFiles(): Readonly<Record<string, string>> {
  return {
    ...argsModules(),
    "docs/cli.md": cliPage(program),
    "docs/collections.md": collectionsPage(),
    ...settingsPages(),
    "docs/settings.schema.json": `${JSON.stringify(stackFileSchema(), undefined, 2)}\n`,
  };
}
