import { type Finding, warning } from "../contract/finding";
import { type CollectionRole, collectionRoles } from "../contract";
import { nameFirst } from "../contract/text";
import { describePlace, heldFolder, layout } from "../state";
import type { DrawnFence } from "./rollback/fence";
import type { AheadReport, Exported, Foreseen, RollbackReport } from "./rollback/rollback";
import type { ImportReport, Quarantined } from "./tally";
import type { StateInputs } from "./steps/inputs";
import type { VerificationReport } from "./verify";

/** The maximum number of single cases that a sentence names. */
const namedCases = 5;

const nouns: Readonly<Record<CollectionRole, readonly [one: string, many: string]>> = {
  runs: ["run", "runs"],
  logs: ["log entry", "log entries"],
  artifacts: ["artifact", "artifacts"],
  approvals: ["approval", "approvals"],
};

/**
 * Why a verification, or a proof before the drain, does not hold: a reason for each kind of difference, the
 * last one with what to do.
 *
 * @param root the state directory as the settings name it
 */
export function describeVerification(report: VerificationReport, root: string): string[] {
  const { quarantine, notForgotten, hash, proof } = report;
  const quarantined = proof
    ? 0
    : collectionRoles.reduce((sum, role) => sum + report[role].quarantined, 0);
  const records = quarantined === 1 ? "1 record" : `${quarantined} records`;
  const reasons = [
    ...collectionRoles.flatMap((role) => {
      const { missing, files, onlyInFiles } = report[role];
      if (missing === 0) return [];
      const counts = `${missing} of ${formatCount(files, role)} on disk ${missing === 1 ? "is" : "are"}`;
      return `${counts} not in MongoDB: ${formatCases(onlyInFiles, missing)}.`;
    }),
    ...collectionRoles.flatMap((role) => {
      const { differing, different } = report[role];
      if (differing === 0) return [];
      const cases = different.map(({ id, paths }) => `${id} (${paths.join(", ")})`);
      const verb = differing === 1 ? "differs" : "differ";
      const what = `${formatCount(differing, role)} on disk ${verb} from MongoDB`;
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
  if (proof) return withAdvice(reasons, `Proof of the import of ${root}: `, fixUnproven);
  const accept = hash === undefined ? "" : acceptQuarantined(hash);
  return withAdvice(reasons, `Verification of ${root}: `, fixDifferences + accept);
}

const fixUnproven =
  "These files have not changed since they were imported, so somebody else changed MongoDB. No service was " +
  "stopped. Find out who did, then run `pulumi up` again: it imports every file again. What differs stays " +
  "as MongoDB has it, and is quarantined.";

const fixDifferences =
  "This step changed nothing. Fix what is named, or move files that are not state out of the " +
  "directory. Then run `pulumi up` again: it imports quarantined records and verifies again. What is " +
  "missing for another reason is imported by " +
  "`pulumi up --replace '**taskrunner:SecondHandover::second-handover'`.";

/** How a cutover ends without records that nobody can fix. */
export function acceptQuarantined(hash: string): string {
  return ` If nobody can fix what differs or cannot be imported, set advanced.acceptQuarantined: "${hash}".`;
}

/** The maximum share of the runs, in percent, that may be quarantined in a cutover (decision 15). */
const toleratedPercent = 1;

/**
 * Why an import stops a cutover before the drain, or before the fence, with what to do; empty if it does not.
 * A quarantined run that is unfinished would not be executed any more, or be executed from what an earlier
 * import brought, as one whose file is gone; and many that are finished would be missed.
 *
 * @param inputs with `root` as the settings name it
 */
export function describeStop(
  report: ImportReport,
  inputs: Pick<StateInputs, "root" | "acceptMissing">,
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
  const runs = quarantine.filter(isOf("runs")).map(caseOf);
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

const isOf = (role: CollectionRole) => {
  const folder = `${layout[role]}/`;
  return ({ file }: { readonly file: string }) => file.startsWith(folder);
};

function caseOf({ detail, ...place }: Quarantined): string {
  return `${describePlace(place)} (${detail})`;
}

function ifAny<Line extends Said>(count: number, line: () => Line): Line[] {
  return count === 0 ? [] : [line()];
}

function formatCount(count: number, role: CollectionRole): string {
  return `${count.toLocaleString("en-US")} ${nouns[role][count === 1 ? 0 : 1]}`;
}

const formatFiles = (count: number) =>
  `${count.toLocaleString("en-US")} ${count === 1 ? "file" : "files"}`;

/** A line for the engine's log, or what somebody has to know. */
type Said = string | Finding;

/** The first cases, and how many more there are. */
export function formatCases(cases: readonly string[], total: number): string {
  return nameFirst(cases, namedCases, total);
}

/** What a proof found, and how long the worker will be stopped, for the engine's log. */
export function describeProof({ proof }: ImportReport): string[] {
  if (!proof) return [];
  const [proven, changed] = [proof.provenFiles, proof.changedFiles].map(formatFiles);
  const seconds = Math.ceil(proof.importMs / 1_000);
  return [
    `Every record of ${proven} is in MongoDB. ${changed} changed since the import, or cannot be imported. The second ` +
      `import, of what changed, took ${seconds} s: the worker will be stopped for about as long, and while its pods start.`,
  ];
}

/** What a fence is, for the engine's log. */
export function describeFence({ fence, held, unknown }: DrawnFence, root: string): Said[] {
  const runs = formatCount(fence.unfinishedCount, "runs");
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
        `${runs} held in ${root}/${heldFolder} are not in this MongoDB, and no service executes ` +
          `them: ${names}. If the MongoDB that had them is lost, move the files back and run ` +
          "`taskrunner-storage import --stage final`. Their steps may then run again.",
      ),
    ),
  ];
}

function ofRuns<Line extends Said>(
  runIds: readonly string[],
  line: (runs: string, names: string) => Line,
): Line[] {
  const { length } = runIds;
  return ifAny(length, () => line(formatCount(length, "runs"), formatCases(runIds, length)));
}

/**
 * What a rollback did, for the engine's log.
 *
 * @param cutover `isAgain` if each later `up` tries again, because a Job does it
 */
export function describeRollback(
  { exported, unreachable, held, inTheWay }: RollbackReport,
  root: string,
  { fencedAt, isAgain }: { readonly fencedAt: string | undefined; readonly isAgain: boolean },
): Said[] {
  const later = isAgain ? "the next `pulumi up`" : "`taskrunner-storage export`";
  const since = fencedAt === undefined ? "" : ` since ${fencedAt}`;
  return [
    ...(exported ? describeExport(exported, root) : []),
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
          "`advanced.heldRuns: release` moves the files back unchanged.",
      ),
    ),
    ...ofRuns(inTheWay, (runs, names) =>
      warning(
        "runs-not-moved",
        `${runs} could not be moved, because another file exists in ${root} or in ` +
          `${root}/${heldFolder}: ${names}. Compare the two files and keep the right one.`,
      ),
    ),
  ];
}

/** What a rollback did before the drain, for the engine's log. */
export function describeAhead(report: AheadReport, root: string): Said[] {
  if ("exported" in report) return describeExport(report.exported, root);
  const text =
    `Nothing was exported before the drain. ${report.left} The handover tries it again, and exports everything ` +
    "while the worker is stopped.";
  return [warning("export-left", text)];
}

function describeExport(report: Exported, root: string): Said[] {
  const written = collectionRoles
    .filter((role) => report[role].written > 0)
    .map((role) => formatCount(report[role].written, role));
  const sum = (of: "conflicts" | "unwritable") =>
    collectionRoles.reduce((total, role) => total + report[role][of], 0);
  const logs = report.logs.conflicts;
  const changed = sum("conflicts") - logs;
  const unwritable = sum("unwritable");
  const isLog = isOf("logs");
  const failed = report.unwritable.map(({ id, detail }) => `${id} (${detail})`);
  const { withoutBase, baseTrouble } = report;
  return [
    `Exported to ${root}: ${written.length === 0 ? "nothing changed" : written.join(", ")}.`,
    ...ifAny(changed, () => {
      const copies = report.conflicts.filter((one) => !isLog(one));
      const cases = formatCases(
        copies.map(({ id, copy }) => `${id} (see ${copy})`),
        changed,
      );
      const text = `${changed} changed on both sides. The files stay, with conflict copies of MongoDB's content: ${cases}.`;
      return warning("conflicts", text);
    }),
    ...ifAny(logs, () => {
      const both = report.conflicts.filter(isLog);
      const cases = formatCases(
        both.map(({ id, file, copy }) => `${id} (${file}, and its entries in ${copy})`),
        logs,
      );
      const what = logs === 1 ? "1 log differs" : `${logs} logs differ`;
      return warning("conflicts", `${what} from MongoDB, and both sides stay: ${cases}.`);
    }),
    ...ifAny(unwritable, () => {
      const text = `${unwritable} could not be written: ${formatCases(failed, unwritable)}.`;
      return warning("not-written", text);
    }),
    ...ifAny(withoutBase.length, () => {
      const cases = formatCases(withoutBase, withoutBase.length);
      const text = `${withoutBase.length} not recorded as equal on both sides (${baseTrouble}): ${cases}. The files are right; a later change on both sides is a conflict.`;
      return warning("not-recorded", text);
    }),
  ];
}

/** What a rollback without MongoDB would do, for a preview. */
export function describeForeseen(
  { unreachable, unfinished }: Foreseen,
  root: string,
  { fencedAt, heldRuns }: { readonly fencedAt: string; readonly heldRuns: "hold" | "release" },
): Finding[] {
  return [
    warning(
      "would-not-export",
      `MongoDB is unreachable, so nothing would be exported. ${unreachable} What changed there ` +
        `since ${fencedAt} would stay only there until \`taskrunner-storage export\`.`,
    ),
    ...ofRuns(unfinished, (runs, names) =>
      heldRuns === "hold"
        ? warning("would-hold", `${runs} would be held in ${root}/${heldFolder}: ${names}.`)
        : warning(
            "would-release",
            `${runs} would continue with their files, and may repeat steps: ${names}.`,
          ),
    ),
  ];
}
