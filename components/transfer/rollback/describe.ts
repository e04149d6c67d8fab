import { type CollectionRole, collectionRoles } from "../../contract";
import { heldFolder } from "../../state";
import { formatCount, ifAny, formatCases } from "../describe";
import type { DrawnFence } from "./fence";
import type { Exported, Foreseen, RollbackReport } from "./rollback";

/** What a fence is, as lines for the engine's log. */
export function describeFence({ fence, held, unknown }: DrawnFence, root: string): string[] {
  const runs = formatCount(fence.unfinishedCount, "runs");
  return [
    `MongoDB is the source of truth since ${fence.at}. ${runs} on disk may still execute steps.`,
    ...ofRuns(
      held,
      (runs, names) =>
        `A rollback without MongoDB held ${runs} in ${root}/${heldFolder}: ${names}. Their content in ` +
        "MongoDB applies, and the next export restores their files.",
    ),
    ...ofRuns(
      unknown,
      (runs, names) =>
        `warning: ${runs} held in ${root}/${heldFolder} are not in this MongoDB, and no service executes ` +
        `them: ${names}. If the MongoDB that had them is lost, move the files back and run ` +
        "`taskrunner-storage import --stage final`. Their steps may then run again.",
    ),
  ];
}

/** A line about runs, with their count and the names of the first; none if there is no run. */
function ofRuns(
  runIds: readonly string[],
  line: (runs: string, names: string) => string,
): string[] {
  const { length } = runIds;
  return ifAny(length, () => line(formatCount(length, "runs"), formatCases(runIds, length)));
}

/** What is known of a cutover. */
interface Known {
  readonly fencedAt: string | undefined;
  /** Whether each later `up` tries again, because a Job does it. */
  readonly isAgain: boolean;
}

/** What a rollback did, as lines for the engine's log; warnings say so. */
export function describeRollback(
  { exported, unreachable, held, inTheWay }: RollbackReport,
  root: string,
  { fencedAt, isAgain }: Known,
): string[] {
  const later = isAgain ? "the next `pulumi up`" : "`taskrunner-storage export`";
  const since = fencedAt === undefined ? "" : ` since ${fencedAt}`;
  return [
    ...(exported ? describeExport(exported, root) : []),
    ...(unreachable === undefined
      ? []
      : [
          `warning: Nothing was exported. ${unreachable} What changed in MongoDB${since} is still only ` +
            `there. When MongoDB answers again, ${later} writes it to the files. The stack output ` +
            "`verification` counts what MongoDB had at the cutover.",
        ]),
    ...ofRuns(
      held,
      (runs, names) =>
        `warning: ${runs} held in ${root}/${heldFolder}, so that no step runs twice: ${names}. ` +
        `When MongoDB answers and no conflict blocks it, ${later} restores those that it has. ` +
        "`advanced.heldRuns: release` moves the files back unchanged.",
    ),
    ...ofRuns(
      inTheWay,
      (runs, names) =>
        `warning: ${runs} could not be moved, because another file exists in ${root} or in ` +
        `${root}/${heldFolder}: ${names}. Compare the two files and keep the right one.`,
    ),
  ];
}

function describeExport(report: Exported, root: string): string[] {
  const written = collectionRoles
    .filter((role) => report[role].written > 0)
    .map((role) => formatCount(report[role].written, role));
  const sum = (of: (role: CollectionRole) => number) =>
    collectionRoles.reduce((total, role) => total + of(role), 0);
  const conflicts = sum((role) => report[role].conflicts);
  const unwritable = sum((role) => report[role].unwritable);
  const copies = report.conflicts.map(({ id, copy }) => `${id} (see ${copy})`);
  const failed = report.unwritable.map(({ id, detail }) => `${id} (${detail})`);
  const { withoutBase, baseTrouble } = report;
  return [
    `Exported to ${root}: ${written.length === 0 ? "nothing changed" : written.join(", ")}.`,
    ...ifAny(conflicts, () => {
      const cases = formatCases(copies, conflicts);
      return `warning: ${conflicts} changed on both sides. The files stay, with conflict copies of MongoDB's content: ${cases}.`;
    }),
    ...ifAny(unwritable, () => {
      return `warning: ${unwritable} could not be written: ${formatCases(failed, unwritable)}.`;
    }),
    ...ifAny(withoutBase.length, () => {
      const cases = formatCases(withoutBase, withoutBase.length);
      return `warning: ${withoutBase.length} not recorded as equal on both sides (${baseTrouble}): ${cases}. The files are right; a later change on both sides is a conflict.`;
    }),
  ];
}

/** What a rollback without MongoDB would do, for a preview. */
export function describeForeseen(
  { unreachable, unfinished }: Foreseen,
  root: string,
  { fencedAt, heldRuns }: { readonly fencedAt: string; readonly heldRuns: "hold" | "release" },
): string[] {
  return [
    `warning: MongoDB is unreachable, so nothing would be exported. ${unreachable} What changed there ` +
      `since ${fencedAt} would stay only there until \`taskrunner-storage export\`.`,
    ...ofRuns(unfinished, (runs, names) =>
      heldRuns === "hold"
        ? `warning: ${runs} would be held in ${root}/${heldFolder}: ${names}.`
        : `warning: ${runs} would continue with their files, and may repeat steps: ${names}.`,
    ),
  ];
}
