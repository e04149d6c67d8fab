import { status, statusInWords } from "../components/migration";
import { schemaOptionsOf } from "../components/settings";
import { command, databaseOf, print, settingsOf, type CommonOptions } from "./context";

/** `status`: where a database stands. */
export const statusCommand = command("status", "ledger, drift and counts on one screen").action(
  async (options: CommonOptions) => {
    const settings = await settingsOf(options);
    const db = await databaseOf(settings);
    const found = await status(db, schemaOptionsOf(settings), settings.advanced.ledger);
    const mode = `  settings   storageMode: ${settings.storageMode}`;
    print(
      options,
      { ...found, storageMode: settings.storageMode },
      `${statusInWords(found)}\n${mode}`,
    );
  },
);
