import { resolve } from "node:path";
import type { Command } from "commander";
import type { StateAddress } from "../components/state";
import type { BothSides } from "../components/transfer";
import type { CommandSettings } from "../components/settings";
import { databaseAt } from "../components/mongo";
import { addressOf, type CommonOptions, settingsOf } from "./context";

/** What names filesystem state and the collections beside it, without the database. */
export type StateSides = Omit<BothSides, "database" | "watch">;

/** Filesystem state below a folder and the database, under the settings or the defaults. */
export async function sidesOf(options: CommonOptions, directory: string): Promise<BothSides> {
  const settings = await settingsOf(options);
  return { database: await databaseAt(addressOf(settings)), ...stateSides(settings, directory) };
}

/** Filesystem state below a folder, under the settings or the defaults. */
export function stateSides(settings: CommandSettings, directory: string): StateSides {
  const { checkpoints, layout } = settings.advanced;
  const address: StateAddress = {
    root: resolve(directory),
    layout,
    approvals: settings.approvals,
  };
  return { ...address, collections: settings.mongo.collections, checkpoints };
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
