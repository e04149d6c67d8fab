import { warning, formatCount } from "../../text";
import { collectionRoles } from "../../contract";
import {
  type JobCounts,
  type StateAddress,
  describePlace,
  heldFolder,
  supersededFolder,
} from "../../state";
import type { DrawnFence } from "../rollback/fence";
import type { ImportReport, Quarantined } from "../reports";
import type { VerificationReport } from "../verify";
import {
  type StepMessage,
  exportFirst,
  formatCases,
  formatRecords,
  ifAny,
  isOf,
  ofRuns,
} from "./cases";
import { type Sides, describeWays } from "./unfinished";

/**
 * Why a verification, or a proof before the drain, does not hold: a reason for each kind of difference, the
 * last one with what to do.
 *
 * @param root the state directory as the settings name it
 * @param notExported whether the last rollback exported nothing
 */
export function describeVerification(
  report: VerificationReport,
  root: string,
  notExported = false,
): string[] {
  const { quarantine, notForgotten, hash, proof } = report;
  const quarantined = proof
    ? 0
    : collectionRoles.reduce((sum, role) => sum + report[role].quarantined, 0);
  const records = quarantined === 1 ? "1 record" : `${quarantined} records`;
  const reasons = [
    ...collectionRoles.flatMap((role) => {
      const { missing, files, onlyInFiles } = report[role];
      if (missing === 0) return [];
      const counts = `${missing} of ${formatRecords(files, role)} on disk ${missing === 1 ? "is" : "are"}`;
      return `${counts} not in MongoDB: ${formatCases(onlyInFiles, missing)}.`;
    }),
    ...collectionRoles.flatMap((role) => {
      const { differing, different } = report[role];
      if (differing === 0) return [];
      const cases = different.map(({ id, paths }) => `${id} (${paths.join(", ")})`);
      const verb = differing === 1 ? "differs" : "differ";
      const what = `${formatRecords(differing, role)} on disk ${verb} from MongoDB`;
      return `${what}, and MongoDB's content stays: ${formatCases(cases, differing)}.`;
    }),
    ...ifAny(quarantined, () => {
      return `${records} on disk cannot be imported: ${formatCases(quarantine.map(caseOf), quarantined)}.`;
    }),
    ...(notForgotten === undefined
      ? []
      : [
          `The checkpoints of these files could not be deleted, so the next import skips them: ${notForgotten}`,
        ]),
  ];
  if (proof) {
    const ids = [...report.runs.different, ...report.approvals.different].map(({ id }) => id);
    const advice = notExported ? exportFirst : describeDeletion(ids);
    return withAdvice(reasons, `Proof of the import of ${root}: `, fixUnproven + advice);
  }
  const accept = hash === undefined ? "" : acceptQuarantined(hash);
  return withAdvice(reasons, `Verification of ${root}: `, fixDifferences + accept);
}

const fixUnproven =
  "These files have not changed since they were imported, so somebody else changed MongoDB. No service was " +
  "stopped. ";

function describeDeletion(ids: readonly string[]): string {
  const files =
    ids.length === 0 ? "" : `If the files are right, delete ${ids.join(", ")} in MongoDB. `;
  return `Find out who did, such as web's canary (docs/canary.md). ${files}Then run \`pulumi up\` again: it imports every file again.`;
}

const fixDifferences =
  "This step changed nothing. Fix what is named, or move files that are not state out of the directory. To import " +
  "what is missing, run `taskrunner-storage import --cutover-pass final`, which reads every file again. Then run " +
  "`pulumi up` again: it imports quarantined records and verifies again.";

/** What was removed in MongoDB since the cutover, for the engine's log. */
export function describeRemoved(report: ImportReport | VerificationReport): StepMessage[] {
  const removed = collectionRoles
    .filter((role) => report[role].removed > 0)
    .map((role) => formatRecords(report[role].removed, role));
  return [
    ...ifAny(removed.length, () => {
      return `Removed in Mongo mode, and not imported again: ${removed.join(", ")}.`;
    }),
    ...ofRuns(report.removedUnfinished, (runs, names) =>
      warning(
        "removed-unfinished",
        `${runs} removed in Mongo mode, but unfinished on disk: ${names}. No service executes them now.`,
      ),
    ),
  ];
}

/** What became of runs that web began or decided on files between the worker's rollout and its own. */
export function describeWindow(
  { begunInMongo = [], decidedLate = [] }: ImportReport,
  { root, folders }: StateAddress,
): StepMessage[] {
  const cases = decidedLate.map(({ runId, job = "its job is unknown" }) => `${runId} (${job})`);
  return [
    ...ofRuns(
      begunInMongo,
      (runs, names) =>
        `${runs} that web wrote to files after the handover ${begunInMongo.length === 1 ? "was" : "were"} begun in MongoDB: ` +
        `${names}. MongoDB's content applies. The files are in ${root}/${supersededFolder}.`,
    ),
    ...ifAny(cases.length, () =>
      warning(
        "decided-late",
        `${formatRecords(cases.length, "runs")} with an approval that was decided on files after the handover: ` +
          `${formatCases(cases, cases.length)}. The worker may have taken its job while MongoDB said pending. If a run does ` +
          `not go on, move its job back to ${folders.queue ?? "the queue"}; if its job is unknown, resume it as the services allow.`,
      ),
    ),
  ];
}

/**
 * How many jobs wait, and what to do if the worker has taken none of those that waited at the handover.
 */
export function describeJobs(
  { waiting, atHandover = 0, untaken = [] }: JobCounts,
  { folders: { queue = "" } }: Pick<StateAddress, "folders">,
): StepMessage[] {
  const names = formatCases(untaken, atHandover);
  if (untaken.length === 0)
    return ifAny(waiting, () => `${formatCount(waiting, "job")} waiting in ${queue}.`);
  return [
    warning(
      "jobs-not-taken",
      `None of the ${formatCount(atHandover, "job")} that waited at the handover was taken: ${names}. The worker may still be ` +
        `busy, or have another queue in Mongo mode. \`taskrunner-storage status\` looks again. Look whether the worker reads ` +
        `${queue} in Mongo mode. If it does not, move the job's file away, then submit the run again.`,
    ),
  ];
}

/** How a cutover ends without records that nobody can fix. */
export function acceptQuarantined(hash: string): string {
  return ` If nobody can fix what differs or cannot be imported, set advanced.acceptQuarantined: "${hash}".`;
}

/** The maximum share of the runs, in percent, that may be quarantined in a cutover (docs/design.md#merge-rules). */
const toleratedPercent = 1;

/**
 * Why an import stops a cutover before the drain, or before the fence, with what to do; empty if it does not.
 * A quarantined run that is unfinished would not be executed any more, or be executed from what an earlier
 * import brought; and many that are finished would be missed. So would be what is in a folder that no import reads.
 */
export function describeStop(report: ImportReport, sides: Sides, pass: "bulk" | "delta"): string[] {
  const { quarantine, quarantinedUnfinished, skipped } = report;
  const runs = [...quarantinedUnfinished.cases, ...quarantine].filter(isOf("runs", sides.folders));
  const runIds = [...new Set(runs.flatMap(({ runId }) => runId ?? []))];
  const advice = runIds.length > 0 ? describeWays(runIds, sides, pass) : fixRuns[pass];
  const unknown = ifAny(skipped.unknown, () => {
    const names = formatCases(skipped.unknownNames, skipped.unknown);
    return `Folders or links that no import reads, so that runs in them would be left out: ${names}.`;
  });
  const reasons = [...unknown, ...describeQuarantinedRuns(report, sides)];
  return withAdvice(reasons, `Import of ${sides.root}: `, advice);
}

function describeQuarantinedRuns(report: ImportReport, { folders }: Sides): string[] {
  const { quarantine, quarantinedUnfinished } = report;
  const { read, quarantined } = report.runs;
  const { count, cases } = quarantinedUnfinished;
  const runs = quarantine.filter(isOf("runs", folders)).map(caseOf);
  const isTooMany = quarantined > count && quarantined * 100 > read * toleratedPercent;
  return [
    ...ifAny(count, () => {
      const what = `${formatRecords(count, "runs")} may still execute steps, but cannot be imported`;
      return `${what}: ${formatCases(cases.map(caseOf), count)}.`;
    }),
    ...ifAny(isTooMany ? quarantined : 0, () => {
      const what = `${quarantined} of ${formatRecords(read, "runs")} cannot be imported`;
      return `${what}, which is more than ${toleratedPercent} %: ${formatCases(runs, quarantined)}.`;
    }),
  ];
}

const fixRuns = {
  bulk:
    "No service was stopped. Fix these files, or move what is not a run out of the directory. Then " +
    "run `pulumi up` again: it imports what is missing.",
  delta:
    "The worker is stopped, and no fence was drawn. Either fix these files and run `pulumi up` again, which " +
    "resumes here; or set storageMode: filesystem and run `pulumi up`, which starts the worker on files again.",
};

function withAdvice(reasons: readonly string[], what: string, advice: string): string[] {
  const last = reasons.length - 1;
  return reasons.map((reason, at) => what + reason + (at === last ? ` ${advice}` : ""));
}

function caseOf({ detail, ...place }: Quarantined): string {
  return `${describePlace(place)} (${detail})`;
}

/** What a proof found, and how long the worker will be stopped, for the engine's log. */
export function describeProof({ proof }: ImportReport): string[] {
  if (!proof) return [];
  const [proven, changed] = [proof.provenFiles, proof.changedFiles].map((count) =>
    formatCount(count, "file"),
  );
  const seconds = Math.ceil(proof.importMs / 1_000);
  return [
    `Every record of ${proven} is in MongoDB. ${changed} changed since the import, or cannot be imported. The import ` +
      `of what changed took ${seconds} s: the worker will be stopped for about as long, and while its pods start.`,
  ];
}

/** What a fence is, for the engine's log. */
export function describeFence({ fence, held, unknown }: DrawnFence, root: string): StepMessage[] {
  const runs = formatRecords(fence.unfinishedCount, "runs");
  return [
    `MongoDB is the source of truth since ${fence.at}. ${runs} on disk may still execute steps.`,
    ...ofRuns(
      held,
      (runs, names) =>
        `A rollback without MongoDB held ${runs} in ${root}/${heldFolder}: ${names}. Their content in ` +
        "MongoDB applies, and the next export restores their files.",
    ),
    ...ofRuns(unknown, (runs, names) =>
      warning(
        "held-runs-unknown",
        `${runs} held in ${root}/${heldFolder} without a document in this MongoDB, so that no service ` +
          `executes them: ${names}. If the MongoDB that had them is lost, move the files back and run ` +
          "`taskrunner-storage import --cutover-pass final`. Their steps may then run again.",
      ),
    ),
  ];
}
