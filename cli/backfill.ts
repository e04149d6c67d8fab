import { InvalidArgumentError, Option } from "commander";
import { placeInWords } from "../components/state";
import {
  type ImportReport,
  type ImportStage,
  type Shard,
  importStages,
  importState,
} from "../components/transfer";
import { type CommonOptions, command, print } from "./context";
import { showProgress } from "./progress";
import { helpAfter, sidesOf } from "./state";
import { countState } from "./state-size";
import { casesInWords, countsTable, duration, megabytes, sumOf, whole } from "./words";

interface BackfillOptions extends CommonOptions {
  readonly state: string;
  readonly dryRun?: true;
  readonly shard?: Shard;
  readonly stage: ImportStage;
}

export const backfillCommand = helpAfter(
  command("backfill", "imports filesystem state; resumes where an earlier run stopped")
    .requiredOption("--state <directory>", "the state root, such as /var/lib/taskrunner")
    .option("--dry-run", "says what would be done, and writes nothing")
    .option(
      "--shard <I/N>",
      "imports the I-th part of N by run, such as 2/4, for several importers at a time",
      shardOf,
    )
    .addOption(
      new Option("--stage <stage>", "where in a cutover it is; the final one only inserts runs")
        .choices(importStages)
        .default("backfill"),
    ),
  "0 all in, 2 done with quarantined records (quarantine.ndjson has them), 1 error",
  "backfill --state /var/lib/taskrunner",
).action(async (options: BackfillOptions) => {
  const report = await backfill(options);
  print(options, report, backfillInWords(options, report));
  process.exitCode = sumOf(report, "quarantined") > 0 ? 2 : 0;
});

async function backfill(options: BackfillOptions): Promise<ImportReport> {
  const { shard, stage, dryRun = false } = options;
  const sides = await sidesOf(options, options.state);
  let stop: (() => void) | undefined;
  try {
    return await importState({
      ...sides,
      dryRun,
      stage,
      quarantine: quarantineFile(options),
      ...(shard && { shard }),
      watch: (tally) => {
        if (options.quiet) return;
        const size = shard ? {} : countState(sides);
        const sofar = () => ({ records: sumOf(tally.counts, "read"), bytes: tally.bytes });
        stop = showProgress({ what: "import", sofar, total: () => size });
      },
    });
  } finally {
    stop?.();
  }
}

/** In the current folder, a file a shard, so that several importers keep theirs. */
function quarantineFile({ shard }: BackfillOptions): string {
  return shard ? `quarantine.${shard.number}-of-${shard.of}.ndjson` : "quarantine.ndjson";
}

function backfillInWords(options: BackfillOptions, report: ImportReport): string {
  const { elapsedMs, files, bytes, quarantine, incomplete, sharedLogs } = report;
  const refused = sumOf(report, "quarantined");
  const outcome = refused === 0 ? "all in" : `${whole(refused)} records quarantined`;
  const dry = options.dryRun ? " (dry run: nothing was written)" : "";
  const rate = sumOf(report, "read") / Math.max(elapsedMs / 1_000, 0.001);
  return [
    `Import of ${options.state}: ${outcome}${dry}`,
    "",
    countsTable(report, {
      read: "read",
      inserted: "inserted",
      updated: "updated",
      unchanged: "unchanged",
      quarantined: "quarantined",
    }),
    "",
    `${whole(files)} files, ${megabytes(bytes)} read in ${duration(elapsedMs)}, ` +
      `${whole(rate)} records/s`,
    ...notes(report),
    ...casesInWords(
      `Left for the next run, because its last line has no end yet`,
      incomplete.map(({ file, line }) => `${file} line ${line}`),
      incomplete.length,
    ),
    ...casesInWords(
      "Two logs for one run; what differs between them is quarantined",
      sharedLogs.map(({ runId, file, other }) => `${runId}: ${other} and ${file}`),
      sharedLogs.length,
    ),
    ...casesInWords(
      `Quarantined${options.dryRun ? "" : `, all of them in ${quarantineFile(options)}`}`,
      quarantine.map(({ reason, detail, ...place }) => {
        return `${placeInWords(place)}: ${detail} (${reason})`;
      }),
      refused,
    ),
  ].join("\n");
}

function notes(report: ImportReport): string[] {
  const { skipped, conversions } = report;
  const normalized = sumOf(report, "normalized");
  const left = Object.entries(skipped).filter(([, count]) => count > 0);
  return [
    ...(normalized > 0 ? [`${whole(normalized)} normalized: ${listed(conversions)}`] : []),
    ...(left.length > 0 ? [`skipped: ${listed(skipped)}`] : []),
  ];
}

function listed(counts: object): string {
  return Object.entries(counts as Record<string, number>)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${whole(count)} ${name}`)
    .join(", ");
}

function shardOf(text: string): Shard {
  const [, number = 0, of = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (number >= 1 && number <= of) return { number, of };
  throw new InvalidArgumentError("It is I/N with I from 1 to N, such as 2/4.");
}
