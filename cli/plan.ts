import { Option } from "commander";
import type { Db } from "mongodb";
import { ConnectionError } from "../components/mongo";
import {
  nothingPlanned,
  plan,
  planAsJson,
  describePlan,
  previewScan,
} from "../components/migration";
import type { CommandSettings } from "../components/settings";
import { type CommonOptions, command, lookSeconds, print } from "./command";
import { addressOf, connect, uriOf } from "./connection";
import { planOptions, settingsOf } from "./inputs";
import { planFacts } from "./plan-facts";

/** `plan`: what differs, what blocks it and how much there is on disk; changes nothing. */
export const planCommand = command("plan", {
  group: "Database",
  does: "Show what would change, and which data block it.",
  options: [
    new Option("--exit-zero", "end with 0 if there is a result, so that a workflow goes on"),
  ],
  examples: [
    "npx taskrunner-storage plan --stack dev",
    "npx taskrunner-storage plan --stack dev --json > plan.json",
  ],
  statuses: { 0: "nothing to do", 2: "changes to apply", 3: "data issues that block them" },
  connects: { seconds: lookSeconds },
  notes: [
    "It changes nothing. With --json it also counts the files on disk by kind, the",
    "documents in each collection, what an expiry would delete and, in filesystem",
    "mode, what a rollback would find. In that mode MongoDB may be unreachable.",
  ],
}).action(async (options: CommonOptions & { readonly exitZero?: true }) => {
  const settings = await settingsOf(options);
  const wanted = planOptions(settings);
  const { db, why } = await reachDatabase(options, settings);
  const planned = db ? await plan(db, { ...wanted, scan: previewScan }) : nothingPlanned;
  const facts = options.json ? await planFacts(settings, db) : {};
  const blocked = planned.issues.length > 0 && settings.migration.onDataIssue === "fail";
  print(
    options,
    { reachable: db !== undefined, blocked, ...planAsJson(planned), ...facts },
    db ? describePlan(db.databaseName, planned) : `MongoDB is unreachable: ${why ?? ""}`,
  );
  const status = blocked ? 3 : planned.changes.length > 0 ? 2 : 0;
  process.exitCode = options.exitZero ? 0 : status;
});

// Or why there is none; names hosts, never secrets.
async function reachDatabase(
  options: CommonOptions,
  settings: CommandSettings,
): Promise<{ db?: Db; why?: string }> {
  const isNeeded = settings.storageMode === "mongo";
  if (!isNeeded && !(await uriOf(options))) return { why: "TASKRUNNER_MONGO_URI is not set." };
  const address = await addressOf(options, settings);
  try {
    return { db: await connect(options, address, lookSeconds) };
  } catch (error) {
    if (isNeeded || !(error instanceof ConnectionError)) throw error;
    return { why: error.message };
  }
}
