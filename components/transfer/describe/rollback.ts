import { type Finding, formatCount, warning } from "../../text";
import { type StateAddress, ownFiles } from "../../state";
import type { BulkExportResults } from "../rollback/bulk-pass";
import { type Report, noCases } from "../reports";
import type { ForeseenRollback, RollbackResults } from "../rollback/rollback";
import { exportSections, heldSections } from "./export";
import { type Section, formatRecords, listRecords } from "./sections";

/** The circumstances of a rollback. */
interface KnownRollback {
  readonly cutoverAt: string | undefined;
  /** Whether each later `up` tries again, because a Job does it. */
  readonly isAgain: boolean;
  /** The pass of an update; absent by hand. */
  readonly pass?: ExportPass;
}

/**
 * The results of a rollback.
 *
 * @param state the state directory as the settings name it
 */
export function rollbackSections(
  report: RollbackResults,
  state: StateAddress,
  { cutoverAt, isAgain, pass }: KnownRollback,
): Section[] {
  const { root } = state;
  const {
    exported,
    unreachable,
    notImported = 0,
    unequal = noCases(),
    notHeld = noCases(),
  } = report;
  const { jobsWithoutRun = 0 } = report;
  const later = isAgain ? "the next `pulumi up`" : "`taskrunner-storage export`";
  const since = cutoverAt === undefined ? "" : ` since ${cutoverAt}`;
  return [
    ...(exported ? exportedSections(exported, root, pass) : []),
    {
      code: "not-exported",
      title: "Nothing was exported",
      count: unreachable === undefined ? 0 : 1,
      advice:
        `${unreachable ?? ""} What changed in MongoDB${since} is still only there. When MongoDB answers again, ` +
        `${later} writes it to the files. The stack output \`verification\` counts what MongoDB had at the cutover.`,
    },
    ...heldSections({ ...report, destinationTaken: exported?.destinationTaken }, state, later),
    {
      code: "jobs-not-held",
      title: `${formatCount(notHeld.count, "file")} from which a held run may begin anew could not be moved to ${root}/${ownFiles.held}`,
      ...notHeld,
      advice: "Move them away before the worker takes them.",
    },
    {
      code: "runs-not-equal",
      title: `${formatRecords(unequal.count, "runs")} unfinished in MongoDB and finished or different in ${root}`,
      ...unequal,
      advice:
        "The worker does not resume them as MongoDB has them. Compare both, and keep the right one.",
    },
    {
      title: `${formatRecords(notImported, "runs")} that web wrote to files after the handover stay: the cutover did not reach its final pass`,
      count: notImported,
    },
    {
      title:
        `${formatCount(jobsWithoutRun, "job")} whose run neither side has, left in ${state.folders.queue ?? "the queue"}: ` +
        "the worker begins the run from the job's plan",
      count: jobsWithoutRun,
    },
  ];
}

/** When a pass of a rollback exports. */
export type ExportPass = "before the drain" | "after the drain" | "at the end";

function exportedSections(report: Report<"export">, root: string, pass?: ExportPass): Section[] {
  const written = listRecords(report, "written");
  const cases = written.length === 0 ? ["nothing changed"] : written;
  // The update's last lines say it once.
  const count = pass && written.length === 0 ? 0 : cases.length;
  const title = [`Exported to ${root}`, ...(pass ? [pass] : [])].join(" ");
  return [{ title, cases, count }, ...exportSections(report, root)];
}

/** The results of a rollback's export before the drain. */
export function bulkExportSections(report: BulkExportResults, root: string): Section[] {
  if ("exported" in report) return exportedSections(report.exported, root, "before the drain");
  return [
    {
      code: "export-left",
      title: "Nothing was exported before the drain",
      advice: `${report.left} The handover tries it again, and exports everything after the drain.`,
    },
  ];
}

/**
 * Describes, for a preview and a plan, a rollback without MongoDB.
 *
 * @param cutoverAt when the runs were counted, in ISO 8601; undefined: they are counted now
 */
export function describeRollbackPreview(
  { unreachable, held: { count } }: ForeseenRollback,
  root: string,
  cutoverAt?: string,
): Finding[] {
  const runs = formatRecords(count, "runs");
  const found =
    cutoverAt === undefined
      ? `Unfinished on disk now: ${runs}.`
      : `At the cutover ${runs} on disk ${count === 1 ? "was" : "were"} unfinished.`;
  const text = `Unfinished runs would be held in ${root}/${ownFiles.held}. ${found}`;
  const wouldHold = { ...warning("would-hold", text), facts: { unfinished: count } };
  return [
    warning(
      "would-not-export",
      `MongoDB is unreachable, so nothing would be exported. ${unreachable} What changed there ` +
        `since ${cutoverAt ?? "the cutover"} would stay only there until \`taskrunner-storage export\`.`,
    ),
    ...(count === 0 ? [] : [wouldHold]),
  ];
}
