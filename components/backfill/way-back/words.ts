import { collectionRoles } from "../../contract";
import { heldFolder } from "../held";
import type { DrawnFence, Fence } from "./fence";
import type { Exported, Foreseen, WayBack } from "./steps";
import { counted, named } from "../words";

/** What a fence is, as lines for the engine's log. */
export function fenceInWords({ fence, held, unknown }: DrawnFence, root: string): string[] {
  const { at, unfinished } = fence;
  return [
    `From ${at} on MongoDB is the truth. ${counted(unfinished.length, "runs")} on disk ` +
      `may still execute steps.`,
    ...(held.length === 0 ? [] : [stillHeldInWords(held, root)]),
    ...(unknown.length === 0 ? [] : [unknownInWords(unknown, root)]),
  ];
}

function stillHeldInWords(held: readonly string[], root: string): string {
  return (
    `${counted(held.length, "runs")} set aside by a way back without MongoDB stay in ` +
    `${root}/${heldFolder}: ${named(held, held.length)}. MongoDB's content counts; the next export ` +
    "brings their files back."
  );
}

function unknownInWords(unknown: readonly string[], root: string): string {
  return (
    `warning: ${counted(unknown.length, "runs")} set aside in ${root}/${heldFolder} are not in this ` +
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

/** What the stack knows of a cutover: the moment of its fence, and its last count in words. */
interface Known {
  readonly fence: Fence | undefined;
  readonly lastCount?: string | undefined;
  /** Whether a Job does it, which each later `up` sends again. */
  readonly byJob?: boolean;
}

/** What brings it to the files later. */
const later = (byJob = false) => (byJob ? "the next `pulumi up`" : "`taskrunner-storage export`");

/** What the way back did, as lines for the engine's log; warnings say so. */
export function wayBackInWords(
  { exported, outOfReach, held, inTheWay }: WayBack,
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

/** What a way back without MongoDB would do, for a preview. */
export function foreseenInWords(
  { outOfReach, unfinished }: Foreseen,
  root: string,
  { fence, heldRuns }: { readonly fence: Fence; readonly heldRuns: "hold" | "release" },
): string[] {
  const runs = counted(unfinished.length, "runs");
  const names = named(unfinished, unfinished.length);
  return [
    `warning: MongoDB is out of reach: nothing would be exported. ${outOfReach} What changed there ` +
      `since ${fence.at} would be left behind until \`taskrunner-storage export\`.`,
    ...(unfinished.length === 0
      ? []
      : heldRuns === "hold"
        ? [`warning: ${runs} would be set aside in ${root}/${heldFolder}: ${names}.`]
        : [`warning: ${runs} would go on from their files, and may repeat steps: ${names}.`]),
  ];
}

function leftBehind(reason: string, { fence, lastCount, byJob }: Known): string {
  const since = fence === undefined ? "" : ` since ${fence.at}`;
  return (
    `warning: Nothing was exported. ${reason} What changed in MongoDB${since} is left behind ` +
    `there, and comes to the files by ${later(byJob)} when it answers.` +
    (lastCount === undefined ? "" : ` ${lastCount}`)
  );
}

function heldInWords(held: readonly string[], root: string, { byJob }: Known): string {
  return (
    `warning: ${counted(held.length, "runs")} set aside in ${root}/${heldFolder}, so that no step ` +
    `is executed again: ${named(held, held.length)}. What MongoDB has of them comes back by ` +
    `${later(byJob)}, once no conflict is in the way; \`advanced.heldRuns: release\` puts the files back ` +
    "as they were."
  );
}
