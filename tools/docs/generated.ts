import { collectionsPage } from "../../docs/collections";
import { settingsPage } from "../../docs/settings";
import { stackFileSchema } from "../../schema/settings";

/** The files that are made from the code, with their texts; paths count from the repository. */
export function generatedFiles(): Readonly<Record<string, string>> {
  return {
    "docs/collections.md": collectionsPage(),
    "docs/settings.md": settingsPage(),
    "schema/settings.json": `${JSON.stringify(stackFileSchema(), undefined, 2)}\n`,
  };
}
