import { ownFiles } from "../../state";
import { formatCount } from "../../text";
import type { RecordedCutover } from "../rollback/cutover-record";
import type { Report } from "../reports";
import { formatQuarantined, unknownSection } from "./import";
import { type Section, formatRecords, stopReasons } from "./sections";
import { type Sides, describeWay, describeWays, isOf } from "./unfinished";

/** The maximum share of the runs, in percent, that may be quarantined in a cutover (docs/design.md#merge-rules). */
const toleratedPercent = 1;

/**
 * Describes why an import stops a cutover, before the drain or before the cutover is recorded, with advice; empty if it
 * does not. A worker on MongoDB would not execute a quarantined unfinished run, or would execute it from an earlier
 * import. Many quarantined finished runs would be missed, and so would runs in a folder that no import reads. A run whose
 * file has another name would be without its parts, and a rollback would write files that no service finds.
 */
export function describeStop(
  report: Report<"import">,
  sides: Sides,
  pass: "bulk" | "delta",
): string[] {
  const { quarantine, quarantinedUnfinished, misnamed, skipped } = report;
  const { count, cases } = quarantinedUnfinished;
  const { read, quarantined } = report.runs;
  const runs = quarantine.filter(isOf("runs", sides.folders));
  const isOther = quarantined > count + (misnamed?.count ?? 0);
  const isTooMany = isOther && quarantined * 100 > read * toleratedPercent;
  const runIds = [
    ...new Set(
      [...cases.filter(isOf("runs", sides.folders)), ...runs].flatMap((one) => one.runId ?? []),
    ),
  ];
  const sections = [
    unknownSection(skipped),
    {
      title: `${formatRecords(count, "runs")} may still execute steps, but cannot be imported`,
      cases: cases.map(formatQuarantined),
      count,
    },
    {
      title: `${quarantined} of ${formatRecords(read, "runs")} cannot be imported, which is more than ${toleratedPercent} %`,
      cases: runs.map(formatQuarantined),
      count: isTooMany ? quarantined : 0,
    },
  ];
  const reasons = stopReasons(
    `Import of ${sides.root}`,
    sections,
    describeWays(runIds, sides, pass),
  );
  return [...(misnamed ? describeMisnamed(misnamed, sides, pass) : []), ...reasons];
}

function describeMisnamed(
  { count, encodedCount, cases }: NonNullable<Report<"import">["misnamed"]>,
  { root }: Sides,
  pass: "bulk" | "delta",
): string[] {
  const title = `${formatRecords(count, "runs")} in ${count === 1 ? "a file" : "files"} that ${count === 1 ? "does" : "do"} not have the run's name`;
  const section = { title, cases: cases.map(formatQuarantined), count };
  const way =
    count === encodedCount
      ? "The stores of this site encode names (percent-encoding), which this version does not support: keep the services on files."
      : "If a service wrote this name, this version does not support how the site's stores name files: keep the services " +
        "on files. If none did, as with a copy of a run, move the file out of the directory, and run `pulumi up` again.";
  return stopReasons(`Import of ${root}`, [section], describeWay(way, pass));
}

/** The consequences of a recorded cutover, also for runs that a rollback held. */
export function cutoverSections(
  { cutoverRecord, held, unknown }: RecordedCutover,
  root: string,
): Section[] {
  const { unfinishedCount } = cutoverRecord;
  return [
    {
      title: `MongoDB is the source of truth since ${cutoverRecord.at}`,
      advice: `${formatCount(unfinishedCount, "unfinished run")} ${unfinishedCount === 1 ? "continues" : "continue"} on MongoDB.`,
    },
    {
      title: `A rollback without MongoDB held ${formatRecords(held.length, "runs")} in ${root}/${ownFiles.held}`,
      cases: held,
      advice: "Their content in MongoDB applies, and the next export restores their files.",
    },
    {
      code: "held-runs-unknown",
      title: `${formatRecords(unknown.length, "runs")} held in ${root}/${ownFiles.held} without a document in this MongoDB, so that no service executes them`,
      cases: unknown,
      advice:
        "If the MongoDB that had them is lost, move the files back and run " +
        "`taskrunner-storage import --cutover-pass final`. Their steps may then run again.",
    },
  ];
}
