import { ownFiles, type StateAddress } from "../../state";
import { formatCount } from "../../text";
import {
  type Cases,
  type Report,
  type FileConflict,
  type LogConflict,
  type OlderSide,
  noCases,
} from "../reports";
import { type Section, formatRecords, listRecords } from "./sections";

/** The results of an export that need a person. */
export function exportSections(report: Report<"export">, root: string): Section[] {
  const { withoutMergeBase, baseTrouble = "", removedUnfinished, superseded, older } = report;
  const { removedApprovals = noCases(), returnedJobs = noCases(), conflicts, unwritable } = report;
  return [
    ...(older ? [olderSection(older, root)] : []),
    {
      code: "conflicts",
      title: `${conflicts.count} changed on both sides. Neither side's content is overwritten`,
      cases: conflicts.cases.map(formatConflict),
      count: conflicts.count,
    },
    {
      code: "not-written",
      title: `${formatCount(unwritable.count, "record")} could not be written`,
      cases: unwritable.cases.map(({ id, detail }) => `${id} (${detail})`),
      count: unwritable.count,
    },
    {
      title: "Removed on disk since the cutover ended, and not exported again",
      cases: listRecords(report, "removed"),
    },
    {
      code: "removed-unfinished",
      title: `${formatRecords(removedUnfinished.count, "runs")} removed on disk, but unfinished in MongoDB`,
      ...removedUnfinished,
      advice: "No service executes them now. `taskrunner-storage export --run ID` brings one back.",
    },
    {
      title:
        "Approvals that MongoDB removed, and that were deleted from the files of unfinished runs",
      count: removedApprovals.count,
      cases: removedApprovals.cases.map(
        ({ id, file, copy }) => `${id} in ${file} (copied to ${copy})`,
      ),
    },
    {
      code: "not-recorded",
      title: `${formatCount(withoutMergeBase.count, "record")} not recorded as equal on both sides (${baseTrouble})`,
      ...withoutMergeBase,
      advice: "The files are right; a later change on both sides is a conflict.",
    },
    supersededSection(superseded, root),
    {
      code: "jobs-returned",
      title: `Back in the queue: ${formatCount(returnedJobs.count, "held job")} whose run neither side has`,
      ...returnedJobs,
      advice:
        "The worker begins these runs from their plans. If a run must not begin, move its job away.",
    },
  ];
}

function formatConflict(one: FileConflict | LogConflict): string {
  if ("collection" in one) {
    return `${one.runId} in ${one.file} (${one.detail}; MongoDB's entries stay in ${one.collection})`;
  }
  const copy = one.copy === undefined ? "" : `; see ${one.copy}`;
  return `${one.id} in ${one.file} (${one.detail}${copy})`;
}

/** The side that is not as the last export left it. */
function olderSection(older: OlderSide, root: string): Section {
  const titles: Readonly<Record<OlderSide, string>> = {
    directory: `${root} is an older copy, or another one: its cutover.json is not what the ledger has`,
    mongo:
      "MongoDB was restored, or the last export was cut off: the ledger has an older cutover.json",
    diverged: `${root} and MongoDB have diverged: after a restore, each was exported with another copy`,
  };
  return { code: "older-copy", title: titles[older], advice: "Everything was compared." };
}

/** The runs and jobs that are held after an export. */
interface StillHeld {
  /** All of them, with those of `destinationTaken`. */
  readonly held: Cases<string>;
  readonly destinationTaken?: Cases<string> | undefined;
  readonly heldJobs?: Cases<string>;
}

/**
 * The runs and jobs that stay in `held/`, with advice.
 *
 * @param later the command that restores them, such as `` `pulumi up` ``
 */
export function heldSections(
  { held, destinationTaken = noCases(), heldJobs = noCases() }: StillHeld,
  { root, folders }: StateAddress,
  later: string,
): Section[] {
  const folder = `${root}/${ownFiles.held}`;
  const others = held.cases.filter((runId) => !destinationTaken.cases.includes(runId));
  return [
    {
      code: "runs-held",
      title: `${formatRecords(others.length, "runs")} held in ${folder}, so that no step runs twice`,
      cases: others,
      advice:
        `When MongoDB answers and no conflict blocks it, ${later} restores those that it has. ` +
        `To run them from files instead, move the files back to ${folders.runs}: steps may then run twice.`,
    },
    {
      code: "jobs-held",
      title:
        `${formatCount(heldJobs.count, "job")} held in ${folder} without a held run, because a worker may begin a run ` +
        "anew from a job that cannot be read, or whose run has no file to start from",
      ...heldJobs,
      advice: `Delete the jobs that are not needed; ${later} returns the jobs whose runs it writes, or that neither side has.`,
    },
    {
      code: "runs-not-moved",
      title:
        `${formatRecords(destinationTaken.count, "runs")} held in ${folder} could not return, because another file exists ` +
        `in ${folders.runs}`,
      ...destinationTaken,
      advice: "Compare the two files and keep the right one.",
    },
  ];
}

/** The runs whose held copies went to `superseded/`. */
export function supersededSection(runs: Cases<string> = noCases(), root: string): Section {
  return {
    title: `${formatRecords(runs.count, "runs")} held, with another file that has what MongoDB has`,
    ...runs,
    advice: `Their held copies are in ${root}/${ownFiles.superseded} now, so that they never return.`,
  };
}

/** The results of an export by hand. */
export function exportByHandSections(report: Report<"export">, state: StateAddress): Section[] {
  const { returned, stillHeld: held } = report;
  return [
    ...exportSections(report, state.root),
    { title: "Held before, and back in their folders", ...returned },
    ...heldSections({ ...report, held }, state, "`taskrunner-storage export`"),
  ];
}
