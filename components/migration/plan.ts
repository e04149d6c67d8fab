import type { AggregateOptions, Db } from "mongodb";
import {
  buildSchema,
  checkpointsCollection,
  type SchemaOptions,
  type WantedSchema,
} from "../contract";
import { readRecord } from "../ledger";
import { withRetries } from "../mongo";
import {
  findDataIssues,
  describeDataIssue,
  describeNotChecked,
  type DataSearch,
} from "./issues/data-issues";
import { checksumOf } from "./planner/canonical";
import { describeChange, type Change, type ChangeOf } from "./planner/change";
import { toCommands } from "./planner/commands";
import { diff, foreign } from "./planner/diff";
import { diffLedger } from "./record";
import { observe } from "./planner/observe";

/** The changes of a migration and what blocks them. */
export interface Plan extends DataSearch {
  /** SHA-256 of the wanted schema, in hex. */
  readonly checksum: string;
  /** In the order of execution. */
  readonly changes: readonly Change[];
  /** Not ours: listed, never changed. */
  readonly foreign: readonly ChangeOf<"leave alone">[];
}

/** Options of a plan. */
export interface PlanOptions {
  readonly schema: SchemaOptions;
  /** The ledger's collection. */
  readonly ledger: string;
  /** Limits of each scan for data issues; default: none, on the primary. */
  readonly scan?: AggregateOptions;
}

/** The plan for a database that was not inspected. */
export const nothingPlanned: Omit<Plan, "checksum"> = {
  changes: [],
  foreign: [],
  issues: [],
  notChecked: [],
};

/**
 * Compares a database with the wanted schema. Changes nothing and waits for no index build.
 *
 * @throws ServerTroubleError if the trouble lasts a minute or two
 */
export async function plan(db: Db, { schema, ledger, scan }: PlanOptions): Promise<Plan> {
  const wanted = buildSchema(schema);
  const checksum = checksumOf(wanted);
  const ours = [ledger, checkpointsCollection];
  return withRetries(`Comparing database ${db.databaseName} with what should exist`, async () => {
    const observed = await observe(db);
    const changes = diff(wanted, observed);
    return {
      checksum,
      changes: [...changes, ...(await diffLedger(db, ledger, checksum))],
      foreign: foreign(wanted, observed).filter(({ collection }) => !ours.includes(collection)),
      ...(await findDataIssues(db, changes, scan)),
    };
  });
}

/** The changes to the wanted schema. Inspects only our collections. */
export async function compare(db: Db, wanted: WantedSchema): Promise<Change[]> {
  const names = [
    ...wanted.collections.map(({ name }) => name),
    ...wanted.indexes.map(({ collection }) => collection),
  ];
  return diff(wanted, await observe(db, names));
}

/**
 * The documents that block a migration, in our collections only.
 *
 * @throws ServerTroubleError if the trouble lasts a minute or two
 */
export function searchData(db: Db, wanted: WantedSchema): Promise<DataSearch> {
  return withRetries(`Searching database ${db.databaseName} for blocking documents`, async () =>
    findDataIssues(db, await compare(db, wanted)),
  );
}

/** A plan as text: changes with reasons and risks, objects that stay as they are, data issues. */
export function describePlan(
  database: string,
  { changes, foreign, issues, notChecked }: Omit<Plan, "checksum">,
): string {
  const describe = (change: Change) => {
    // A create needs no reason.
    const why = change.kind.startsWith("create") ? "" : `, because ${change.reason}`;
    const blocks = toCommands(change).some(({ blocksWrites }) => blocksWrites);
    return `  ${describeChange(change)}${why}${blocks ? "; writers wait while it runs" : ""}`;
  };
  const todo = changes.length === 0 ? "nothing to do" : `${changes.length} changes`;
  return [
    `Database ${database}: ${todo}.`,
    ...changes.map(describe),
    ...foreign.map((change) => `  ${describeChange(change)}: ${change.reason}`),
    ...issues.map((issue) => `\n${describeDataIssue(issue)}`),
    ...notChecked.map((one) => `\n${describeNotChecked(one)}`),
  ].join("\n");
}

/** A plan as JSON; without a checksum if the database was not inspected. */
export function planAsJson(planned: Omit<Plan, "checksum"> & { checksum?: string }): object {
  const { checksum, changes, foreign, issues, notChecked } = planned;
  return {
    ...(checksum !== undefined && { checksum }),
    changes: changes.map(changeAsJson),
    leftAlone: foreign.map(changeAsJson),
    issues: issues.map((issue) => ({ ...issue, text: describeDataIssue(issue) })),
    notChecked: notChecked.map(describeNotChecked),
  };
}

function changeAsJson(change: Change): object {
  const commands = toCommands(change);
  return {
    kind: change.kind,
    ...subjectOf(change),
    title: describeChange(change),
    reason: change.reason,
    blocksWrites: commands.some(({ blocksWrites }) => blocksWrites),
    loses: commands.some(({ loses }) => loses),
    commands: commands.map(({ command }) => command),
  };
}

function subjectOf(change: Change): { readonly collection: string; readonly index?: string } {
  switch (change.kind) {
    case "create collection":
    case "modify validator":
      return { collection: change.wanted.name };
    case "record ledger":
      return { collection: change.ledger };
    case "leave alone": {
      const { collection, index } = change;
      return index === undefined ? { collection } : { collection, index };
    }
    default:
      return { collection: change.wanted.collection, index: change.wanted.name };
  }
}

/** The status of a database: its ledger record, the number of differences and of documents. Changes nothing. */
export async function status(db: Db, options: SchemaOptions, ledger: string) {
  const wanted = buildSchema(options);
  const record = await readRecord(db, ledger);
  const counts = await Promise.all(
    wanted.collections.map(async ({ name }) => {
      return [name, await db.collection(name).estimatedDocumentCount()] as const;
    }),
  );
  return {
    database: db.databaseName,
    record: record ?? undefined,
    /** Whether the record is of the current settings. */
    current: record?.checksum === checksumOf(wanted),
    /** The number of changes that a migration would make. */
    drift: (await compare(db, wanted)).filter(({ kind }) => kind !== "adopt index").length,
    /** Estimated by the server. */
    documents: Object.fromEntries(counts),
  };
}

/** A status as text. */
export function describeStatus(found: Awaited<ReturnType<typeof status>>): string {
  const { database, record, current, drift, documents } = found;
  const state = record?.finishedAt
    ? `finished ${record.finishedAt.toISOString()}`
    : `begun ${record?.startedAt.toISOString() ?? ""}, not finished`;
  return [
    `Database ${database}`,
    `  migration  ${record ? `${record._id}, ${state}, by ${record.stack}` : "not applied"}`,
    ...(record && !current ? ["             its checksum belongs to other settings"] : []),
    `  fence      ${record?.fencedAt?.toISOString() ?? "none: no cutover came as far"}`,
    `  drift      ${drift === 0 ? "none" : `${drift} changes; see: taskrunner-storage plan`}`,
    ...Object.entries(documents).map(
      ([name, count]) => `  ${name.padEnd(20)} ${String(count).padStart(12)} documents`,
    ),
  ].join("\n");
}
