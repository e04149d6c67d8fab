import { findLogExpiry } from "../components/migration";
import { formatDuration } from "../components/text";
import { countJobs } from "../components/state";
import {
  type ComparedForms,
  type Report,
  acceptQuarantined,
  compareForms,
  formsSection,
  removedSections,
  reportProgress,
  verificationSections,
  verifyState,
} from "../components/transfer";
import { command, usualSeconds } from "./command";
import { printReport, progressPrinter } from "./output";
import { openBothSides, stateOption, type StateOptions } from "./state";

/** `verify`: verifies that MongoDB has every record on disk. */
export const verifyCommand = command("verify", {
  group: "Data",
  does: "Verify that MongoDB has every record on disk.",
  options: [stateOption],
  examples: ["npx taskrunner-storage verify --stack dev"],
  statuses: { 0: "it holds", 2: "differences or conflicts" },
  connects: { seconds: usualSeconds },
  notes: ["Each record is to be equal in MongoDB, or descended from the one on disk."],
}).action(async (options: StateOptions) => {
  const { settings, sides, database } = await openBothSides(options);
  const { ledger, acceptQuarantined } = settings.advanced;
  const logs = { collection: sides.collections.logs, ledger };
  const expiry = await findLogExpiry(database, logs);
  const found = await reportProgress(
    "verify",
    { ...sides, database },
    (both) => verifyState({ ...both, expiry, acceptQuarantined }),
    progressPrinter(options),
  );
  const jobs = await countJobs(sides);
  const report = { ...found, forms: await compareForms({ ...sides, database }), jobs };
  printReport(options, "verify", report, describeComparison(sides.root, report));
  process.exitCode = report.holds ? 0 : 2;
});

function describeComparison(
  root: string,
  report: Report<"verification"> & { readonly forms: ComparedForms },
) {
  const outcome = report.holds ? "every record on disk is in MongoDB" : "does not hold";
  const forms = formsSection(report.forms);
  return {
    pass: "verification" as const,
    title: `Verification of ${root}: ${outcome}`,
    lines: [`compared in ${formatDuration(report.elapsedMs)}`],
    sections: [forms, ...removedSections(report), ...verificationSections(report)],
    ending: report.hash === undefined ? undefined : acceptQuarantined(report.hash),
  };
}
