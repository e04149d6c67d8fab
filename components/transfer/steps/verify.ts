import { warning } from "../../text";
import { findLogExpiry } from "../../migration";
import { cutoverInForce, readCutoverRecord, sourceOfTruth } from "../../state";
import { interrupted, type Step, reportLine, Unfinished } from "../../step";
import { describeFormsStop, formsSection } from "../describe/forms";
import { removedSections } from "../describe/import";
import { reportProgress } from "../describe/progress";
import { toMessages } from "../describe/sections";
import {
  describeFirstVerification,
  describeVerification,
  firstVerificationSections,
} from "../describe/verification";
import { compareForms } from "../forms/read";
import type { ComparedForms, Report } from "../reports";
import { type VerifyOptions, forgetUnlessHolds, verifyState } from "../verify";
import {
  atGate,
  hasToImport,
  importPass,
  importRuns,
  namedSides,
  requireRuns,
  requireSame,
} from "./import";
import {
  FirstVerification,
  type FirstVerificationInputs,
  type FirstVerificationResults,
  type StateInputs,
  Verification,
  type VerificationResults,
} from "./inputs";
import { describeFirst } from "./planned";
import { comparedStateInputs, namedState, sidesOf, stateOf } from "./sides";

/**
 * The first verification, before the drain: checks that MongoDB has the records of all files that did not change since
 * their import, whatever happened there since the bulk pass. An import comes first. After a failed first verification
 * it reads every file, because otherwise nothing would be compared. Another import comes last, so that the handover has
 * little to do while the worker is stopped.
 */
export const firstVerification: Step<FirstVerificationInputs, FirstVerificationResults> = {
  ...FirstVerification,
  id: ({ database = "" }) => `${database}/first-verification`,
  compares: ["importedAt"],
  isDue: (state, inputs) =>
    hasToImport(state, inputs) ||
    (inputs.canaryAt !== undefined && inputs.canaryAt !== state.canaryAt),
  describes: describeFirst,
  job: { state: "write", endsEarly: true },
  forward: (inputs) => atGate(inputs, () => importAndVerify(inputs)),
};

async function importAndVerify(inputs: FirstVerificationInputs): Promise<FirstVerificationResults> {
  const unverifiable = await findUnverifiable(inputs);
  if (unverifiable !== undefined) {
    reportLine(`Nothing was verified, because ${unverifiable}.`);
    return {};
  }
  await importRuns(inputs);
  const sides = await sidesOf(inputs);
  const found = await compare("first-verification", inputs, { from: "unchanged only" });
  if (!found.holds) {
    const { root, notExported } = await namedSides(inputs);
    throw new Unfinished(describeFirstVerification(found, root, notExported));
  }
  const reasons = reportForms(await compareForms(sides), inputs, true);
  if (reasons.length > 0) throw new Unfinished(reasons);
  const imported = await importPass(sides, "bulk");
  const firstVerification = found.firstVerification && {
    ...found.firstVerification,
    importMs: imported.elapsedMs,
  };
  const report = { ...imported, ...(firstVerification && { firstVerification }) };
  await requireRuns(report, inputs);
  toMessages(firstVerificationSections(report)).forEach(reportLine);
  return { ...(await requireSame(report, inputs, "bulk")), verifiedAt: new Date().toISOString() };
}

/** The reason why nothing can be verified; undefined if the bulk pass imported, and the services still work on files. */
async function findUnverifiable(inputs: FirstVerificationInputs): Promise<string | undefined> {
  // The state directory may be gone long after a cutover: without an import it is not read.
  if (inputs.importedAt === undefined) return "the bulk pass imported nothing";
  const cutoverRecord = cutoverInForce(await readCutoverRecord(stateOf(inputs).root));
  // Services may have changed or removed documents there whose records are still in the files.
  return cutoverRecord && `MongoDB is the source of truth since ${cutoverRecord.at}`;
}

/** The comparison that finds every record on disk in MongoDB; it stops `up` if it does not hold. */
export const verification: Step<StateInputs, VerificationResults> = {
  ...Verification,
  id: ({ database = "" }) => `${database}/verification`,
  followsServer: true,
  compares: comparedStateInputs,
  describes: () => "Verify that MongoDB has every record on disk.",
  job: { state: "read", endsEarly: true },
  findings: ({ acceptQuarantined, root }, _prior, state) => {
    const report = state?.report;
    const isRefused = report?.hash !== undefined && report.hash !== acceptQuarantined;
    const reasons = isRefused ? describeVerification(report, root) : [];
    return Promise.resolve(
      reasons.map((reason) => warning("verification", `As of the last verification: ${reason}`)),
    );
  },
  forward: async (inputs) => {
    const { acceptQuarantined } = inputs;
    const found = await compare("verification", inputs, { acceptQuarantined });
    const forms = await compareForms(await sidesOf(inputs));
    const report = { ...found, forms };
    toMessages(removedSections(report)).forEach(reportLine);
    const apart = found.holds ? [] : describeVerification(report, namedState(inputs).root);
    const reasons = [...apart, ...reportForms(forms, inputs, false)];
    if (reasons.length === 0) return { report };
    throw new Unfinished(reasons, { report });
  },
};

/** Reports the results of a check of forms, or returns why it stops the step. */
function reportForms(forms: ComparedForms, inputs: StateInputs, isFirst: boolean): string[] {
  const isAccepted = forms.hash === inputs.acceptForms;
  const { root } = namedState(inputs);
  if (forms.hash !== undefined && !isAccepted) return describeFormsStop(forms, root, isFirst);
  toMessages([formsSection(forms, isFirst)]).forEach(reportLine);
  return [];
}

/** Compares both sides. If they differ before the cutover is recorded, the next import reads every file again. */
async function compare(
  what: string,
  inputs: StateInputs,
  options: VerifyOptions,
): Promise<Report<"verification">> {
  const sides = await sidesOf(inputs);
  const logs = { collection: sides.collections.logs, ledger: inputs.ledger };
  const expiry = await findLogExpiry(sides.database, logs);
  const found = await reportProgress(what, sides, (watched) =>
    verifyState({ ...watched, ...options, expiry, signal: interrupted }),
  );
  // Once MongoDB is the source of truth, it may lack records that the files have.
  const isCutOver = sourceOfTruth(await readCutoverRecord(sides.root)) === "mongo";
  return isCutOver ? found : forgetUnlessHolds(sides, found);
}
