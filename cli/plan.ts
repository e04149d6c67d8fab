import type { Db } from "mongodb";
import { ConnectionError } from "../components/mongo";
import {
  nothingPlanned,
  plan,
  planAsJson,
  planInWords,
  previewScan,
} from "../components/migration";
import type { CommandSettings } from "../components/settings";
import {
  type CommonOptions,
  command,
  databaseOf,
  exitWith,
  mayExitZero,
  planOptions,
  print,
  settingsOf,
} from "./context";
import { planFacts } from "./plan-facts";

/** `plan`: what differs, what blocks it and how much there is on disk; changes nothing. */
export const planCommand = mayExitZero(
  command("plan", "what differs from what should exist, with data issues"),
)
  .addHelpText(
    "after",
    "\nWith --json also the files on disk by kind, the documents in each collection, what an expiry would\n" +
      "delete and, in filesystem mode, what a rollback would find; in that mode MongoDB may be\n" +
      "unreachable.\n\n" +
      "Exit status: 0 nothing to do, 2 changes, 3 data issues that block, 1 error.",
  )
  .action(async (options: CommonOptions & { readonly exitZero?: true }) => {
    const settings = await settingsOf(options);
    const { db, why } = await reachDatabase(settings);
    const planned = db
      ? await plan(db, { ...planOptions(settings), scan: previewScan })
      : nothingPlanned;
    const facts = options.json ? await planFacts(settings, db) : {};
    print(
      options,
      { reachable: db !== undefined, ...planAsJson(planned), ...facts },
      db ? planInWords(db.databaseName, planned) : `MongoDB is unreachable: ${why ?? ""}`,
    );
    const blocked = planned.issues.length > 0 && settings.migration.onDataIssue === "fail";
    exitWith(blocked ? 3 : planned.changes.length > 0 ? 2 : 0, options);
  });

interface Reached {
  readonly db?: Db;
  /** Why there is none; names hosts, never secrets. */
  readonly why?: string;
}

/** The database; optional in filesystem mode. */
async function reachDatabase(settings: CommandSettings): Promise<Reached> {
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
