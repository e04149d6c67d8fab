import { Option } from "commander";
import { formatDuration } from "../components/text";
import { describePlace, quarantineFile } from "../components/state";
import {
  type ImportReport,
  type ImportPass,
  importPasses,
  importState,
} from "../components/transfer";
import { command, usualSeconds } from "./command";
import { formatNumber, formatSize, printReport, sumCounts, withProgress } from "./output";
import { openBothSides, stateOption, type StateOptions } from "./state";

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
    const { sides, database } = await openBothSides(options);
    const { cutoverPass: pass, dryRun = false } = options;
    // The files that changed were imported by `up`: by hand it repairs what is missing.
    const from = pass === "final" ? "start" : "checkpoints";
    const report = await withProgress(options, "import", (watch) =>
      importState({
        ...sides,
        database,
        dryRun,
        pass,
        watch,
        quarantine: quarantineFile,
        from,
      }),
    );
    printReport(options, report, describeImport(sides.root, options, report));
    const left = sumCounts(report, "quarantined") + report.changedFiles;
    process.exitCode = left > 0 ? 2 : 0;
  });

function describeImport(root: string, options: ImportOptions, report: ImportReport) {
  const { elapsedMs, files, bytes, quarantine, incomplete, skipped, conversions, changedFiles } =
    report;
  const { foreignNames, unknownNames, ...counts } = skipped;
  const others = listCounts(counts);
  const normalized = sumCounts(report, "normalized");
  const refused = sumCounts(report, "quarantined");
  const whole = changedFiles === 0 ? "all in" : "run it again for the files that changed meanwhile";
  const outcome = refused === 0 ? whole : `${formatNumber(refused)} records quarantined`;
  const dry = options.dryRun ? " (dry run: nothing was written)" : "";
  const rate = sumCounts(report, "read") / Math.max(elapsedMs / 1_000, 0.001);
  const where = options.dryRun ? "" : `, all of them in ${quarantineFile}`;
  return {
    title: `Import of ${root}: ${outcome}${dry}`,
    columns: {
      read: "read",
      inserted: "inserted",
      updated: "updated",
      unchanged: "unchanged",
      removed: "removed",
      quarantined: "quarantined",
    },
    lines: [
      `${formatNumber(files)} files, ${formatSize(bytes)} read in ${formatDuration(elapsedMs)}, ` +
        `${formatNumber(rate)} records/s`,
      ...(normalized > 0
        ? [`${formatNumber(normalized)} normalized: ${listCounts(conversions)}`]
        : []),
      ...(others === "" ? [] : [`skipped: ${others}`]),
      ...(changedFiles === 0
        ? []
        : [`changed after they were read: ${formatNumber(changedFiles)}`]),
    ],
    cases: [
      ["Names that are not state", foreignNames, skipped.foreign],
      ["Folders and links that no import reads", unknownNames, skipped.unknown],
      ["Begun in MongoDB from their jobs; the files are in superseded/", report.begunInMongo ?? []],
      [
        "Approval decided on files after the handover; the job that may have to be moved back",
        (report.decidedLate ?? []).map(({ runId, job = "unknown" }) => `${runId}: ${job}`),
      ],
      [
        "Left for the next run, because its last line has no end yet",
        incomplete.map(({ file, line }) => `${file} line ${line}`),
      ],
      [
        `Quarantined${where}`,
        quarantine.map(
          ({ reason, detail, ...place }) => `${describePlace(place)}: ${detail} (${reason})`,
        ),
        refused,
      ],
    ],
  } as const;
}

function listCounts(counts: object): string {
  return Object.entries(counts as Record<string, number>)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${formatNumber(count)} ${name}`)
    .join(", ");
}
