import { mongoshScript } from "../components/migration";
import { schemaOptionsOf, uriFacts } from "../components/settings";
import { command, print, type CommonOptions } from "./command";
import { uriOf } from "./connection";
import { settingsOf } from "./inputs";

/** `script`: the migration for a site that runs no Pulumi. */
export const scriptCommand = command("script", {
  group: "Database",
  does: "Print the migration as a mongosh script.",
  examples: ["npx taskrunner-storage script --stack dev > migration.js"],
  notes: [
    "It is for a site that runs no Pulumi. Its database is mongo.database of the",
    "settings, else that of TASKRUNNER_MONGO_URI, else taskrunner.",
  ],
}).action(async (options: CommonOptions) => {
  const settings = await settingsOf(options);
  const named = uriFacts((await uriOf(options))?.uri ?? "")?.database;
  const database = settings.mongo.database ?? named ?? "taskrunner";
  const script = mongoshScript(schemaOptionsOf(settings), database, settings.advanced.ledger);
  print(options, { script }, script);
});
