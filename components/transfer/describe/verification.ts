import { collectionRoles } from "../../contract";
import { formatCount } from "../../text";
import { type Report, sumCounts } from "../reports";
import { quarantineSection } from "./import";
import { type Section, formatRecords, stopReasons } from "./sections";
import { exportFirst } from "./unfinished";

/** Why a verification, or the first verification, does not hold: a section for each kind of difference. */
export function verificationSections(report: Report<"verification">): Section[] {
  const { quarantine, notForgotten, firstVerification } = report;
  const missing = collectionRoles.map((role) => {
    const { missing: count, files } = report[role];
    const cases = report.onlyInFiles?.[role] ?? [];
    const title = `${count} of ${formatRecords(files, role)} on disk ${count === 1 ? "is" : "are"} not in MongoDB`;
    return { title, cases, count };
  });
  const differing = collectionRoles.map((role) => {
    const { differing: count } = report[role];
    const different = report.different?.[role] ?? [];
    const title = `${formatRecords(count, role)} on disk ${count === 1 ? "differs" : "differ"} from MongoDB, and MongoDB's content stays`;
    return { title, cases: different.map(({ id, paths }) => `${id} (${paths.join(", ")})`), count };
  });
  return [
    ...missing,
    ...differing,
    quarantineSection(quarantine, firstVerification ? 0 : sumCounts(report, "quarantined")),
    {
      title: "The checkpoints of these files could not be deleted, so the next import skips them",
      count: notForgotten === undefined ? 0 : 1,
      advice: notForgotten,
    },
  ];
}

/**
 * Describes why a verification stops a step, with advice.
 *
 * @param root the state directory as the settings name it
 */
export function describeVerification(report: Report<"verification">, root: string): string[] {
  const { hash } = report;
  const accept = hash === undefined ? "" : ` ${acceptQuarantined(hash)}`;
  const sections = verificationSections(report);
  return stopReasons(`Verification of ${root}`, sections, fixDifferences + accept);
}

const fixDifferences =
  "This step changed nothing. Fix these problems, or move files that are not state out of the directory. To import " +
  "missing records, run `taskrunner-storage import --cutover-pass final`, which reads every file again. Then run " +
  "`pulumi up` again: it imports quarantined records and verifies again.";

/** The advice to end a cutover without records that cannot be fixed. */
export function acceptQuarantined(hash: string): string {
  return `If these records cannot be fixed, set advanced.acceptQuarantined: "${hash}".`;
}

/**
 * Describes why a first verification stops a cutover before the drain, with advice.
 *
 * @param notExported whether the last rollback exported nothing
 */
export function describeFirstVerification(
  report: Report<"verification">,
  root: string,
  notExported: boolean,
): string[] {
  const { runs = [], approvals = [] } = report.different ?? {};
  const ids = [...runs, ...approvals].map(({ id }) => id);
  const files =
    ids.length === 0 ? "" : `If the files are right, delete ${ids.join(", ")} in MongoDB. `;
  const advice = notExported
    ? exportFirst
    : `Find out what changed it, such as web's canary (docs/canary.md). ${files}Then run \`pulumi up\` again: it imports every file again.`;
  const sections = verificationSections(report);
  return stopReasons(`First verification of ${root}`, sections, `${changedInMongo} ${advice}`);
}

const changedInMongo =
  "These files have not changed since they were imported, so MongoDB was changed. No service was stopped.";

/** The results of a first verification, and how long the worker will be stopped. */
export function firstVerificationSections({ firstVerification }: Report<"import">): Section[] {
  if (!firstVerification) return [];
  const { verifiedFiles, changedFiles, importMs } = firstVerification;
  const seconds = Math.ceil(importMs / 1_000);
  const changed = `${formatCount(changedFiles, "file")} changed since the import, or cannot be imported. `;
  return [
    {
      title: `Verified ${formatCount(verifiedFiles, "file")} before the drain: every record is in MongoDB`,
      advice:
        `${changedFiles > 0 ? changed : ""}Importing the changes took ${seconds} s: expect the worker to be down for ` +
        `about ${seconds} s, plus pod start-up.`,
    },
  ];
}
