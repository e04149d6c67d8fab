import { plan, planAsJson, planInWords } from "../components/migration";
import { command, databaseOf, planOptions, print, settingsOf, type CommonOptions } from "./context";

/** `plan`: what differs, and what stands in the way; changes nothing. */
export const planCommand = command("plan", "what differs from what should exist, with data issues")
  .addHelpText(
    "after",
    "\nExit status: 0 nothing to do, 2 changes, 3 data issues that block, 1 error.",
  )
  .action(async (options: CommonOptions) => {
    const settings = await settingsOf(options);
    const db = await databaseOf(settings);
    const planned = await plan(db, planOptions(settings));
    print(options, planAsJson(planned), planInWords(db.databaseName, planned));
    const blocked = planned.issues.length > 0 && settings.migration.onDataIssue === "fail";
    process.exitCode = blocked ? 3 : planned.changes.length > 0 ? 2 : 0;
  });
