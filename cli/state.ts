import { resolve } from "node:path";
import type { Command } from "commander";
import type { BothSides } from "../components/backfill";
import { settingsSchema } from "../components/settings";
import { databaseOf, settingsOf, type CommonOptions } from "./context";

/** Filesystem state below a folder and the database, under the settings or the defaults. */
export async function sidesOf(options: CommonOptions, directory: string): Promise<BothSides> {
  const settings = await settingsOf(options);
  const { checkpoints, layout } =
    settings.backfill ??
    settingsSchema.shape.backfill.unwrap().parse({ source: { path: directory } });
  return {
    database: await databaseOf(settings),
    collections: settings.mongo.collections,
    root: resolve(directory),
    layout,
    approvals: settings.indexes.approvals,
    checkpoints,
  };
}

/** Says in a command's help what its exit status means, with an example. */
export function helpAfter(command: Command, statuses: string, example: string): Command {
  return command.addHelpText(
    "after",
    `\nExit status: ${statuses}.\n\nExample:\n` +
      "  TASKRUNNER_MONGO_URI=mongodb://127.0.0.1:27017/taskrunner \\\n" +
      `    taskrunner-storage ${example}`,
  );
}
