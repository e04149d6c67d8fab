import { program } from "../../cli/program";
import { argsModules } from "./args";
import { cliPage } from "./cli";
import { collectionsPage } from "./collections";
import { settingsPages } from "./settings";
import { printedSchemas, stackFileSchema } from "./schema";

/** Generated files by their path in the repository, with their texts. */
export function generateFiles(): Readonly<Record<string, string>> {
  const schemas = { ...printedSchemas(), "docs/settings.schema.json": stackFileSchema() };
  return {
    ...argsModules(),
    "docs/cli.md": cliPage(program),
    "docs/collections.md": collectionsPage(),
    ...settingsPages(),
    ...Object.fromEntries(
      Object.entries(schemas).map(([file, schema]) => [
        file,
        `${JSON.stringify(schema, undefined, 2)}\n`,
      ]),
    ),
  };
}
