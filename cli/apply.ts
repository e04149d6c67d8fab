import { requireServer } from "../components/cluster/server";
import { databaseAt } from "../components/mongo";
import { apply, planAsJson, planInWords } from "../components/migration";
import { version } from "../package.json";
import { addressOf, command, print, planOptions, settingsOf, type CommonOptions } from "./context";

/** `apply`: does the plan. */
export const applyCommand = command("apply", "does the plan")
  .addHelpText(
    "after",
    "\nExit status: 0 done, 3 blocked by data issues (nothing changed), 1 error.",
  )
  .action(async (options: CommonOptions) => {
    const settings = await settingsOf(options);
    const { adopt, onDataIssue } = settings.migration;
    const address = addressOf(settings);
    const db = await databaseAt(address);
    const planned = planOptions(settings);
    await requireServer(db, address.uri, planned.schema.collections);
    const done = await apply(db, {
      ...planned,
      stack: `taskrunner-storage/${options.stack ?? "command line"}`,
      toolVersion: version,
      adopt,
      onDataIssue,
    });
    const { appliedAt } = done;
    print(
      options,
      { ...planAsJson(done), appliedAt },
      `Done.\n${planInWords(db.databaseName, done)}`,
    );
  });
