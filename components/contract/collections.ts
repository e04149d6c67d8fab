/**
 * The specification's collections as data, in its order. Validators, index models, the importer's conversion
 * and the docs' tables derive from it.
 */

/** Types of the specification's tables. `strings` is an object of string values; only approvals have `string[]`. */
export type FieldType =
  "string" | "long" | "date" | "object" | "object[]" | "string[]" | "objectId" | "strings";

/**
 * One field of a collection.
 * - `optional`: may be absent or null, because a .NET driver writes null for absent members. Every other field is
 *   required.
 * - `names`: the enumeration's names in their order; a file may hold a name's index, from 0, instead.
 * - `closed`: the validator rejects any other name.
 * - `asWritten`: a text stays as a service wrote it, and comparisons ignore its case.
 * - `assumed`: not in the specification, so not validated.
 */
export interface Field {
  readonly type: FieldType;
  readonly note: string;
  readonly optional?: true;
  readonly names?: readonly string[];
  readonly closed?: true;
  readonly asWritten?: true;
  readonly assumed?: true;
}

/** An index key as MongoDB takes it. The order of its fields matters. */
export type IndexKey = Readonly<Record<string, 1 | -1>>;

/** One index. Its default name is the collection's name, an underscore and `suffix`. */
export interface Index {
  readonly suffix: string;
  readonly key: IndexKey;
  readonly note: string;
  readonly unique?: true;
  /** Sparse until tenancy is enforced (specification, `pack_runs`, index 3). */
  readonly sparseUntilTenancy?: true;
}

/** The role of a collection. A site may rename the collection; the role stays. */
export type CollectionRole = "runs" | "logs" | "artifacts" | "approvals";

/** One collection: its fields and its indexes, in the specification's order. */
export interface Collection {
  readonly name: string;
  /** The date field that helps a reader distinguish two records with one key. */
  readonly timestampField: string;
  readonly fields: Readonly<Record<string, Field>>;
  readonly indexes: readonly Index[];
}

const stepStatuses = ["Pending", "Running", "Succeeded", "Failed", "Skipped"];
const stepKinds = ["Run", "GateApproval", "GatePolicy", "Parallel", "Map", "Loop", "Conditional"];

/**
 * The enumerations inside a run's `steps`, with the names of their integers from 0 (assumed). The services' kinds begin in
 * one of two ways, and the name of kind 0 is the name of the table.
 */
export const stepTables = {
  Run: { status: stepStatuses, kind: stepKinds },
  Unknown: { status: stepStatuses, kind: ["Unknown", ...stepKinds] },
} as const;

/** The name of a table. */
export type StepTable = keyof typeof stepTables;

/** A member of a step that is an enumeration. */
export type StepEnumeration = "status" | "kind";

/** The members of a step that are enumerations. */
export const stepEnumerations: readonly StepEnumeration[] = ["status", "kind"];

const runs: Collection = {
  name: "pack_runs",
  timestampField: "updatedAt",
  fields: {
    _id: { type: "string", note: "Run identifier (same as runId)." },
    planHash: { type: "string", note: "Deterministic hash produced by the planner." },
    plan: { type: "object", note: "Full TaskPackPlan payload used to execute the run." },
    failurePolicy: { type: "object", note: "Retry/backoff directives resolved at plan time." },
    requestedAt: { type: "date", note: "When the client requested the run." },
    createdAt: { type: "date", note: "When the run was persisted." },
    updatedAt: { type: "date", note: "Last mutation." },
    steps: { type: "object[]", note: "Flattened step records (stepId, status, attempts...)." },
    tenantId: { type: "string", optional: true, note: "Optional multi-tenant scope." },
  },
  indexes: [
    {
      suffix: "updatedAt_desc",
      key: { updatedAt: -1 },
      note: "serves GET /runs listings and staleness checks",
    },
    {
      suffix: "tenant_updatedAt_desc",
      key: { tenantId: 1, updatedAt: -1 },
      sparseUntilTenancy: true,
      note: "activated once tenancy is enforced; remains sparse until then",
    },
  ],
};

const logs: Collection = {
  name: "pack_run_logs",
  timestampField: "timestamp",
  fields: {
    _id: { type: "objectId", note: "Generated per log entry." },
    runId: { type: "string", note: "Foreign key to pack_runs._id." },
    sequence: { type: "long", note: "Monotonic counter assigned by the writer." },
    timestamp: { type: "date", note: "UTC timestamp of the log event." },
    level: {
      type: "string",
      names: ["trace", "debug", "info", "warn", "error"],
      closed: true,
      note: "Severity of the event.",
    },
    eventType: { type: "string", note: "Machine-friendly event identifier (step.started)." },
    message: { type: "string", note: "Human-readable summary." },
    stepId: { type: "string", optional: true, note: "Optional step identifier." },
    metadata: {
      type: "strings",
      optional: true,
      note: "Deterministic key/value payload (string-only values).",
    },
  },
  indexes: [
    {
      suffix: "run_sequence",
      key: { runId: 1, sequence: 1 },
      unique: true,
      note: "guarantees ordered retrieval and enforces idempotence",
    },
    {
      suffix: "run_timestamp",
      key: { runId: 1, timestamp: 1 },
      note: "accelerates replay and time-window queries",
    },
    {
      suffix: "timestamp_ttl",
      key: { timestamp: 1 },
      note: "optional TTL (disabled by default) for retention policies",
    },
  ],
};

const artifacts: Collection = {
  name: "pack_artifacts",
  timestampField: "capturedAt",
  fields: {
    _id: { type: "objectId", note: "Generated per artifact record." },
    runId: { type: "string", note: "Foreign key to pack_runs._id." },
    name: { type: "string", note: "Output name from the Task Pack manifest." },
    type: {
      type: "string",
      names: ["file", "object"],
      note: "file, object, or other future evidence categories.",
    },
    sourcePath: { type: "string", optional: true, note: "Local path captured during execution." },
    storedPath: { type: "string", optional: true, note: "Object store path or bundle URI." },
    status: {
      type: "string",
      names: ["pending", "copied", "materialized", "skipped"],
      note: "State of the captured output.",
    },
    notes: { type: "string", optional: true, note: "Free-form notes." },
    capturedAt: { type: "date", note: "UTC timestamp recorded by the worker." },
  },
  indexes: [
    {
      suffix: "run_name",
      key: { runId: 1, name: 1 },
      unique: true,
      note: "a run emits at most one record per output",
    },
    {
      suffix: "run",
      key: { runId: 1 },
      note: "artifact listing alongside run inspection",
    },
  ],
};

/** The specification names this collection but leaves its fields open. */
const approvals: Collection = {
  name: "pack_run_approvals",
  timestampField: "requestedAt",
  fields: {
    runId: { type: "string", note: "Foreign key to pack_runs._id." },
    approvalId: { type: "string", note: "Approval identifier from the plan." },
    requestedAt: { type: "date", note: "When the approval was requested." },
    status: {
      type: "string",
      names: ["pending", "approved", "rejected", "expired"],
      asWritten: true,
      note: "State of the approval.",
    },
    requiredGrants: { type: "string[]", optional: true, assumed: true, note: "Grants needed." },
    stepIds: { type: "string[]", optional: true, assumed: true, note: "Steps that wait for it." },
    messages: { type: "string[]", optional: true, assumed: true, note: "Text for the approver." },
    reasonTemplate: { type: "string", optional: true, assumed: true, note: "A reason's template." },
    actorId: { type: "string", optional: true, assumed: true, note: "Who decided." },
    completedAt: { type: "date", optional: true, assumed: true, note: "When it was decided." },
    summary: { type: "string", optional: true, assumed: true, note: "Summary of the decision." },
  },
  indexes: [
    {
      suffix: "run_approval",
      key: { runId: 1, approvalId: 1 },
      unique: true,
      note: "a run asks for each approval once",
    },
    {
      suffix: "run_status",
      key: { runId: 1, status: 1 },
      note: "finds the approvals that a run waits for",
    },
  ],
};

/** The four collections by role, in the specification's order. */
export const collections: Readonly<Record<CollectionRole, Collection>> = {
  runs,
  logs,
  artifacts,
  approvals,
};

/** An index's name in a collection of this name. */
export function indexNameIn(collection: string, { suffix }: Pick<Index, "suffix">): string {
  return `${collection}_${suffix}`;
}

/** The four roles in the specification's order. */
export const collectionRoles = Object.keys(collections) as CollectionRole[];

/** The collection for an import's checkpoints and merge bases. */
export const checkpointsCollection = "pack_run_backfill";

/** Calls `valueOf` for each of the four roles. */
export function byRole<T>(valueOf: (role: CollectionRole) => T): Record<CollectionRole, T> {
  return {
    runs: valueOf("runs"),
    logs: valueOf("logs"),
    artifacts: valueOf("artifacts"),
    approvals: valueOf("approvals"),
  };
}
