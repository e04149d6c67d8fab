import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { warning } from "../../contract/finding";
import { sameServer } from "../../mongo";
import { findEarlierExpiry } from "../../migration";
import {
  mapLimit,
  isUnfinished,
  listHeldRuns,
  listUnfinishedRuns,
  quarantineFile,
  readFence,
  requireFenceWritable,
  sourceOfTruth,
  stampByOpening,
} from "../../state";
import { type StateOf, type Step, tell, Unfinished } from "../../step";
import { basesIn, readBases } from "../bases";
import { formatCases } from "../describe/cases";
import {
  describeProof,
  describeRemoved,
  describeStop,
  describeVerification,
} from "../describe/cutover";
import { describeBulkExport } from "../describe/rollback";
import { mayExecute, reading } from "../documents";
import { importState } from "../import/import";
import { requireNewCutover } from "../rollback/fence";
import { exportBulkPass } from "../rollback/rollback";
import type { BothSides, ImportPass } from "../sides";
import { type ImportReport, type MissingRuns, joinImports } from "../reports";
import {
  type VerificationReport,
  type VerifyOptions,
  forgetUnlessHolds,
  verifyState,
} from "../verify";
import {
  BulkPass,
  type StateInputs,
  type ImportInputs,
  type ImportResults,
  Verification,
  type VerificationResults,
} from "./inputs";
import { truncateReport, comparedStateInputs, sidesOf, stateOf, reportProgress } from "./sides";

/**
 * The bulk pass: the import while both services still write files, and its proof, or on a rollback an export. It runs
 * once in each cutover, and again if its settings changed or it quarantined records. The worker is drained next, so
 * it also requires that the fence can be written, and that no unfinished run is quarantined or missing.
 */
export const bulkPass: Step<ImportInputs, ImportResults> = {
  ...BulkPass,
  id: ({ database = "" }) => `${database}/import`,
  isDue: hasToImport,
  job: { state: "write" },
  forward: async (inputs) => {
    const imported = requireRuns(await importRuns(inputs), inputs);
    return requireRuns(await proveImport(imported, inputs), inputs);
  },
  back: async (inputs, state) => {
    await exportBefore(inputs);
    return state?.report ? { report: state.report } : {};
  },
};

async function importRuns(inputs: ImportInputs): Promise<ImportResults> {
  const sides = await sidesOf(inputs);
  await requireNewCutover(sides, inputs);
  const report = await importPass(sides, "bulk");
  const { foreign, foreignNames } = report.skipped;
  if (foreign > 0) {
    const names = formatCases(foreignNames, foreign);
    const { root, rootName = root } = inputs;
    const text = `Names in ${rootName} that are not state, and are not imported: ${names}`;
    tell(warning("not-state", text));
  }
  await requireFenceWritable(sides.root);
  return { report };
}

function requireRuns(
  results: ImportResults,
  { root, rootName = root }: ImportInputs,
): ImportResults {
  const reasons = describeStop(results.report, rootName, "bulk");
  if (reasons.length > 0) throw new Unfinished(reasons, results);
  describeProof(results.report).forEach(tell);
  return results;
}

/**
 * The proof before the drain: the records of all files that did not change since their import are in MongoDB. Then
 * imports the changed files, so that the handover has little to do while the worker is stopped.
 */
async function proveImport(
  { report }: ImportResults,
  inputs: ImportInputs,
): Promise<ImportResults> {
  const { root, rootName = root } = inputs;
  const sides = await sidesOf(inputs);
  // Services may have changed or removed there what the files still have.
  if (sourceOfTruth(await readFence(sides.root)) === "mongo") return { report };
  const found = await compare("proof", inputs, { isProof: true });
  if (!found.holds) throw new Unfinished(describeVerification(found, rootName));
  const second = await importPass(sides, "bulk");
  const proof = found.proof && { ...found.proof, importMs: second.elapsedMs };
  return { report: { ...joinImports(report, second), ...(proof && { proof }) } };
}

/** Imports, and truncates the report. All quarantined records go to a file in the state directory. */
export async function importPass(sides: BothSides, pass: ImportPass): Promise<ImportReport> {
  const quarantine = join(sides.root, quarantineFile);
  const report = await reportProgress("import", sides, (watched) =>
    importState({ ...watched, pass, quarantine }),
  );
  const isAsked = pass !== "final";
  return truncateReport({ ...report, ...(isAsked && { missing: await findMissingRuns(sides) }) });
}

/** The bulk pass of a rollback; the handover exports the rest, and later changes. */
async function exportBefore(inputs: ImportInputs): Promise<void> {
  const { database: name, uri, root, rootName = root, electionSeconds = 60 } = inputs;
  const options = { ...inputs, uri, name, electionSeconds, watch: console.log };
  try {
    const report = await exportBulkPass(stateOf(inputs), options);
    if (report) describeBulkExport(report, rootName).forEach(tell);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Unfinished([
      `Export to ${rootName}: ${error.message} The worker was not stopped, and what was exported stays: ` +
        "run `pulumi up` again, which resumes where it stopped.",
    ]);
  }
}

const filesAtOnce = 16;

/**
 * Finds unfinished runs that MongoDB has from an import, and whose files are gone: deletions are never carried
 * over, and a worker in Mongo mode would execute their steps.
 *
 * @throws ServerTroubleError if MongoDB will not do it, or has trouble for too long
 */
async function findMissingRuns(sides: BothSides): Promise<MissingRuns> {
  const { database, root } = sides;
  const known = await reading(sides, "runs", async (all) => {
    const ids: string[] = [];
    for await (const run of all.find(mayExecute, { projection: { steps: 1 } })) {
      if (isUnfinished(run)) ids.push(String(run._id));
    }
    return readBases(basesIn(database), new Map([["runs", ids]]));
  });
  const missing = new Set<string>();
  await mapLimit(filesAtOnce, [...(known.get("runs") ?? [])], async ([runId, { file, next }]) => {
    const name = file ?? next?.file;
    if (name !== undefined && !(await stampByOpening(join(root, name)))) missing.add(runId);
  });
  if (missing.size > 0) {
    for (const { runId } of await listHeldRuns(sides)) missing.delete(runId);
    for await (const { runId } of listUnfinishedRuns(sides)) missing.delete(runId);
  }
  return { count: missing.size, runs: [...missing].sort() };
}

/** Whether a step that imports once per cutover is due again. In a rollback it never is. */
export function hasToImport(
  state: Partial<StateOf<StateInputs, ImportResults>>,
  inputs: StateInputs,
): boolean {
  if (inputs.direction === "back") return false;
  // Quarantined records may be fixed meanwhile, unless they were accepted.
  const hasLeftOut =
    inputs.acceptQuarantined === undefined && (state.report?.quarantine.length ?? 0) > 0;
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
    const { root, rootName = root, acceptQuarantined } = inputs;
    const report = await compare("verification", inputs, { acceptQuarantined });
    describeRemoved(report).forEach(tell);
    if (report.holds) return { report };
    throw new Unfinished(describeVerification(report, rootName), { report });
  },
};

/** Compares both sides. If a proof does not hold, the next import reads every file again. */
async function compare(
  what: string,
  inputs: StateInputs,
  options: VerifyOptions,
): Promise<VerificationReport> {
  const sides = await sidesOf(inputs);
  const logs = { collection: sides.collections.logs, ledger: inputs.ledger };
  const expiredBefore = await findEarlierExpiry(sides.database, logs);
  const found = await reportProgress(what, sides, (watched) =>
    verifyState({ ...watched, ...options, expiredBefore }),
  );
  // Once MongoDB is the source of truth, it may lack what the files have.
  return truncateReport(options.isProof ? await forgetUnlessHolds(sides, found) : found);
}
