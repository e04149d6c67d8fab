import { Option } from "commander";
import { isUnseen } from "../components/settings";
import { formatCount, formatDuration, formatNumber, formatSize } from "../components/text";
import { ownFiles } from "../components/state";
import {
  type Report,
  type ImportPass,
  importPasses,
  importSections,
  importState,
  recordFinalPass,
  reportProgress,
  sumCounts,
} from "../components/transfer";
import { command, usualSeconds } from "./command";
import { printReport, progressPrinter } from "./output";
import { openBothSides, stateOption, type StateOptions, type StateSides } from "./state";

interface ImportOptions extends StateOptions {
  readonly dryRun?: true;
  readonly cutoverPass: ImportPass;
}

/** `import`: imports the state directory into MongoDB. */
export const importCommand = command("import", {
  group: "Data",
  does: "Import the state directory into MongoDB.",
  options: [
    stateOption,
    new Option("--dry-run", "show what would be imported, and write nothing"),
    new Option(
      "--cutover-pass <pass>",
      "the pass of a cutover; final reads every file, and only inserts runs",
    )
      .choices(importPasses)
      .default("bulk"),
  ],
  examples: [
    "npx taskrunner-storage import --stack dev --dry-run",
    "npx taskrunner-storage import --stack dev",
  ],
  statuses: { 0: "all in", 2: "done with quarantined records" },
  connects: { seconds: usualSeconds },
  notes: [
    "A second run resumes where the first stopped. Quarantined records are written",
    "to quarantine.ndjson in the current directory. --dry-run compares records with",
    "MongoDB only: duplicates far apart on disk are found by the import only.",
  ],
})
  .alias("backfill")
  .action(async (options: ImportOptions) => {
    const { settings, sides, database } = await openBothSides(options);
    const { cutoverPass: pass, dryRun = false } = options;
    // The files that changed were imported by `up`: by hand it repairs what is missing.
    const from = pass === "final" ? "start" : "checkpoints";
    const report = await reportProgress(
      "import",
      { ...sides, database },
      (both) => importState({ ...both, dryRun, pass, quarantine: ownFiles.quarantine, from }),
      progressPrinter(options),
    );
    // `up` has recorded it of services that the program sees.
    if (pass === "final" && isUnseen(settings.rollout) && !dryRun && report.changedFiles === 0)
      await recordFinalPass({ ...sides, database, ledger: settings.advanced.ledger });
    printReport(options, "import", report, describeImport(sides, options, report));
    const left = sumCounts(report, "quarantined") + report.changedFiles;
    process.exitCode = left > 0 ? 2 : 0;
  });

function describeImport(sides: StateSides, { dryRun }: ImportOptions, report: Report<"import">) {
  const { elapsedMs, files, bytes, skipped, changedFiles } = report;
  const { hidden, temporary, foreign, unknown } = skipped;
  const others = listCounts({ hidden, temporary, foreign, unknown });
  const quarantined = sumCounts(report, "quarantined");
  const whole = changedFiles === 0 ? "all in" : "run it again for the files that changed meanwhile";
  const outcome = quarantined === 0 ? whole : `${formatCount(quarantined, "record")} quarantined`;
  const rate = sumCounts(report, "read") / Math.max(elapsedMs / 1_000, 0.001);
  return {
    pass: "import" as const,
    title: `Import of ${sides.root}: ${outcome}${dryRun ? " (dry run: nothing was written)" : ""}`,
    lines: [
      `${formatNumber(files)} files, ${formatSize(bytes)} read in ${formatDuration(elapsedMs)}, ` +
        `${formatNumber(rate)} records/s`,
      ...(others === "" ? [] : [`skipped: ${others}`]),
      ...(changedFiles === 0
        ? []
        : [`changed after they were read: ${formatNumber(changedFiles)}`]),
    ],
    sections: importSections(report, sides),
    ending:
      quarantined === 0 || dryRun
        ? undefined
        : `All quarantined records are in ${ownFiles.quarantine}.`,
  };
}

function listCounts(counts: object): string {
  return Object.entries(counts as Record<string, number>)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${formatNumber(count)} ${name}`)
    .join(", ");
}
