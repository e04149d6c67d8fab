import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { collectionRoles } from "../../contract";
import { hostsIn, sameServer } from "../../mongo";
import {
  type Skipped,
  countJobs,
  ownFiles,
  readCutoverRecord,
  requireWritableState,
  requireState,
  requireStores,
  skippedIn,
  sourceOfTruth,
  withdrawFinalPass,
} from "../../state";
import {
  gateStaysOpen,
  interrupted,
  type StateOf,
  type Step,
  reportLine,
  Unfinished,
} from "../../step";
import { describeStop } from "../describe/cutover";
import { supersededSection } from "../describe/export";
import { foreignSection, unknownJobsSection, unknownSection } from "../describe/import";
import { reportProgress } from "../describe/progress";
import { bulkExportSections } from "../describe/rollback";
import { toMessages } from "../describe/sections";
import { describeCompared, describeUnequal } from "../describe/unfinished";
import { type DeltaLook, compareUnfinished } from "../import/guard";
import { type ImportOptions, importState } from "../import/import";
import { exportBulkPass } from "../rollback/bulk-pass";
import { describeBulkPass } from "./planned";
import { requireNewCutover } from "../rollback/cutover-record";
import type { BothSides, ImportPass } from "../sides";
import type { Report } from "../reports";
import { type RecordTotals, totalExport } from "../totals";
import {
  BulkPass,
  type BulkPassResults,
  type StateInputs,
  type PassInputs,
  type ImportResults,
} from "./inputs";
import { comparedStateInputs, namedState, sidesOf, stateOf } from "./sides";

/**
 * The bulk pass: the import while both services still write files, or on a rollback an export. It runs once in each
 * cutover, and again if its settings changed or it quarantined records. The drain follows it, so it also requires that
 * the cutover can be recorded, and that no unfinished run is quarantined.
 */
export const bulkPass: Step<PassInputs, BulkPassResults> = {
  ...BulkPass,
  id: ({ database = "" }) => `${database}/import`,
  observes: (inputs) => Promise.resolve(hostsIn(inputs)),
  isDue: hasToImport,
  describes: describeBulkPass,
  job: { state: "write", endsEarly: true },
  forward: (inputs) =>
    atGate(inputs, async () => {
      if (inputs.takenOver) return {};
      const report = await importRuns(inputs);
      await reportSkipped(report.skipped, inputs);
      await requireRuns(report, inputs);
      return { report, importedAt: new Date().toISOString() };
    }),
  back: async (inputs, state) => {
    const { webOnFilesAt } = inputs;
    // The check of the services does not reach the files of a Job.
    if (webOnFilesAt !== undefined) await withdrawFinalPass(stateOf(inputs).root, webOnFilesAt);
    const exported = await exportBefore(inputs);
    const report = state?.report;
    return { ...(report && { report }), ...(exported && { exported }) };
  },
};

/** Does the work of a step before the drain. If it stops at an open gate, the error adds that the gate stays open. */
export function atGate<Results>(
  { gate, cutover }: StateInputs,
  work: () => Promise<Results>,
): Promise<Results> {
  return work().catch((error: unknown) => {
    if (!(error instanceof Unfinished) || gate !== "open") throw error;
    throw new Unfinished([...error.reasons, gateStaysOpen(cutover)], error.results);
  });
}

/** Imports before the drain, once the state directory and the number of the cutover are known to be right. */
export async function importRuns(inputs: StateInputs): Promise<Report<"import">> {
  const sides = await sidesOf(inputs);
  await requireNewCutover(sides, inputs);
  await requireState(sides);
  await requireStores(sides, inputs.approvals);
  await requireWritableState(sides);
  return importPass(sides, "bulk");
}

/**
 * Reports skipped files, and what may be a job in the queue. An unknown folder stops a cutover with its own message,
 * but no rollback.
 */
async function reportSkipped(skipped: Skipped, inputs: StateInputs): Promise<void> {
  const state = stateOf(inputs);
  const jobs = unknownJobsSection((await countJobs(state))?.unknown, state);
  const foreign = foreignSection(skipped, namedState(inputs).root);
  const isBack = inputs.direction === "back";
  const found = isBack ? [foreign, unknownSection(skipped), jobs] : [foreign, jobs];
  toMessages(found).forEach(reportLine);
}

/** Requires of an import before the drain that no unfinished run is quarantined, and only few other runs. */
export async function requireRuns(report: Report<"import">, inputs: StateInputs): Promise<void> {
  const reasons = describeStop(report, await namedSides(inputs), "bulk");
  if (reasons.length > 0) throw new Unfinished(reasons, { report });
}

/** Imports. All quarantined records go to a file in the state directory. */
export async function importPass(
  sides: BothSides,
  pass: ImportPass,
  options: Pick<ImportOptions, "readNames" | "isInWindow"> = {},
): Promise<Report<"import">> {
  const quarantine = join(sides.root, ownFiles.quarantine);
  // While the worker is stopped, a pass runs to its end.
  const signal = pass === "bulk" ? interrupted : undefined;
  return reportProgress("import", sides, (watched) =>
    importState({ ...watched, ...options, pass, quarantine, signal }),
  );
}

/**
 * Requires, before the cutover is recorded, that a worker on MongoDB would execute the same steps as one on files.
 *
 * @param delta the runs that the delta pass compares
 * @returns the report with the comparison; unchanged while a cutover is in force
 */
export async function requireSame(
  report: Report<"import">,
  inputs: StateInputs,
  pass: "bulk" | "delta",
  delta?: DeltaLook,
): Promise<ImportResults> {
  const sides = await sidesOf(inputs);
  if (sourceOfTruth(await readCutoverRecord(sides.root)) === "mongo") return { report };
  const unfinished = await compareUnfinished(sides, pass, delta);
  const results = { report: { ...report, unfinished } };
  const reasons = describeUnequal(unfinished, await namedSides(inputs), pass);
  if (reasons.length > 0) throw new Unfinished(reasons, pass === "bulk" ? results : undefined);
  reportLine(describeCompared(unfinished, pass));
  toMessages([supersededSection(unfinished.superseded, namedState(inputs).root)]).forEach(
    reportLine,
  );
  return results;
}

/** Both sides as the messages of a stop name them. */
export async function namedSides(inputs: StateInputs) {
  const cutoverRecord = await readCutoverRecord(stateOf(inputs).root);
  return { ...inputs, ...namedState(inputs), notExported: cutoverRecord?.notExported === true };
}

/** The bulk pass of a rollback; the handover exports the rest, and later changes. */
async function exportBefore(inputs: PassInputs): Promise<RecordTotals | undefined> {
  const { database: name, uri, electionSeconds } = inputs;
  const options = { ...inputs, uri, name, electionSeconds, watch: console.log };
  try {
    const report = await reportProgress("export", stateOf(inputs), (sides) =>
      exportBulkPass({ ...sides, signal: interrupted }, options),
    );
    if (!report) return undefined;
    toMessages(bulkExportSections(report, namedState(inputs).root)).forEach(reportLine);
    await reportSkipped(await skippedIn(stateOf(inputs)), inputs);
    return "exported" in report ? totalExport(report.exported) : undefined;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof Unfinished) throw error;
    throw new Unfinished([
      `Export to ${namedState(inputs).root}: ${error.message} The worker was not stopped, and exported files stay. ` +
        "Run `pulumi up` again, which resumes where it stopped.",
    ]);
  }
}

/** Whether a step that imports once per cutover is due again. In a rollback it never is. */
export function hasToImport(
  state: Partial<StateOf<StateInputs, ImportResults>>,
  inputs: StateInputs,
): boolean {
  if (inputs.direction === "back") return false;
  // Quarantined records may be fixed meanwhile, unless they were accepted. A Job's answer may lack the cases.
  const { report } = state;
  const hasLeftOut =
    inputs.acceptQuarantined === undefined &&
    collectionRoles.some((role) => report && report[role].quarantined > 0);
  const isOpened = state.gate === "closed" && inputs.gate !== "closed";
  return (
    hasLeftOut ||
    isOpened ||
    // A rollback that leaves web on MongoDB may have no connection string.
    (inputs.uri !== undefined && !sameServer(state.uri, inputs.uri)) ||
    comparedStateInputs.some((key) => !isDeepStrictEqual(state[key], inputs[key]))
  );
}
