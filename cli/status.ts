import { status, describeStatus } from "../components/migration";
import { schemaOptionsOf } from "../components/settings";
import { command, lookSeconds, print, type CommonOptions } from "./command";
import { addressOf, connect } from "./connection";
import { settingsOf } from "./inputs";

/** `status`: where a database stands. */
export const statusCommand = command("status", {
  group: "Database",
  does: "Show the ledger, the last fence, the drift and the counts.",
  examples: ["npx taskrunner-storage status --stack dev"],
  connects: { seconds: lookSeconds },
}).action(async (options: CommonOptions) => {
  const settings = await settingsOf(options);
  const db = await connect(options, await addressOf(options, settings), lookSeconds);
  const found = await status(db, schemaOptionsOf(settings), settings.advanced.ledger);
  const mode = `  settings   storageMode: ${settings.storageMode}`;
  print(
    options,
    { ...found, storageMode: settings.storageMode },
    `${describeStatus(found)}\n${mode}`,
  );
});
