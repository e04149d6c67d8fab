import { checkpointsCollection } from "../../contract";
import { formatCount } from "../../text";
import {
  type JobCounts,
  type Skipped,
  type StateAddress,
  describeLocation,
  ownFiles,
} from "../../state";
import { type Cases, type Report, type Quarantined, noCases, sumCounts } from "../reports";
import { type Section, formatRecords, listRecords } from "./sections";

/** The results of an import by hand. */
export function importSections(report: Report<"import">, state: StateAddress): Section[] {
  return [
    foreignSection(report.skipped, state.root),
    unknownSection(report.skipped),
    ...removedSections(report),
    ...windowSections(report, state),
    {
      title: "Left for the next run, because its last line has no end yet",
      cases: report.incomplete.cases.map(({ file, line }) => `${file} line ${line}`),
      count: report.incomplete.count,
    },
    quarantineSection(report.quarantine, sumCounts(report, "quarantined")),
  ];
}

/** Files and folders that are not state. */
export function foreignSection({ foreign, foreignNames }: Skipped, root: string): Section {
  return {
    code: "not-state",
    title: `Names in ${root} that are not state, and are left as they are`,
    cases: foreignNames,
    count: foreign,
  };
}

/** Folders and links that may have runs in them and are not read. */
export function unknownSection({ unknown, unknownNames }: Skipped): Section {
  return {
    code: "not-state",
    title: "Folders or links that no import reads, so that runs in them would be left out",
    cases: unknownNames,
    count: unknown,
  };
}

/** Records that were removed in MongoDB since the cutover. */
export function removedSections(report: Report<"import"> | Report<"verification">): Section[] {
  const { removedUnfinished } = report;
  return [
    {
      title: "Removed in Mongo mode, and not imported again",
      cases: listRecords(report, "removed"),
    },
    {
      code: "removed-unfinished",
      title: `${formatRecords(removedUnfinished.count, "runs")} removed in Mongo mode, but unfinished on disk`,
      ...removedUnfinished,
      advice: "No service executes them now.",
    },
  ];
}

/** Runs that web began or decided on files between the worker's rollout and its own. */
export function windowSections(
  { begunInMongo = noCases(), decidedLate = noCases(), bookkeepingLost }: Report<"import">,
  { root, folders }: StateAddress,
): Section[] {
  return [
    ...(bookkeepingLost ? lostSections(bookkeepingLost) : []),
    {
      title: `${formatRecords(begunInMongo.count, "runs")} that web wrote to files after the handover ${begunInMongo.count === 1 ? "was" : "were"} begun in MongoDB`,
      ...begunInMongo,
      advice: `MongoDB's content applies. The files are in ${root}/${ownFiles.superseded}.`,
    },
    {
      code: "decided-late",
      title: `${formatRecords(decidedLate.count, "runs")} with an approval that was decided on files after the handover`,
      count: decidedLate.count,
      cases: decidedLate.cases.map(({ runId, job = "its job is unknown" }) => `${runId} (${job})`),
      advice:
        "The worker may have taken its job while MongoDB said pending. If a run does not continue, move its job back to " +
        `${folders.queue ?? "the queue"}; if its job is unknown, resume it as the services allow.`,
    },
  ];
}

/** The loss of the bookkeeping, and the runs that may have been removed in MongoDB before. */
function lostSections(inserted: Cases<string>): Section[] {
  const code = "bookkeeping-lost";
  return [
    {
      code,
      title:
        `The bookkeeping of this cutover is lost: ${checkpointsCollection} lacks its mark. ` +
        `Every file was compared, and none was moved to ${ownFiles.superseded}/`,
      advice: `Back up ${checkpointsCollection} with the collections of the services.`,
    },
    {
      code,
      title: `${formatRecords(inserted.count, "runs")} inserted that may have been removed in Mongo mode`,
      ...inserted,
      advice: "If one was, delete it in MongoDB and on disk.",
    },
  ];
}

/** Quarantined records on disk, each with its reason. */
export function quarantineSection(cases: readonly Quarantined[], count: number): Section {
  const title = `${formatCount(count, "record")} on disk cannot be imported`;
  return { title, cases: cases.map(formatQuarantined), count };
}

export function formatQuarantined({ reason, detail, ...location }: Quarantined): string {
  return `${describeLocation(location)} (${reason}: ${detail})`;
}

/** The files and folders of the queue in which no run's id can be read. */
export function unknownJobsSection(
  unknown: JobCounts["unknown"],
  { folders: { queue = "" } }: Pick<StateAddress, "folders">,
): Section {
  const { count = 0, names = [] } = unknown ?? {};
  return {
    code: "not-state",
    title: `${formatCount(count, "name")} in ${queue} without the id of a run`,
    cases: names,
    count,
    advice:
      "The worker may begin runs from them. A rollback that holds runs also holds such files, but no folder: if the worker " +
      "takes jobs from a folder, move it away before.",
  };
}

/** The number of jobs that wait, with advice if the worker has taken none of those that waited at the handover. */
export function jobSections(
  { waiting, atHandover = 0, untaken = [], unknown }: JobCounts,
  state: Pick<StateAddress, "folders">,
): Section[] {
  const { queue = "" } = state.folders;
  const isTaken = untaken.length === 0;
  return [
    {
      title: `${formatCount(waiting, "job")} waiting in ${queue}`,
      count: isTaken ? waiting : 0,
    },
    {
      code: "jobs-not-taken",
      title: `None of the ${formatCount(atHandover, "job")} that waited at the handover was taken`,
      cases: untaken,
      count: isTaken ? 0 : atHandover,
      advice:
        "The worker may not run yet, be busy, or have another queue in Mongo mode. `taskrunner-storage status` looks again. If " +
        `it stays so, look whether the worker reads ${queue} in Mongo mode. If not, move each job's file away, then submit its run again.`,
    },
    unknownJobsSection(unknown, state),
  ];
}
