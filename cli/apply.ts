import { requireServer } from "../components/cluster/server";
import { apply, planAsJson, describePlan } from "../components/migration";
import { command, print, usualSeconds, type CommonOptions } from "./command";
import { addressOf, connect } from "./connection";
import { planOptions, settingsOf } from "./inputs";

/** `apply`: does the plan. */
export const applyCommand = command("apply", {
  group: "Database",
  does: "Apply the plan: collections, validators and indexes.",
  examples: ["npx taskrunner-storage apply --stack dev"],
  statuses: { 3: "blocked by data issues; nothing was changed" },
  connects: { seconds: usualSeconds },
}).action(async (options: CommonOptions) => {
  const settings = await settingsOf(options);
  const { adopt, onDataIssue } = settings.migration;
  const planned = planOptions(settings);
  const address = await addressOf(options, settings);
  const db = await connect(options, address);
  await requireServer(db, address.uri, planned.schema.collections);
  const done = await apply(db, {
    ...planned,
    stack: `taskrunner-storage/${options.stack ?? "command line"}`,
    adopt,
    onDataIssue,
  });
  const { appliedAt } = done;
  print(
    options,
    { ...planAsJson(done), appliedAt },
    `Done.\n${describePlan(db.databaseName, done)}`,
  );
});
