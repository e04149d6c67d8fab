import { type Finding, warning, formatCount } from "../../text";
import { collectionRoles } from "../../contract";
import { type StateAddress, heldFolder } from "../../state";
import type {
  BulkExportReport,
  Exported,
  RollbackPreview,
  RollbackReport,
} from "../rollback/rollback";
import type { OlderSide } from "../reports";
import { type StepMessage, formatCases, formatRecords, ifAny, ofRuns } from "./cases";

/**
 * What a rollback did, for the engine's log.
 *
 * @param state the state directory as the settings name it
 * @param cutover `isAgain` if each later `up` tries again, because a Job does it
 */
export function describeRollback(
  report: RollbackReport,
  state: StateAddress,
  { fencedAt, isAgain }: { readonly fencedAt: string | undefined; readonly isAgain: boolean },
): StepMessage[] {
  const { root, folders } = state;
  const { exported, unreachable, held, destinationTaken, notImported = 0, unequal = [] } = report;
  const { heldJobs = [], notHeld = [] } = report;
  const later = isAgain ? "the next `pulumi up`" : "`taskrunner-storage export`";
  const since = fencedAt === undefined ? "" : ` since ${fencedAt}`;
  return [
    ...(exported ? describeExport(exported, state) : []),
    ...(unreachable === undefined
      ? []
      : [
          warning(
            "not-exported",
            `Nothing was exported. ${unreachable} What changed in MongoDB${since} is still only ` +
              `there. When MongoDB answers again, ${later} writes it to the files. The stack output ` +
              "`verification` counts what MongoDB had at the cutover.",
          ),
        ]),
    ...ofRuns(held, (runs, names) =>
      warning(
        "runs-held",
        `${runs} held in ${root}/${heldFolder}, so that no step runs twice: ${names}. ` +
          `When MongoDB answers and no conflict blocks it, ${later} restores those that it has. ` +
          `To run them from files instead, move the files back to ${folders.runs}: steps may then run twice.`,
      ),
    ),
    ...ifAny(heldJobs.length, () =>
      warning(
        "jobs-held",
        `${formatCount(heldJobs.length, "job")} held in ${root}/${heldFolder} without a held run, because a worker may begin a run ` +
          `anew from a job that cannot be read, or whose run has no file: ${formatCases(heldJobs, heldJobs.length)}. ${later} ` +
          "returns those whose run it writes. Delete what nobody needs.",
      ),
    ),
    ...ifAny(notHeld.length, () =>
      warning(
        "jobs-not-held",
        `${formatCount(notHeld.length, "file")} from which a held run may begin anew could not be moved to ${root}/${heldFolder}: ` +
          `${formatCases(notHeld, notHeld.length)}. Move them away before the worker takes them.`,
      ),
    ),
    ...ofRuns(destinationTaken, (runs, names) =>
      warning(
        "runs-not-moved",
        `${runs} held in ${root}/${heldFolder} could not return, because another file exists in ` +
          `${folders.runs}: ${names}. Compare the two files and keep the right one.`,
      ),
    ),
    ...ofRuns(unequal, (runs, names) =>
      warning(
        "runs-not-equal",
        `${runs} unfinished in MongoDB and finished or different in ${root}: ${names}. The worker does not ` +
          "resume them as MongoDB has them. Compare both, and keep the right one.",
      ),
    ),
    ...ifAny(notImported, () => {
      const runs = formatRecords(notImported, "runs");
      return `${runs} that web wrote to files after the fence stay: the cutover did not reach its final pass.`;
    }),
  ];
}

/** What a rollback did before the drain, for the engine's log. */
export function describeBulkExport(report: BulkExportReport, state: StateAddress): StepMessage[] {
  if ("exported" in report) return describeExport(report.exported, state);
  const text =
    `Nothing was exported before the drain. ${report.left} The handover tries it again, and exports everything ` +
    "while the worker is stopped.";
  return [warning("export-left", text)];
}

/** Which side is not as the last export left it. */
export function describeOlder(older: OlderSide, root: string): string {
  const found =
    older === "directory"
      ? `${root} is an older copy, or another one: its fence.json is not what the ledger has.`
      : "MongoDB was restored, or the last export was cut off: the ledger has an older fence.json.";
  return `${found} Everything was compared.`;
}

function describeExport(report: Exported, { root }: StateAddress): StepMessage[] {
  const describeAll = (of: "written" | "removed") =>
    collectionRoles
      .filter((role) => report[role][of] > 0)
      .map((role) => formatRecords(report[role][of], role));
  const written = describeAll("written");
  const removed = describeAll("removed");
  const sum = (of: "conflicts" | "unwritable") =>
    collectionRoles.reduce((total, role) => total + report[role][of], 0);
  const logs = report.logs.conflicts;
  const changed = sum("conflicts") - logs;
  const unwritable = sum("unwritable");
  const failed = report.unwritable.map(({ id, detail }) => `${id} (${detail})`);
  const { withoutBase, baseTrouble, older } = report;
  return [
    ...(older ? [warning("older-copy", describeOlder(older, root))] : []),
    `Exported to ${root}: ${written.length === 0 ? "nothing changed" : written.join(", ")}.`,
    ...ifAny(changed, () => {
      const cases = formatCases(
        report.conflicts.flatMap((one) => ("copy" in one ? `${one.id} (see ${one.copy})` : [])),
        changed,
      );
      const text = `${changed} changed on both sides. The files stay, with conflict copies of MongoDB's content: ${cases}.`;
      return warning("conflicts", text);
    }),
    ...ifAny(logs, () => {
      const cases = formatCases(
        report.conflicts.flatMap((one) =>
          "copy" in one ? [] : `${one.runId} (${one.file}, and its entries in ${one.collection})`,
        ),
        logs,
      );
      const what = logs === 1 ? "1 log differs" : `${logs} logs differ`;
      return warning("conflicts", `${what} from MongoDB, and both sides stay: ${cases}.`);
    }),
    ...ifAny(unwritable, () => {
      const text = `${unwritable} could not be written: ${formatCases(failed, unwritable)}.`;
      return warning("not-written", text);
    }),
    ...ifAny(removed.length, () => {
      return `Removed on disk since the fence ended, and not exported again: ${removed.join(", ")}.`;
    }),
    ...ofRuns(report.removedUnfinished, (runs, names) =>
      warning(
        "removed-unfinished",
        `${runs} removed on disk, but unfinished in MongoDB: ${names}. No service executes them now. ` +
          "`taskrunner-storage export --run ID` brings one back.",
      ),
    ),
    ...ifAny(withoutBase.count, () => {
      const cases = formatCases(withoutBase.cases, withoutBase.count);
      const text = `${withoutBase.count} not recorded as equal on both sides (${baseTrouble}): ${cases}. The files are right; a later change on both sides is a conflict.`;
      return warning("not-recorded", text);
    }),
  ];
}

/** What a rollback without MongoDB would do, for a preview. */
export function describeRollbackPreview(
  { unreachable, unfinishedCount }: RollbackPreview,
  root: string,
  fencedAt: string,
): Finding[] {
  return [
    warning(
      "would-not-export",
      `MongoDB is unreachable, so nothing would be exported. ${unreachable} What changed there ` +
        `since ${fencedAt} would stay only there until \`taskrunner-storage export\`.`,
    ),
    ...ifAny(unfinishedCount, () => {
      const runs = formatRecords(unfinishedCount, "runs");
      const text = `Unfinished runs would be held in ${root}/${heldFolder}. At the cutover ${runs} on disk ${unfinishedCount === 1 ? "was" : "were"} unfinished.`;
      return warning("would-hold", text);
    }),
  ];
}
