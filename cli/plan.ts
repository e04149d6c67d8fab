import type { Db } from "mongodb";
import { ConnectionError } from "../components/connection";
import { nothingPlanned, plan, planAsJson, planInWords } from "../components/migration";
import type { CommandSettings } from "../components/settings";
import {
  command,
  databaseOf,
  exitWith,
  mayExitZero,
  planOptions,
  print,
  settingsOf,
  type CommonOptions,
} from "./context";
import { folderHere, leftBehind } from "./plan-state";
import { stateOnDisk } from "./state-on-disk";

/** `plan`: what differs, what stands in the way and how much there is on disk; changes nothing. */
export const planCommand = mayExitZero(
  command("plan", "what differs from what should exist, with data issues"),
)
  .addHelpText(
    "after",
    "\nWith --json also the files on disk by kind and, in filesystem mode, what a way back would find;\n" +
      "in that mode MongoDB may be out of reach.\n\n" +
      "Exit status: 0 nothing to do, 2 changes, 3 data issues that block, 1 error.",
  )
  .action(async (options: CommonOptions & { readonly exitZero?: true }) => {
    const settings = await settingsOf(options);
    const { db, why } = await reached(settings);
    const planned = db ? await plan(db, planOptions(settings)) : nothingPlanned;
    const facts = options.json ? await factsFor(settings, db) : {};
    print(
      options,
      { reachable: db !== undefined, ...planAsJson(planned), ...facts },
      db ? planInWords(db.databaseName, planned) : `MongoDB is out of reach: ${why ?? ""}`,
    );
    const blocked = planned.issues.length > 0 && settings.migration.onDataIssue === "fail";
    exitWith(blocked ? 3 : planned.changes.length > 0 ? 2 : 0, options);
  });

interface Reached {
  readonly db?: Db;
  /** Why there is none; names hosts, never secrets. */
  readonly why?: string;
}

/** The database; filesystem mode does without. */
async function reached(settings: CommandSettings): Promise<Reached> {
  const isNeeded = settings.storageMode === "mongo";
  if (!isNeeded && !process.env.TASKRUNNER_MONGO_URI) {
    return { why: "TASKRUNNER_MONGO_URI is not set." };
  }
  try {
    return { db: await databaseOf(settings) };
  } catch (error) {
    if (isNeeded || !(error instanceof ConnectionError)) throw error;
    return { why: error.message };
  }
}

async function factsFor(settings: CommandSettings, db: Db | undefined): Promise<object> {
  const folder = await folderHere(settings);
  if (!folder) return {};
  const isBack = settings.storageMode === "filesystem";
  return {
    state: await stateOnDisk(folder),
    ...(isBack && { leftBehind: await leftBehind(settings, folder, db) }),
  };
}
