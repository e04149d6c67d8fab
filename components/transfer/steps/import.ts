import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { collectionRoles } from "../../contract";
import { warning } from "../../contract/finding";
import { sameServer } from "../../mongo";
import { findLogExpiry } from "../../migration";
import {
  type Skipped,
  fenceInForce,
  quarantineFile,
  readFence,
  requireFenceWritable,
  requireState,
  requireStores,
  skippedIn,
  sourceOfTruth,
} from "../../state";
import { gateStaysOpen, type StateOf, type Step, tell, Unfinished } from "../../step";
import { formatCases } from "../describe/cases";
import {
  describeProof,
  describeRemoved,
  describeStop,
  describeVerification,
} from "../describe/cutover";
import { describeForms, describeFormsStop } from "../describe/forms";
import { describeBulkExport } from "../describe/rollback";
import { describeCompared, describeUnequal } from "../describe/unfinished";
import { type FormsReport, compareForms } from "../forms/read";
import { type DeltaLook, compareUnfinished } from "../import/guard";
import { importState } from "../import/import";
import { requireNewCutover } from "../rollback/fence";
import { exportBulkPass } from "../rollback/rollback";
import type { BothSides, ImportPass } from "../sides";
import { type ImportReport, joinImports } from "../reports";
import {
  type VerificationReport,
  type VerifyOptions,
  forgetUnlessHolds,
  verifyState,
} from "../verify";
import {
  BulkPass,
  type BulkPassInputs,
  type BulkPassResults,
  type StateInputs,
  type PassInputs,
  type ImportResults,
  Verification,
  type VerificationResults,
} from "./inputs";
import {
  truncateReport,
  comparedStateInputs,
  namedState,
  sidesOf,
  stateOf,
  reportProgress,
} from "./sides";

/**
 * The bulk pass: the import while both services still write files, and its proof, or on a rollback an export. It runs
 * once in each cutover, and again if its settings changed or it quarantined records. The worker is drained next, so
 * it also requires that the fence can be written, and that no unfinished run is quarantined or missing.
 */
export const bulkPass: Step<BulkPassInputs, BulkPassResults> = {
  ...BulkPass,
  id: ({ database = "" }) => `${database}/import`,
  isDue: (state, inputs) => hasToImport(state, inputs) || isOpened(state, inputs),
  job: { state: "write" },
  forward: async (inputs) => {
    if (inputs.takenOver) return {};
    const proven = await importAndProve(inputs).catch((error: unknown) => {
      if (!(error instanceof Unfinished) || inputs.gate !== "open") throw error;
      throw new Unfinished([...error.reasons, gateStaysOpen(inputs.cutover)], error.results);
    });
    return { ...proven, provenAt: new Date().toISOString() };
  },
  back: async (inputs, state) => {
    await exportBefore(inputs);
    return state?.report ? { report: state.report } : {};
  },
};

/** Whether the gate before the drain was closed in the last run, and is no longer. */
const isOpened = (state: BulkPassInputs, { direction, gate }: BulkPassInputs) =>
  direction === "forward" && state.gate === "closed" && gate !== "closed";

async function importAndProve(inputs: PassInputs): Promise<ImportResults> {
  const imported = await requireRuns(await importRuns(inputs), inputs);
  const { report } = await requireRuns(await proveImport(imported, inputs), inputs);
  return requireSame(report, inputs, "bulk");
}

async function importRuns(inputs: PassInputs): Promise<ImportResults> {
  const sides = await sidesOf(inputs);
  await requireNewCutover(sides, inputs);
  await requireState(sides);
  await requireStores(sides, inputs.approvals);
  await requireFenceWritable(sides);
  const report = await importPass(sides, "bulk");
  tellSkipped(report.skipped, inputs);
  return { report };
}

/** Names what is left out. An unknown folder stops a cutover with its own message, but no rollback. */
function tellSkipped(skipped: Skipped, inputs: StateInputs): void {
  const { foreign, foreignNames, unknown, unknownNames } = skipped;
  const isBack = inputs.direction === "back";
  const names = [...(isBack ? unknownNames : []), ...foreignNames];
  const count = foreign + (isBack ? unknown : 0);
  if (count === 0) return;
  const text = `Names in ${namedState(inputs).root} that are not state, and are left as they are: ${formatCases(names, count)}`;
  tell(warning("not-state", text));
}

async function requireRuns(results: ImportResults, inputs: PassInputs): Promise<ImportResults> {
  const reasons = describeStop(results.report, await namedSides(inputs), "bulk");
  if (reasons.length > 0) throw new Unfinished(reasons, results);
  describeProof(results.report).forEach(tell);
  return results;
}

/**
 * The proof before the drain: the records of all files that did not change since their import are in MongoDB. Then
 * imports the changed files, so that the handover has little to do while the worker is stopped.
 */
async function proveImport({ report }: ImportResults, inputs: PassInputs): Promise<ImportResults> {
  const sides = await sidesOf(inputs);
  const fence = await readFence(sides.root);
  // Services may have changed or removed there what the files still have.
  const inForce = fenceInForce(fence);
  if (inForce) {
    tell(`Nothing was proven, because MongoDB is the source of truth since ${inForce.at}.`);
    return { report };
  }
  const found = await compare("proof", inputs, { isProof: true });
  if (!found.holds) {
    throw new Unfinished(describeVerification(found, namedState(inputs).root, fence?.notExported));
  }
  const reasons = tellForms(await compareForms(sides), inputs, true);
  if (reasons.length > 0) throw new Unfinished(reasons);
  const second = await importPass(sides, "bulk");
  const proof = found.proof && { ...found.proof, importMs: second.elapsedMs };
  return { report: { ...joinImports(report, second), ...(proof && { proof }) } };
}

/** Tells what a check of forms found, or returns why it stops the step. */
function tellForms(forms: FormsReport, inputs: StateInputs, isProof: boolean): string[] {
  const isAccepted = forms.hash === inputs.acceptForms;
  const { root } = namedState(inputs);
  if (forms.hash !== undefined && !isAccepted) return [describeFormsStop(forms, root, isProof)];
  const text = describeForms(forms);
  tell(forms.hash === undefined ? text : warning("forms-differ", text));
  return [];
}

/**
 * Imports, and truncates the report. All quarantined records go to a file in the state directory.
 *
 * @param readNames receives the base names of the runs whose own file or approvals were read
 */
export async function importPass(
  sides: BothSides,
  pass: ImportPass,
  readNames?: Set<string>,
): Promise<ImportReport> {
  const quarantine = join(sides.root, quarantineFile);
  const report = await reportProgress("import", sides, (watched) =>
    importState({ ...watched, pass, quarantine, readNames }),
  );
  return truncateReport(report);
}

/**
 * Requires before a fence that a worker on MongoDB would execute what one on files would.
 *
 * @param delta what the delta pass looks at
 * @returns the report with what was compared; as it was under a fence that is in force
 */
export async function requireSame(
  report: ImportReport,
  inputs: StateInputs,
  pass: "bulk" | "delta",
  delta?: DeltaLook,
): Promise<ImportResults> {
  const sides = await sidesOf(inputs);
  if (sourceOfTruth(await readFence(sides.root)) === "mongo") return { report };
  const unfinished = await compareUnfinished(sides, pass, delta);
  const results = { report: truncateReport({ ...report, unfinished }) };
  const reasons = describeUnequal(unfinished, await namedSides(inputs), pass);
  if (reasons.length > 0) throw new Unfinished(reasons, pass === "bulk" ? results : undefined);
  tell(describeCompared(unfinished));
  return results;
}

/** Both sides as the messages of a stop name them. */
export async function namedSides(inputs: StateInputs) {
  const fence = await readFence(stateOf(inputs).root);
  return { ...inputs, ...namedState(inputs), notExported: fence?.notExported === true };
}

/** The bulk pass of a rollback; the handover exports the rest, and later changes. */
async function exportBefore(inputs: PassInputs): Promise<void> {
  const { database: name, uri, electionSeconds } = inputs;
  const options = { ...inputs, uri, name, electionSeconds, watch: console.log };
  try {
    const report = await exportBulkPass(stateOf(inputs), options);
    if (!report) return;
    describeBulkExport(report, namedState(inputs)).forEach(tell);
    tellSkipped(await skippedIn(stateOf(inputs)), inputs);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Unfinished([
      `Export to ${namedState(inputs).root}: ${error.message} The worker was not stopped, and what was exported stays: ` +
        "run `pulumi up` again, which resumes where it stopped.",
    ]);
  }
}

/** Whether a step that imports once per cutover is due again. In a rollback it never is. */
export function hasToImport(
  state: Partial<StateOf<StateInputs, ImportResults>>,
  inputs: StateInputs,
): boolean {
  if (inputs.direction === "back") return false;
  // Quarantined records may be fixed meanwhile, unless they were accepted. A Job's answer may have no room for cases.
  const { report } = state;
  const hasLeftOut =
    inputs.acceptQuarantined === undefined &&
    collectionRoles.some((role) => report && report[role].quarantined > 0);
  return (
    hasLeftOut ||
    // A rollback that leaves web on MongoDB may have no connection string.
    (inputs.uri !== undefined && !sameServer(state.uri, inputs.uri)) ||
    comparedStateInputs.some((key) => !isDeepStrictEqual(state[key], inputs[key]))
  );
}

/** The proof that every record on disk is in MongoDB; it stops `up` if it does not hold. */
export const verification: Step<StateInputs, VerificationResults> = {
  ...Verification,
  id: ({ database = "" }) => `${database}/verification`,
  followsServer: true,
  compares: comparedStateInputs,
  job: { state: "read" },
  previewFindings: ({ report }, { acceptQuarantined, root }) => {
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
    const report = truncateReport({ ...found, forms });
    describeRemoved(report).forEach(tell);
    const apart = found.holds ? [] : describeVerification(report, namedState(inputs).root);
    const reasons = [...apart, ...tellForms(forms, inputs, false)];
    if (reasons.length === 0) return { report };
    throw new Unfinished(reasons, { report });
  },
};

/** Compares both sides. If they differ before the fence, the next import reads every file again. */
async function compare(
  what: string,
  inputs: StateInputs,
  options: VerifyOptions,
): Promise<VerificationReport> {
  const sides = await sidesOf(inputs);
  const logs = { collection: sides.collections.logs, ledger: inputs.ledger };
  const expiry = await findLogExpiry(sides.database, logs);
  const found = await reportProgress(what, sides, (watched) =>
    verifyState({ ...watched, ...options, expiry }),
  );
  // Once MongoDB is the source of truth, it may lack what the files have.
  const isFenced = sourceOfTruth(await readFence(sides.root)) === "mongo";
  return truncateReport(isFenced ? found : await forgetUnlessHolds(sides, found));
}
