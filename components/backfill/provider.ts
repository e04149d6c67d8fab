import { resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { databaseAt } from "../connection";
import { countCutover, mongoSide, UnfinishedStep } from "../dynamic";
import { jobStep, type JobTarget } from "../jobs";
import { importCommand, verificationCommand } from "./commands";
import { forgetWhereMissing } from "./forget";
import { importState } from "./import";
import { sayProgress } from "./progress";
import { ofShards } from "./shard-reports";
import type { BothSides } from "./sides";
import type { ImportStage } from "./stage";
import type { ImportReport, IncompleteLine, Quarantined, Tally } from "./tally";
import type { StateInputs } from "./state-inputs";
import { collectEarly } from "./memory";
import { verifyState, type VerificationReport } from "./verify";
import { exportProvider } from "./way-back";
import { reasonsOf } from "./words";

/**
 * Inputs of an import. The records that it leaves out are in a file beside the state root, named
 * after it: `taskrunner.quarantine.ndjson` beside `taskrunner`; there is none where none was left
 * out. A Job's is in its pod and goes with it.
 */
export interface ImportInputs extends StateInputs {
  readonly stage: ImportStage;
}

/** Inputs of a verification; the log's expiry is in days. */
export interface VerificationInputs extends StateInputs {
  readonly retentionDays?: number;
}

/** Outputs of an import; its report names the first twenty cases of a kind. */
export interface ImportResults {
  readonly report: ImportReport;
}

/** Outputs of a verification; its report names the first twenty cases of a kind. */
export interface VerificationResults {
  readonly report: VerificationReport;
}

// The provider host loads this module where the stack has a backfill to do.
collectEarly();

/**
 * The real dynamic providers. They run once in each cutover, and again where their own settings
 * changed or the last run left records out; never because files or counts differ.
 */
export const providers = {
  Import: mongoSide<ImportInputs, ImportResults>({
    results: ["report"],
    id: importId,
    check: countCutover,
    differs: (applied, inputs) =>
      settingsDiffer(applied, inputs) || leftRecordsOut(applied as Partial<ImportResults>),
    apply: async (inputs) => {
      const report = brief(await (inputs.job ? importByJob(inputs, inputs.job) : imported(inputs)));
      return { report: { ...report, sharedLogs: report.sharedLogs.slice(0, namedCases) } };
    },
  }),
  Verification: mongoSide<VerificationInputs, VerificationResults>({
    results: ["report"],
    id: verificationId,
    check: countCutover,
    differs: settingsDiffer,
    apply: async (inputs) => {
      const report = brief(await (inputs.job ? verifyByJob(inputs, inputs.job) : verified(inputs)));
      if (report.holds) return { report };
      const outputs = { ...inputs, report };
      throw new UnfinishedStep(verificationId(inputs), outputs, reasonsOf(report, inputs.root));
    },
  }),
  Export: exportProvider,
};

function imported(inputs: ImportInputs): Promise<ImportReport> {
  const { stage, root } = inputs;
  const quarantine = `${resolve(root)}.quarantine.ndjson`;
  return watched("import", inputs, (sides) => importState({ ...sides, stage, quarantine }));
}

async function importByJob(inputs: ImportInputs, job: JobTarget): Promise<ImportReport> {
  const command = importCommand(inputs.stage, job.parallelism);
  const state = { id: importId(inputs), outputs: inputs };
  return ofShards((await jobStep(job, command, state)) as ImportReport[]);
}

async function verified(inputs: VerificationInputs): Promise<VerificationReport> {
  const { retentionDays = Infinity } = inputs;
  return watched("verification", inputs, async (sides) => {
    return forgetWhereMissing(sides, await verifyState({ ...sides, retentionDays }));
  });
}

async function verifyByJob(inputs: VerificationInputs, job: JobTarget) {
  const state = { id: verificationId(inputs), outputs: inputs };
  const [report] = await jobStep(job, verificationCommand(), state);
  return report as VerificationReport;
}

function importId({ database }: StateInputs): string {
  return `${database ?? ""}/import`;
}

function verificationId({ database }: StateInputs): string {
  return `${database ?? ""}/verification`;
}

function settingsDiffer(applied: StateInputs, inputs: StateInputs): boolean {
  return !isDeepStrictEqual(ownSettings(applied), ownSettings(inputs));
}

/** Without the bases, which are with the checkpoints, each run that went on is a conflict. */
function ownSettings({ cutover, database, root, layout, ...names }: StateInputs) {
  const { collections, approvals, checkpoints } = names;
  return { cutover, database, root, layout, collections, approvals, checkpoints };
}

function leftRecordsOut({ report }: Partial<ImportResults>): boolean {
  return report !== undefined && report.quarantine.length > 0;
}

/** Does the work with lines of progress on standard output, which the engine shows. */
async function watched<Report>(
  what: string,
  inputs: StateInputs,
  work: (sides: BothSides) => Promise<Report>,
): Promise<Report> {
  let stop: (() => void) | undefined;
  const watch = (tally: Tally) => {
    stop = sayProgress(what, tally, console.log);
  };
  try {
    return await work({ ...(await sidesOf(inputs)), watch });
  } finally {
    stop?.();
  }
}

async function sidesOf({ uri, database, root, ...rest }: StateInputs): Promise<BothSides> {
  const { layout, collections, approvals, checkpoints } = rest;
  return {
    // Both are there in mongo mode: the settings' rules ask for them.
    database: await databaseAt({ uri: uri ?? "", database: database ?? "" }),
    root: resolve(root),
    layout,
    collections,
    approvals,
    checkpoints,
  };
}

const namedCases = 20;

/** A report as a stack's outputs hold it: all counts, and the first single cases. */
function brief<Report extends { quarantine: Quarantined[]; incomplete: IncompleteLine[] }>(
  report: Report,
): Report {
  return {
    ...report,
    quarantine: report.quarantine.slice(0, namedCases),
    incomplete: report.incomplete.slice(0, namedCases),
  };
}
