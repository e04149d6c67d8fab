import type { Db } from "mongodb";
import { warning, type Code, type Finding } from "../text";
import { requireServer } from "../cluster/server";
import { buildSchema, type SchemaOptions } from "../contract";
import { liveModes, lookAtCluster, type ServiceAddress } from "../kubernetes";
import { addCutover } from "../ledger";
import { addressIn, ConnectionError, hostsIn, previewTimeout, withRetries } from "../mongo";
import { kind, reportLine, type OncePerCutover, type StateOf, type Step } from "../step";
import { compareBefore, type ComparedInputs, type ComparedResults } from "./before-claim";
import { DataIssues } from "./errors";
import { apply } from "./execute";
import {
  describeDataIssue,
  describeNotChecked,
  type NotChecked,
  type OnDataIssue,
} from "./issues/data-issues";
import { describeSchema, noteUnanswered } from "./planned";
import { claim, complete, requireRecord, type Claim } from "./record";
import { searchData } from "./plan";
import { migrationModule, openDatabase, type MigrationInputs } from "./step-inputs";
import { ClaimStopped } from "./take-over";

export interface ClaimInputs extends ComparedInputs, Claim {
  readonly schema: SchemaOptions;
  readonly onDataIssue: OnDataIssue;
  /** The worker, and the variable that states its mode; absent if the program cannot see it. */
  readonly worker?: ServiceAddress & { readonly variable: string };
}

export interface ClaimResults extends ComparedResults {
  /** When a Job applied the whole plan, in ISO 8601; empty in the engine. */
  readonly appliedAt: string;
  /** Describes the changes that documents blocked in a Job's plan; empty in the engine. */
  readonly blockedBy: string;
}

type ClaimState = StateOf<ClaimInputs, ClaimResults>;

/**
 * Searches for data issues, then claims the ledger's record, before any change. Refuses, with ClaimStopped, another
 * database while the services work on the former one, a worker whose mode contradicts `cutover.json`, and a new number
 * for the cutover before a rollback has ended the last one. As a Job, it applies the whole plan, and the steps of
 * collections and indexes do nothing.
 */
export const ledgerClaim: Step<ClaimInputs, ClaimResults> = {
  ...kind<ClaimInputs, ClaimResults>("LedgerClaim", migrationModule, [
    "location",
    "appliedAt",
    "blockedBy",
    "takenOver",
  ]),
  id: ({ ledger }) => `${ledger}-claim`,
  followsServer: true,
  compares: ["database", "ledger", "checksum", "stack", "cutover"],
  isDue: ({ blockedBy }, { job }) => job !== undefined && Boolean(blockedBy),
  job: {
    state: "read",
    priorOutputs: ["location", "takenOver"],
    engineOnly: ["worker"],
    forward: applyWholePlan,
  },
  observes: async ({ uri, direction, worker, isPreview }) => {
    const place = hostsIn({ uri });
    if (direction === "back" || worker === undefined) return place;
    const address = { ...worker, ...(isPreview && { isPreview }) };
    const workerModes = await lookAtCluster(address, (cluster) => liveModes(cluster, worker));
    return { ...place, ...(workerModes && { workerModes }) };
  },
  // The stack's own claim is compared once its state is known.
  findings: async (inputs, prior, state) => (prior && !state ? [] : foreseeClaim(inputs, state)),
  // For the steps of all collections and indexes.
  describes: describeSchema,
  forward: async (inputs, state) => {
    const { cutoverAt, location, takenOver } = await compareBefore(inputs, state);
    const db = await openDatabase(inputs);
    // The steps of collections and indexes do not run again for a new cutover to the same location.
    const isSameAgain = state?.location === location && state.cutover !== inputs.cutover;
    if (isSameAgain) await requireRecord(db, inputs.ledger);
    if (inputs.onDataIssue === "fail") {
      const { issues, notChecked } = await searchData(db, buildSchema(inputs.schema));
      if (issues.length > 0) throw new DataIssues(db.databaseName, issues);
      warnOfNotChecked(notChecked);
    }
    await claim(db, inputs.ledger, inputs);
    await recordMovedCutover(db, inputs, cutoverAt);
    return { location, appliedAt: "", blockedBy: "", takenOver };
  },
};

const codes: Readonly<Record<ClaimStopped["property"], Code>> = {
  acceptDatabase: "other-database",
  storageMode: "mode-changed",
  cutover: "other-cutover",
};

/**
 * Finds what a claim would refuse: another database, a worker in another mode, or another number of the cutover. Without
 * an answer of MongoDB, nothing: the connection itself is reported elsewhere.
 *
 * @param state of the last run; undefined if the stack, or a command, knows of none
 */
export async function foreseeClaim(inputs: ComparedInputs, state?: ClaimState): Promise<Finding[]> {
  const { direction, job, workerModes = [] } = inputs;
  if (direction === "back") return [];
  if (job) {
    if (state || workerModes.length === 0) return [];
    // The files are in a PersistentVolumeClaim, which the engine cannot read.
    const text = `The worker is in ${workerModes.join(" and ")} mode. With \`jobs\`, only the first Job of \`pulumi up\` can compare that with cutover.json: it stops before any change if they differ.`;
    return [{ severity: "info", code: "cutover-not-read", text }];
  }
  try {
    const { takenOver } = await compareBefore(inputs, state, previewTimeout);
    if (state || !takenOver) return [];
    const text = `The services work on MongoDB since ${takenOver}: this stack takes them over. Nothing is drained or imported.`;
    return [{ severity: "info", code: "taken-over", text }];
  } catch (error) {
    if (error instanceof ConnectionError) noteUnanswered(inputs);
    // Other steps, and `up`, report other errors.
    if (!(error instanceof ClaimStopped)) return [];
    return [{ severity: "stop", code: codes[error.property], text: error.message }];
  }
}

async function applyWholePlan(inputs: ClaimInputs, state?: ClaimState): Promise<ClaimResults> {
  const { cutoverAt, location, takenOver } = await compareBefore(inputs, state);
  const db = await openDatabase(inputs);
  await requireServer(db, addressIn(inputs).uri, inputs.schema.collections);
  const { appliedAt, issues, notChecked } = await apply(db, inputs);
  warnOfNotChecked(notChecked);
  await recordMovedCutover(db, inputs, cutoverAt);
  const blockedBy = issues.map(describeDataIssue).join("\n");
  return { location, appliedAt: appliedAt.toISOString(), blockedBy, takenOver };
}

async function recordMovedCutover(
  db: Db,
  { ledger, stack }: ClaimInputs,
  cutoverAt: string | undefined,
): Promise<void> {
  if (cutoverAt === undefined) return;
  const doing = `Recording the cutover in ${db.databaseName}.${ledger}`;
  await withRetries(doing, () => addCutover(db, ledger, { at: new Date(cutoverAt), stack }));
}

function warnOfNotChecked(notChecked: readonly NotChecked[]): void {
  for (const one of notChecked) {
    const text = `${describeNotChecked(one)} MongoDB rejects the change if there are any.`;
    reportLine(warning("data-not-checked", text));
  }
}

export interface CompletionInputs extends MigrationInputs, OncePerCutover {
  readonly checksum: string;
}

export interface CompletionResults {
  /** In ISO 8601, UTC. */
  readonly appliedAt: string;
}

/** Completes the ledger's record after the last change. */
export const ledgerCompletion: Step<CompletionInputs, CompletionResults> = {
  ...kind<CompletionInputs, CompletionResults>("LedgerCompletion", migrationModule, ["appliedAt"]),
  id: ({ ledger }) => ledger,
  followsServer: true,
  compares: ["database", "ledger", "checksum", "cutover"],
  job: { coveredBy: { appliedAt: "" } },
  forward: async (inputs) => {
    const finished = await complete(await openDatabase(inputs), inputs.ledger, inputs.checksum);
    return { appliedAt: finished.toISOString() };
  },
};
