import { Option } from "commander";
import { requireServer } from "../components/cluster/server";
import { databaseAt, hostsInWords } from "../components/connection";
import { apply, planAsJson, planInWords } from "../components/migration";
import { version } from "../package.json";
import {
  addressOf,
  command,
  commandReach,
  print,
  planOptions,
  settingsOf,
  type CommonOptions,
} from "./context";

interface ApplyOptions extends CommonOptions {
  readonly follows?: string;
  readonly identity?: string;
  readonly formerLedger?: string;
}

/** `apply`: does the plan; what a Job calls. */
export const applyCommand = command("apply", "does the plan")
  .addOption(
    new Option(
      "--follows <time>",
      "refuses a database that is no copy of the one where it was applied then",
    ).hideHelp(),
  )
  .addOption(new Option("--identity <id>", "of the record there, which a copy has too").hideHelp())
  .option(
    "--former-ledger <collection>",
    "what advanced.ledger was before it was renamed: its record's fences come along",
  )
  .addHelpText(
    "after",
    "\nExit status: 0 done, 3 blocked by data issues (nothing changed), 1 error.",
  )
  .action(async (options: ApplyOptions) => {
    const settings = await settingsOf(options);
    const { adopt, onDataIssue } = settings.migration;
    const address = addressOf(settings);
    const db = await databaseAt(address, commandReach);
    await requireServer(db, address.uri);
    const done = await apply(db, {
      ...planOptions(settings),
      stack: `taskrunner-storage/${options.stack ?? "command line"}`,
      toolVersion: version,
      adopt,
      onDataIssue,
      formerLedger: options.formerLedger,
      move: moveOf(options, options.formerLedger ?? settings.advanced.ledger, address.uri),
    });
    const { appliedAt, identity } = done;
    print(
      options,
      { ...planAsJson(done), appliedAt, identity },
      `Done.\n${planInWords(db.databaseName, done)}`,
    );
  });

function moveOf({ follows: since, identity }: ApplyOptions, ledger: string, uri: string) {
  if (since === undefined) return undefined;
  return { ledger, since, identity, from: "the former server", to: hostsInWords(uri) };
}
