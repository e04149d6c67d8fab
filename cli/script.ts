import { mongoshScript } from "../components/migration";
import { schemaOptionsOf, requireIndexNames, uriFacts } from "../components/settings";
import { command, print, settingsOf, type CommonOptions } from "./context";

/** `script`: the migration for a site that runs no Pulumi. */
export const scriptCommand = command("script", "the migration as a mongosh script").action(
  async (options: CommonOptions) => {
    const settings = await settingsOf(options);
    const named = uriFacts(process.env.TASKRUNNER_MONGO_URI ?? "")?.database;
    const database = settings.mongo.database ?? named ?? "taskrunner";
    requireIndexNames(settings);
    const script = mongoshScript(schemaOptionsOf(settings), database, settings.advanced.ledger);
    print(options, { script }, script);
  },
);
