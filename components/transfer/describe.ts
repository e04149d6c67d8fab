import { type CollectionRole, collectionRoles } from "../contract";
import { nameFirst } from "../contract/text";
import { describePlace, layout } from "../state";
import type { ImportReport, Quarantined } from "./tally";
import type { VerificationReport } from "./verify/verify";

/** The maximum number of single cases that a sentence names. */
const namedCases = 5;

const nouns: Readonly<Record<CollectionRole, readonly [one: string, many: string]>> = {
  runs: ["run", "runs"],
  logs: ["log entry", "log entries"],
  artifacts: ["artifact", "artifacts"],
  approvals: ["approval", "approvals"],
};

/**
 * Why a verification does not hold: a reason for each kind of difference, the last one with what to do.
 *
 * @param root the state directory as the settings name it
 */
export function describeVerification(report: VerificationReport, root: string): string[] {
  const { quarantine, notForgotten, hash } = report;
  const quarantined = collectionRoles.reduce((sum, role) => sum + report[role].quarantined, 0);
  const records = quarantined === 1 ? "1 record" : `${quarantined} records`;
  const reasons = [
    ...collectionRoles.flatMap((role) => describeMissing(report, role)),
    ...collectionRoles.flatMap((role) => describeDifferences(report, role)),
    ...ifAny(quarantined, () => {
      return `${records} on disk cannot be imported: ${formatCases(quarantine.map(caseOf), quarantined)}.`;
    }),
    ...(notForgotten === undefined
      ? []
      : [
          `The checkpoints of these files could not be deleted, so the next import skips them: ${notForgotten}`,
        ]),
  ];
  const accept = hash === undefined ? "" : acceptQuarantined(hash);
  return withAdvice(reasons, `Verification of ${root}: `, fixDifferences + accept);
}

const fixDifferences =
  "This step changed nothing. Fix what is named, or move files that are not state out of the " +
  "directory. Then run `pulumi up` again: it imports quarantined records and verifies again. What is " +
  "missing for another reason is imported by " +
  "`pulumi up --replace '**taskrunner:SecondHandover::second-handover'`.";

/** How a cutover ends without records that nobody can fix. */
export function acceptQuarantined(hash: string): string {
  return ` If nobody can fix what differs or cannot be imported, set advanced.acceptQuarantined: "${hash}".`;
}

function describeMissing(report: VerificationReport, role: CollectionRole): string[] {
  const { missing, files, onlyInFiles } = report[role];
  const verb = missing === 1 ? "is" : "are";
  return ifAny(missing, () => {
    const of = `${missing} of ${formatCount(files, role)} on disk`;
    return `${of} ${verb} not in MongoDB: ${formatCases(onlyInFiles, missing)}.`;
  });
}

function describeDifferences(report: VerificationReport, role: CollectionRole): string[] {
  const { differing, different } = report[role];
  const cases = different.map(({ id, paths }) => `${id} (${paths.join(", ")})`);
  const verb = differing === 1 ? "differs" : "differ";
  return ifAny(differing, () => {
    const what = `${formatCount(differing, role)} on disk ${verb} from MongoDB`;
    return `${what}, and MongoDB's content stays: ${formatCases(cases, differing)}.`;
  });
}

/** The maximum share of the runs, in percent, that may be quarantined in a cutover (decision 15). */
const toleratedPercent = 1;

/** What an import's stop is judged and told by; `root` as the settings name it. */
interface StopInputs {
  readonly root: string;
  readonly acceptMissing?: string;
}

/**
 * Why an import stops a cutover before the drain, or before the fence, with what to do; empty if it does not.
 * A quarantined run that is unfinished would not be executed any more, or be executed from what an earlier
 * import brought, as one whose file is gone; and many that are finished would be missed.
 */
export function describeStop(
  report: ImportReport,
  inputs: StopInputs,
  stage: "backfill" | "delta",
): string[] {
  const { root, acceptMissing } = inputs;
  const { count = 0, runs = [], hash = "" } = report.missing ?? {};
  const missing = ifAny(hash === acceptMissing ? 0 : count, () => {
    const what = `${formatCount(count, "runs")} that MongoDB has from an import may still execute steps, but`;
    return (
      `${what} the files are gone: ${formatCases(runs, count)}. Restore them, or delete these runs in MongoDB. ` +
      `If the worker is to execute them from MongoDB, set advanced.acceptMissing: "${hash}".`
    );
  });
  const reasons = [...describeQuarantinedRuns(report), ...missing];
  return withAdvice(reasons, `Import of ${root}: `, fixRuns[stage]);
}

function describeQuarantinedRuns({
  runs: { read, quarantined },
  quarantine,
  quarantinedUnfinished,
}: ImportReport): string[] {
  const { count, cases } = quarantinedUnfinished;
  const folder = `${layout.runs}/`;
  const runs = quarantine.filter(({ file }) => file.startsWith(folder)).map(caseOf);
  const isTooMany = quarantined > count && quarantined * 100 > read * toleratedPercent;
  return [
    ...ifAny(count, () => {
      const what = `${formatCount(count, "runs")} may still execute steps, but cannot be imported`;
      return `${what}: ${formatCases(cases.map(caseOf), count)}.`;
    }),
    ...ifAny(isTooMany ? quarantined : 0, () => {
      const what = `${quarantined} of ${formatCount(read, "runs")} cannot be imported`;
      return `${what}, which is more than ${toleratedPercent} %: ${formatCases(runs, quarantined)}.`;
    }),
  ];
}

const fixRuns = {
  backfill:
    "No service was stopped. Fix these files, or move files that are not runs out of the directory. Then " +
    "run `pulumi up` again: it imports the quarantined records.",
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

/** A line, if there is anything to tell. */
export function ifAny(count: number, line: () => string): string[] {
  return count === 0 ? [] : [line()];
}

/** A count with what is counted: `1 run`, `31,000 log entries`. */
export function formatCount(count: number, role: CollectionRole): string {
  return `${count.toLocaleString("en-US")} ${nouns[role][count === 1 ? 0 : 1]}`;
}

/** The first cases, and how many more there are. */
export function formatCases(cases: readonly string[], total: number): string {
  return nameFirst(cases, namedCases, total);
}
