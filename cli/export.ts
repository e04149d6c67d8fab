import { statSync } from "node:fs";
import { Option } from "commander";
import {
  formatCount,
  formatDuration,
  formatNumber,
  formatPrinted,
  formatSize,
} from "../components/text";
import {
  type Report,
  exportByHand,
  exportByHandSections,
  reportProgress,
  rollbackSections,
  runRollback,
  countOf,
  toMessages,
} from "../components/transfer";
import type { CommandSettings } from "../components/settings";
import { command, UsageError, usualSeconds } from "./command";
import { announce, connect, findUri, loadSettings, parseAddress } from "./inputs";
import { print, printReport, progressPrinter } from "./output";
import { requestedState, stateOption, type StateOptions, type StateSides } from "./state";

interface ExportOptions extends StateOptions {
  readonly all?: true;
  readonly run?: string[];
  readonly holdUnfinished?: true;
}

/** `export`: writes MongoDB's changes to files. */
export const exportCommand = command("export", {
  group: "Data",
  does: "Write what changed in MongoDB to the state directory.",
  options: [
    stateOption,
    new Option("--all", "look at every run, not only at those that changed"),
    new Option("--run <id...>", "export only these runs, also if they were removed on disk"),
    new Option("--hold-unfinished", "roll back by hand, while no worker runs"),
  ],
  examples: [
    "npx taskrunner-storage export --stack dev",
    "npx taskrunner-storage export --stack dev --hold-unfinished",
  ],
  statuses: { 2: "done with conflicts, or records that could not be written" },
  connects: { seconds: usualSeconds, also: "with --hold-unfinished advanced.electionSeconds" },
  notes: [
    "It asks nothing. The documents of the services stay as they are in MongoDB, and",
    "so does a file that changed on both sides.",
    "--hold-unfinished also ends the cutover in cutover.json and in the ledger. If no",
    "member of MongoDB answers, it moves unfinished runs to held/ in the state",
    "directory, so that no step is executed twice. Its dry run is plan --json with",
    "storageMode: filesystem: leftBehind or findings say what it would do.",
    "--all recreates a state directory that was lost.",
  ],
}).action(async (options: ExportOptions) => {
  const settings = await loadSettings(options);
  const sides = requestedState(settings, options);
  const { root } = sides;
  // --all recreates a lost directory.
  if (!options.all && !statSync(root, { throwIfNoEntry: false })?.isDirectory()) {
    throw new UsageError(
      `The state directory ${root} is not a directory. Mount it here, or set --state to another one.`,
    );
  }
  if (options.holdUnfinished) await rollBack(settings, sides, options);
  else await exportChanges(settings, sides, options);
});

async function exportChanges(
  settings: CommandSettings,
  sides: StateSides,
  options: ExportOptions,
): Promise<void> {
  const database = await connect(options, parseAddress(await findUri(options), settings));
  const { ledger, electionSeconds, exportUnconfirmed } = settings.advanced;
  const report = await reportProgress(
    "export",
    { ...sides, database, all: options.all ?? false, only: options.run },
    (both) => exportByHand(both, { ledger, electionSeconds, exportUnconfirmed }),
    progressPrinter(options),
  );
  printReport(options, "export", report, describeExport(sides, report));
  const left = report.conflicts.count + report.unwritable.count + report.stillHeld.count;
  process.exitCode = left > 0 ? 2 : 0;
}

async function rollBack(
  settings: CommandSettings,
  sides: StateSides,
  options: ExportOptions,
): Promise<void> {
  const address = parseAddress(await findUri(options), settings);
  const { ledger, electionSeconds: usual, abandonMongo, exportUnconfirmed } = settings.advanced;
  const electionSeconds = options.connectTimeout ?? usual;
  announce(options, address);
  const done = await runRollback(sides, {
    uri: address.uri,
    name: address.database,
    cutoverAt: undefined,
    ledger,
    electionSeconds,
    abandonMongo,
    exportUnconfirmed,
    watch: progressPrinter(options),
  });
  const known = { cutoverAt: undefined, isAgain: false };
  const lines = toMessages(rollbackSections(done, sides, known)).map(formatPrinted);
  print(options, "export-hold-unfinished", done, lines.join("\n"));
  const { conflicts, unwritable, destinationTaken } = done.exported ?? {};
  const left = countOf(conflicts) + countOf(unwritable) + countOf(destinationTaken);
  if (left > 0) process.exitCode = 2;
}

function describeExport(sides: StateSides, report: Report<"export">) {
  const { files, bytes, elapsedMs } = report;
  const { count: conflicts } = report.conflicts;
  const { count: unwritable } = report.unwritable;
  const outcome =
    conflicts + unwritable === 0
      ? "done"
      : `${formatCount(conflicts, "conflict")}, ${formatCount(unwritable, "record")} that could not be written`;
  return {
    pass: "export" as const,
    title: `Export to ${sides.root}: ${outcome}`,
    lines: [
      `${formatNumber(files)} files, ${formatSize(bytes)} written in ${formatDuration(elapsedMs)}`,
    ],
    sections: exportByHandSections(report, sides),
  };
}
