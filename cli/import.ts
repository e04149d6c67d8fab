import { InvalidArgumentError, Option } from "commander";
import { describePlace, quarantineFile } from "../components/state";
import {
  type ImportReport,
  type ImportStage,
  type Shard,
  importStages,
  importState,
} from "../components/transfer";
import { type CommonOptions, command, print, usualSeconds } from "./command";
import { addressOf, connect } from "./connection";
import { requireReadable, settingsOf, sizeOfState, requestedState, stateOption } from "./inputs";
import { withProgress } from "./progress";
import { describeCases, countsTable, duration, size, sumOf, whole } from "./words";

interface ImportOptions extends CommonOptions {
  readonly state?: string;
  readonly dryRun?: true;
  readonly shard?: Shard;
  readonly stage: ImportStage;
}

/** `import`: filesystem state into MongoDB. */
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
    new Option("--stage <stage>", "the stage of the cutover; final only inserts runs")
      .choices(importStages)
      .default("backfill"),
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
    const settings = await settingsOf(options);
    const sides = requestedState(settings, options);
    await requireReadable(sides);
    const database = await connect(options, await addressOf(options, settings));
    const { shard, stage, dryRun = false } = options;
    const bytes = async () => ({ bytes: sumOf(await sizeOfState(sides), "bytes") });
    const watched = { what: "import", total: shard ? undefined : bytes } as const;
    const report = await withProgress(options, watched, (watch) =>
      importState({
        ...{ ...sides, database, dryRun, stage, watch },
        quarantine: quarantineFile(options.shard),
        ...(shard && { shard }),
      }),
    );
    print(options, report, describeImport(sides.root, options, report));
    process.exitCode = sumOf(report, "quarantined") > 0 ? 2 : 0;
  });

function describeImport(root: string, options: ImportOptions, report: ImportReport): string {
  const { elapsedMs, files, bytes, quarantine, incomplete, skipped, conversions } = report;
  const { foreignNames, ...counts } = skipped;
  const isAnySkipped = Object.values(counts).some((count) => count > 0);
  const normalized = sumOf(report, "normalized");
  const refused = sumOf(report, "quarantined");
  const outcome = refused === 0 ? "all in" : `${whole(refused)} records quarantined`;
  const dry = options.dryRun ? " (dry run: nothing was written)" : "";
  const rate = sumOf(report, "read") / Math.max(elapsedMs / 1_000, 0.001);
  return [
    `Import of ${root}: ${outcome}${dry}`,
    "",
    countsTable(report, {
      read: "read",
      inserted: "inserted",
      updated: "updated",
      unchanged: "unchanged",
      quarantined: "quarantined",
    }),
    "",
    `${whole(files)} files, ${size(bytes)} read in ${duration(elapsedMs)}, ` +
      `${whole(rate)} records/s`,
    ...(normalized > 0 ? [`${whole(normalized)} normalized: ${listCounts(conversions)}`] : []),
    ...(isAnySkipped ? [`skipped: ${listCounts(counts)}`] : []),
    ...describeCases("Names that are not state", foreignNames, skipped.foreign),
    ...describeCases(
      `Left for the next run, because its last line has no end yet`,
      incomplete.map(({ file, line }) => `${file} line ${line}`),
      incomplete.length,
    ),
    ...describeCases(
      `Quarantined${options.dryRun ? "" : `, all of them in ${quarantineFile(options.shard)}`}`,
      quarantine.map(({ reason, detail, ...place }) => {
        return `${describePlace(place)}: ${detail} (${reason})`;
      }),
      refused,
    ),
  ].join("\n");
}

function listCounts(counts: object): string {
  return Object.entries(counts as Record<string, number>)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${whole(count)} ${name}`)
    .join(", ");
}
