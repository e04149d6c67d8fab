import { collectionRoles } from "../../contract";
import { heldFolder } from "../../state";
import { counted, named } from "../words";
import type { Exported, Foreseen, RollbackReport } from "./go-back";
import type { DrawnFence } from "./witnesses";

/** What a fence is, as lines for the engine's log. */
export function fenceInWords({ fence, held, unknown }: DrawnFence, root: string): string[] {
  const { at, unfinishedCount } = fence;
  return [
    `From ${at} on MongoDB is the truth. ${counted(unfinishedCount, "runs")} on disk ` +
      `may still execute steps.`,
    ...(held.length === 0 ? [] : [stillHeldInWords(held, root)]),
    ...(unknown.length === 0 ? [] : [unknownInWords(unknown, root)]),
  ];
}

function stillHeldInWords(held: readonly string[], root: string): string {
  return (
    `${counted(held.length, "runs")} held by a rollback without MongoDB stay in ` +
    `${root}/${heldFolder}: ${named(held, held.length)}. MongoDB's content counts; the next export ` +
    "brings their files back."
  );
}

function unknownInWords(unknown: readonly string[], root: string): string {
  return (
    `warning: ${counted(unknown.length, "runs")} held in ${root}/${heldFolder} are not in this ` +
    `MongoDB, and nobody executes them: ${named(unknown, unknown.length)}. Where the one that had them ` +
    "is lost, move the files back to their places and run `taskrunner-storage backfill --stage final`, " +
    "knowing that steps may run again."
  );
}

function inTheWayInWords(runIds: readonly string[], root: string): string[] {
  if (runIds.length === 0) return [];
  return [
    `warning: ${counted(runIds.length, "runs")} could not be moved, because another file has the ` +
      `place in ${root} or in ${root}/${heldFolder}: ${named(runIds, runIds.length)}. ` +
      "Compare the two files and leave the one that counts.",
  ];
}

/** What is known of a cutover. */
interface Known {
  readonly fencedAt: string | undefined;
  /** Whether each later `up` tries again, because a Job does it. */
  readonly isAgain: boolean;
}

/** What brings it to the files later. */
const later = ({ isAgain }: Known) =>
  isAgain ? "the next `pulumi up`" : "`taskrunner-storage export`";

/** What a rollback did, as lines for the engine's log; warnings say so. */
export function rollbackInWords(
  { exported, outOfReach, held, inTheWay }: RollbackReport,
  root: string,
  known: Known,
): string[] {
  return [
    ...(exported ? exportedInWords(exported, root) : []),
    ...(outOfReach === undefined ? [] : [leftBehind(outOfReach, known)]),
    ...(held.length === 0 ? [] : [heldInWords(held, root, known)]),
    ...inTheWayInWords(inTheWay, root),
  ];
}

function exportedInWords(report: Exported, root: string): string[] {
  const written = collectionRoles
    .filter((role) => report[role].written > 0)
    .map((role) => counted(report[role].written, role));
  const conflicts = collectionRoles.reduce((sum, role) => sum + report[role].conflicts, 0);
  const unwritable = collectionRoles.reduce((sum, role) => sum + report[role].unwritable, 0);
  const cases = report.conflicts.map(({ id, beside }) => `${id} (see ${beside})`);
  return [
    `Exported to ${root}: ${written.length === 0 ? "nothing changed" : written.join(", ")}.`,
    ...(conflicts === 0
      ? []
      : [
          `warning: ${conflicts} changed on both sides; the files stay and MongoDB's content is ` +
            `beside them: ${named(cases, conflicts)}.`,
        ]),
    ...(unwritable === 0
      ? []
      : [
          `warning: ${unwritable} could not be written: ` +
            `${named(
              report.unwritable.map(({ id, detail }) => `${id} (${detail})`),
              unwritable,
            )}.`,
        ]),
  ];
}

/** What a rollback without MongoDB would do, for a preview. */
export function foreseenInWords(
  { outOfReach, unfinished }: Foreseen,
  root: string,
  { fencedAt, heldRuns }: { readonly fencedAt: string; readonly heldRuns: "hold" | "release" },
): string[] {
  const runs = counted(unfinished.length, "runs");
  const names = named(unfinished, unfinished.length);
  return [
    `warning: MongoDB is out of reach: nothing would be exported. ${outOfReach} What changed there ` +
      `since ${fencedAt} would be left behind until \`taskrunner-storage export\`.`,
    ...(unfinished.length === 0
      ? []
      : heldRuns === "hold"
        ? [`warning: ${runs} would be held in ${root}/${heldFolder}: ${names}.`]
        : [`warning: ${runs} would go on from their files, and may repeat steps: ${names}.`]),
  ];
}

function leftBehind(reason: string, known: Known): string {
  const since = known.fencedAt === undefined ? "" : ` since ${known.fencedAt}`;
  return (
    `warning: Nothing was exported. ${reason} What changed in MongoDB${since} is left behind ` +
    `there, and comes to the files by ${later(known)} when it answers. The stack's output ` +
    "`verification` counts what it had then."
  );
}

function heldInWords(held: readonly string[], root: string, known: Known): string {
  return (
    `warning: ${counted(held.length, "runs")} held in ${root}/${heldFolder}, so that no step ` +
    `is executed again: ${named(held, held.length)}. What MongoDB has of them comes back by ` +
    `${later(known)}, once no conflict is in the way; \`advanced.heldRuns: release\` puts the files back ` +
    "as they were."
  );
}
