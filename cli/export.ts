import { resolve } from "node:path";
import {
  type BothSides,
  type ExportReport,
  exportState,
  runRollback,
  describeRollback,
} from "../components/transfer";
import { readFence, writeFence } from "../components/state";
import { lastFence } from "../components/ledger";
import { type CommonOptions, addressOf, command, print, settingsOf } from "./context";
import { type Total, showProgress } from "./progress";
import { helpAfter, sidesOf, stateSides } from "./state";
import { casesInWords, countsTable, duration, megabytes, sumOf, whole } from "./words";

interface ExportOptions extends CommonOptions {
  readonly state: string;
  readonly all?: true;
  readonly holdUnfinished?: true;
}

export const exportCommand = helpAfter(
  command("export", "writes to files what changed in MongoDB since it was imported")
    .requiredOption("--state <directory>", "the state root, such as /var/lib/taskrunner")
    .option("--all", "looks at every run, not only at those that changed in MongoDB")
    .option(
      "--hold-unfinished",
      "the rollback by hand, while no worker runs: without MongoDB, holds what is unfinished on disk",
    ),
  "0 done, 2 done with conflicts or records that could not be written, 1 error",
  "export --state /var/lib/taskrunner",
).action(async (options: ExportOptions) => {
  if (options.holdUnfinished) return rollBack(options);
  const report = await exportTo(options);
  print(options, report, exportInWords(options, report));
  const left = sumOf(report, "conflicts") + sumOf(report, "unwritable") + report.stillHeld.length;
  process.exitCode = left > 0 ? 2 : 0;
});

/** What `pulumi up` does for files on a rollback. */
async function rollBack(options: ExportOptions): Promise<void> {
  const settings = await settingsOf(options);
  const { uri, database: name } = addressOf(settings);
  const { ledger, electionSeconds, abandonMongo } = settings.advanced;
  const watch = (line: string) => {
    if (!options.quiet) console.error(line);
  };
  const asked = { uri, name, fencedAt: undefined, ledger, heldRuns: "hold" as const };
  const done = await runRollback(stateSides(settings, options.state), {
    ...{ ...asked, electionSeconds, abandonMongo, watch },
  });
  const known = { fencedAt: undefined, isAgain: false };
  print(options, done, describeRollback(done, options.state, known).join("\n"));
  const { conflicts = [], unwritable = [] } = done.exported ?? {};
  if (conflicts.length + unwritable.length + done.inTheWay.length > 0) process.exitCode = 2;
}

async function exportTo(options: ExportOptions): Promise<ExportReport> {
  const sides = await sidesOf(options, options.state);
  let stop: (() => void) | undefined;
  try {
    const report = await exportState({
      ...sides,
      all: options.all ?? false,
      watch: (tally) => {
        if (options.quiet) return;
        const total = countDocuments(sides);
        const sofar = () => ({ records: sumOf(tally.counts, "documents"), bytes: tally.bytes });
        stop = showProgress({ what: "export", sofar, total: () => total });
      },
    });
    if (options.all) await keepFence(sides, (await settingsOf(options)).advanced.ledger);
    return report;
  } finally {
    stop?.();
  }
}

/** A state that was lost and made anew has no fence, by which a rollback knows the right one. */
async function keepFence({ database, root }: BothSides, ledger: string): Promise<void> {
  const at = await lastFence(database, ledger);
  if (at === undefined || (await readFence(resolve(root))) !== undefined) return;
  await writeFence(resolve(root), { at, unfinishedCount: 0 });
}

/** How many documents there are, by the server's own estimate, which costs nothing. */
function countDocuments({ database, collections }: BothSides): Total {
  const total: { records?: number } = {};
  const counts = Object.values(collections).map((name) =>
    database.collection(name).estimatedDocumentCount(),
  );
  Promise.all(counts).then(
    (found) => {
      total.records = found.reduce((sum, count) => sum + count, 0);
    },
    // A database that does not answer is an error of the export itself.
    () => undefined,
  );
  return total;
}

function exportInWords({ state }: ExportOptions, report: ExportReport): string {
  const { files, bytes, elapsedMs, conflicts, unwritable, returned, stillHeld } = report;
  const [both, none] = [sumOf(report, "conflicts"), sumOf(report, "unwritable")];
  const outcome =
    both + none === 0
      ? "done"
      : `${whole(both)} conflicts, ${whole(none)} records that could not be written`;
  return [
    `Export to ${state}: ${outcome}`,
    "",
    countsTable(report, {
      documents: "in MongoDB",
      written: "written",
      unchanged: "unchanged",
      newerOnDisk: "newer on disk",
      conflicts: "conflicts",
      unwritable: "not written",
    }),
    "",
    `${whole(files)} files, ${megabytes(bytes)} written in ${duration(elapsedMs)}`,
    ...casesInWords(
      "Changed on both sides; the file stays, MongoDB's content is beside it",
      conflicts.map(({ id, detail, beside }) => `${id}: ${detail}; see ${beside}`),
      both,
    ),
    ...casesInWords("Held before, and in their places again", returned, returned.length),
    ...casesInWords("Still held, in held/", stillHeld, stillHeld.length),
    ...casesInWords(
      "Not written",
      unwritable.map(({ id, detail }) => `${id}: ${detail}`),
      none,
    ),
  ].join("\n");
}
