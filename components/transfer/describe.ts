import { posix } from "node:path";
import { type CollectionRole, collectionRoles } from "../contract";
import type { Layout } from "../settings";
import { placeInWords } from "../state";
import type { ImportReport, Quarantined } from "./tally";
import type { VerificationReport } from "./verify/verify";

/** So many single cases are named in words. */
const namedCases = 5;

const nouns: Readonly<Record<CollectionRole, readonly [one: string, many: string]>> = {
  runs: ["run", "runs"],
  logs: ["log entry", "log entries"],
  artifacts: ["artifact", "artifacts"],
  approvals: ["approval", "approvals"],
};

/**
 * Why a verification does not hold: a reason for each kind of difference, the last one with what
 * to do.
 *
 * @param root the state root as the settings name it
 */
export function describeVerification(report: VerificationReport, root: string): string[] {
  const reasons = [
    ...collectionRoles.flatMap((role) => missingReason(report, role)),
    ...collectionRoles.flatMap((role) => differingReason(report, role)),
    ...quarantineReason(report),
    ...(report.notForgotten === undefined ? [] : [notForgottenInWords(report.notForgotten)]),
  ];
  return withAdvice(reasons, `Verification of ${root}: `, whatToDo);
}

function withAdvice(reasons: readonly string[], what: string, advice: string): string[] {
  const last = reasons.length - 1;
  return reasons.map((reason, at) => what + reason + (at === last ? ` ${advice}` : ""));
}

/** So many of the runs, in percent, may be quarantined in a cutover (decision 15). */
const toleratedPercent = 1;

/**
 * Why an import stops a cutover before the drain, with what to do; empty if it does not. A quarantined run
 * that is unfinished would not be executed any more, and many that are finished would be missed.
 *
 * @param root the state root and `layout` as the settings name them
 */
export function describeQuarantinedRuns(
  { runs: { read, quarantined }, quarantine, quarantinedUnfinished: unfinished }: ImportReport,
  { root, layout }: { readonly root: string; readonly layout: Layout },
): string[] {
  const folder = posix.normalize(`${layout.runs}/`);
  const runs = quarantine.filter(({ file }) => file.startsWith(folder));
  const isTooMany = quarantined > unfinished.count && quarantined * 100 > read * toleratedPercent;
  const reasons = [
    ...(unfinished.count === 0
      ? []
      : [
          `${counted(unfinished.count, "runs")} may still execute steps and cannot be imported: ` +
            `${named(unfinished.cases.map(caseOf), unfinished.count)}.`,
        ]),
    ...(isTooMany
      ? [
          `${quarantined} of ${counted(read, "runs")} cannot be imported, which is more than ` +
            `${toleratedPercent} %: ${named(runs.map(caseOf), quarantined)}.`,
        ]
      : []),
  ];
  return withAdvice(reasons, `Import of ${root}: `, fixRuns);
}

const fixRuns =
  "Nothing was stopped: the services go on as they were. Fix these files, or move files that are not " +
  "runs out of the root, then run `pulumi up` again: it imports what was quarantined.";

const whatToDo =
  "Nothing was changed by this step. Mend what is named, or move files that are no state out of " +
  "the root, then run `pulumi up` again: it verifies again, and imports again what was left out. " +
  "What is missing for another reason is imported by " +
  "`pulumi up --replace '**taskrunner:SecondHandover::second-handover'`.";

function missingReason(report: VerificationReport, role: CollectionRole): string[] {
  const { missing, files, onlyInFiles } = report[role];
  if (missing === 0) return [];
  const of = `${missing} of ${counted(files, role)} on disk`;
  return [`${of} ${missing === 1 ? "is" : "are"} not in MongoDB: ${named(onlyInFiles, missing)}.`];
}

function differingReason(report: VerificationReport, role: CollectionRole): string[] {
  const { differing, different } = report[role];
  if (differing === 0) return [];
  const cases = different.map(({ id, paths }) => `${id} (${paths.join(", ")})`);
  const verb = differing === 1 ? "differs" : "differ";
  return [
    `${counted(differing, role)} on disk ${verb} from MongoDB, which stays as it is: ` +
      `${named(cases, differing)}.`,
  ];
}

function quarantineReason({ quarantine, ...report }: VerificationReport): string[] {
  const total = collectionRoles.reduce((sum, role) => sum + report[role].quarantined, 0);
  if (total === 0) return [];
  const records = total === 1 ? "1 record" : `${total} records`;
  return [`${records} on disk cannot be imported: ${named(quarantine.map(caseOf), total)}.`];
}

/** What it means that the checkpoints could not be forgotten; `why` is a sentence. */
function notForgottenInWords(why: string): string {
  return `The next import will trust the files' checkpoints, which it was not to: ${why}`;
}

function caseOf({ detail, ...place }: Quarantined): string {
  return `${placeInWords(place)} (${detail})`;
}

/** A count with what is counted: `1 run`, `31,000 log entries`. */
export function counted(count: number, role: CollectionRole): string {
  return `${count.toLocaleString("en-US")} ${nouns[role][count === 1 ? 0 : 1]}`;
}

/** The first cases, and how many more there are. */
export function named(cases: readonly string[], total: number): string {
  const first = cases.slice(0, namedCases);
  const more = total - first.length;
  return first.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
