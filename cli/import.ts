import { InvalidArgumentError, Option } from "commander";
import { formatDuration } from "../components/contract/text";
import { describePlace, quarantineFile } from "../components/state";
import {
  type ImportReport,
  type ImportPass,
  type Shard,
  importPasses,
  importState,
} from "../components/transfer";
import { command, usualSeconds } from "./command";
import { formatNumber, formatSize, printReport, sumCounts, withProgress } from "./output";
import { openBothSides, stateOption, type StateOptions } from "./state";

interface ImportOptions extends StateOptions {
  readonly dryRun?: true;
  readonly shard?: Shard;
  readonly cutoverPass: ImportPass;
}

/** `import`: imports the state directory into MongoDB. */
export const importCommand = command("import", {
  group: "Data",
  does: "Import the state directory into MongoDB.",
  options: [
    stateOption,
    new Option("--dry-run", "show what would be imported, and write nothing"),
    new Option("--shard <I/N>", "import the I-th of N parts, such as 2/4").argParser(
      (given): Shard => {
        const [, number = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(given) ?? []).map(Number);
        if (number >= 1 && number <= of) return { number, of };
        throw new InvalidArgumentError("Give I/N with I from 1 to N, such as 2/4.");
      },
    ),
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
    "npx taskrunner-storage import --stack dev --shard 1/2 --json --quiet",
  ],
  statuses: { 0: "all in", 2: "done with quarantined records" },
  connects: { seconds: usualSeconds },
  notes: [
    "A second run resumes where the first stopped. Quarantined records are written",
    "to quarantine.ndjson in the current directory. With --shard several importers",
    "share the work, each with its own part of the runs. --dry-run compares records",
    "with MongoDB only: duplicates far apart on disk are found by the import only.",
  ],
})
  .alias("backfill")
  .action(async (options: ImportOptions) => {
    const { sides, database } = await openBothSides(options);
    const { shard, cutoverPass: pass, dryRun = false } = options;
    const quarantine = quarantineFile(shard);
    // The files that changed were imported by `up`: by hand it repairs what is missing.
    const shouldReadAll = pass === "final";
    const report = await withProgress(options, "import", (watch) =>
      importState({
        ...sides,
        database,
        dryRun,
        pass,
        watch,
        quarantine,
        shouldReadAll,
        ...(shard && { shard }),
      }),
    );
    printReport(options, report, describeImport(sides.root, options, report));
    process.exitCode = sumCounts(report, "quarantined") > 0 ? 2 : 0;
  });

function describeImport(root: string, options: ImportOptions, report: ImportReport) {
  const { elapsedMs, files, bytes, quarantine, incomplete, skipped, conversions } = report;
  const { foreignNames, ...counts } = skipped;
  const others = listCounts(counts);
  const normalized = sumCounts(report, "normalized");
  const refused = sumCounts(report, "quarantined");
  const outcome = refused === 0 ? "all in" : `${formatNumber(refused)} records quarantined`;
  const dry = options.dryRun ? " (dry run: nothing was written)" : "";
  const rate = sumCounts(report, "read") / Math.max(elapsedMs / 1_000, 0.001);
  const where = options.dryRun ? "" : `, all of them in ${quarantineFile(options.shard)}`;
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
    ],
    cases: [
      ["Names that are not state", foreignNames, skipped.foreign],
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
