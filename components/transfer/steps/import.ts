import { join } from "node:path";
import { findEarlierExpiry } from "../../migration";
import { quarantineFile, requireFenceWritable } from "../../state";
import { type Step, tell, Unfinished } from "../../step";
import { importState } from "../import/import";
import { findMissingRuns } from "../missing";
import { requireNewCutover } from "../rollback/fence";
import type { BothSides, ImportStage } from "../sides";
import { type ImportReport, ofShards } from "../tally";
import { forgetWhereMissing, verifyState } from "../verify/verify";
import { describeStop, describeVerification, formatCases, ifAny } from "../describe";
import {
  BulkImport,
  type StateInputs,
  type ImportInputs,
  type ImportResults,
  Verification,
  type VerificationInputs,
  type VerificationResults,
} from "./inputs";
import { brief, comparedInputs, sidesOf, reportProgress } from "./sides";

/**
 * The import while both services still write files. It runs once in each cutover, and again if its
 * settings changed or the last run quarantined records; never because files or counts differ. The worker
 * is stopped next, so it makes sure that a fence can be kept and that the runs are there. Of the latter
 * only the pods' reports together tell.
 */
export const bulkImport: Step<ImportInputs, ImportResults> = {
  ...BulkImport,
  id: ({ database = "" }) => `${database}/import`,
  followsServer: true,
  compares: comparedInputs,
  isDue: hasLeftOut,
  job: {
    state: "write",
    forward: importRuns,
    merged: (parts, inputs) =>
      requireRuns({ report: brief(ofShards(parts.map(({ report }) => report))) }, inputs),
  },
  forward: async (inputs) => requireRuns(await importRuns(inputs), inputs),
};

async function importRuns(inputs: ImportInputs): Promise<ImportResults> {
  const sides = await sidesOf(inputs);
  await requireNewCutover(sides, inputs);
  const report = await importStage(sides, "backfill", inputs.shard);
  const { foreign, foreignNames } = report.skipped;
  for (const words of ifAny(foreign, () => formatCases(foreignNames, foreign))) {
    tell(`warning: Names in ${inputs.root} that are not state, and are not imported: ${words}`);
  }
  await requireFenceWritable(sides.root);
  return { report };
}

/** @throws Unfinished if the services in Mongo mode would lack runs, or execute old ones (decision 15) */
function requireRuns(results: ImportResults, inputs: ImportInputs): ImportResults {
  const reasons = describeStop(results.report, inputs, "backfill");
  if (reasons.length > 0) throw new Unfinished(reasons, results);
  return results;
}

/**
 * An import with its report in short. The quarantined records are in a file in the state directory, which the
 * bulk import has tried, one for each pod that shares the work; without such records there is none.
 */
export async function importStage(
  sides: BothSides,
  stage: ImportStage,
  shard?: ImportInputs["shard"],
): Promise<ImportReport> {
  const quarantine = join(sides.root, quarantineFile(shard));
  const asked = { stage, quarantine, ...(shard && { shard }) };
  const report = await reportProgress("import", sides, (all) => importState({ ...all, ...asked }));
  // The first of several pods looks for all: each sees the whole state directory.
  const isAsked = stage !== "final" && (shard?.number ?? 1) === 1;
  return brief({ ...report, ...(isAsked && { missing: await findMissingRuns(sides) }) });
}

/** Whether the last import quarantined records, which may be fixed meanwhile, unless they were accepted. */
export function hasLeftOut(
  { report }: { readonly report?: ImportReport | undefined },
  { acceptQuarantined }: Pick<StateInputs, "acceptQuarantined">,
): boolean {
  return acceptQuarantined === undefined && report !== undefined && report.quarantine.length > 0;
}

/** The proof that every record on disk is in MongoDB; it stops `up` if it does not hold. */
export const verification: Step<VerificationInputs, VerificationResults> = {
  ...Verification,
  id: ({ database = "" }) => `${database}/verification`,
  followsServer: true,
  compares: comparedInputs,
  job: { state: "read" },
  foresees: ({ report }, { acceptQuarantined, root }) => {
    const isRefused = report?.hash !== undefined && report.hash !== acceptQuarantined;
    const reasons = isRefused ? describeVerification(report, root) : [];
    return Promise.resolve(reasons.map((reason) => `warning: As it was last: ${reason}`));
  },
  forward: async (inputs) => {
    const { root, rootName = root, ledger, acceptQuarantined } = inputs;
    const { database, ...others } = await sidesOf(inputs);
    const logs = { collection: others.collections.logs, ledger };
    const asked = { expiredBefore: await findEarlierExpiry(database, logs) };
    const found = await reportProgress("verification", { database, ...others }, async (sides) =>
      forgetWhereMissing(sides, await verifyState({ ...sides, ...asked, acceptQuarantined })),
    );
    const report = brief(found);
    if (report.holds) return { report };
    throw new Unfinished(describeVerification(report, rootName), { report });
  },
};
