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
  dataIssues,
  describeDataIssue,
  describeNotChecked,
  type DataSearch,
} from "./issues/data-issues";
import { checksumOf } from "./planner/canonical";
import { describeChange, type Change, type ChangeOf } from "./planner/change";
import { toCommands } from "./planner/commands";
import { diff, foreign } from "./planner/diff";
import { diffLedger } from "./ledger";
import { observe } from "./planner/observe";

/** What a migration would do, and what stands in its way. */
export interface Plan extends DataSearch {
  /** SHA-256 of what should exist, in hex. */
  readonly checksum: string;
  /** In the order in which they would be made. */
  readonly changes: readonly Change[];
  /** What is not ours: listed, never touched. */
  readonly foreign: readonly ChangeOf<"leave alone">[];
}

/** What a plan looks at. */
export interface PlanOptions {
  readonly schema: SchemaOptions;
  /** The collection of the ledger. */
  readonly ledger: string;
  /** Bounds of each scan for data issues; absent: it takes as long as it needs, on the primary. */
  readonly scan?: AggregateOptions;
}

/** The plan of a database that was not looked at. */
export const nothingPlanned: Omit<Plan, "checksum"> = {
  ...{ changes: [], foreign: [] },
  ...{ issues: [], notChecked: [] },
};

/**
 * Compares a database with what should exist in it. Changes nothing, and waits for no index build.
 *
 * @throws ServerTroubleError if the database has trouble for a minute or two
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
      ...(await dataIssues(db, changes, scan)),
    };
  });
}

/** What differs from what is wanted; it looks at nothing that is not ours. */
export async function compare(db: Db, wanted: WantedSchema): Promise<Change[]> {
  const names = [
    ...wanted.collections.map(({ name }) => name),
    ...wanted.indexes.map(({ collection }) => collection),
  ];
  return diff(wanted, await observe(db, names));
}

/**
 * What blocks a migration; it looks at nothing that is not ours.
 *
 * @throws ServerTroubleError if the database has trouble for a minute or two
 */
export function searchData(db: Db, wanted: WantedSchema): Promise<DataSearch> {
  return withRetries(`Searching database ${db.databaseName} for blocking documents`, async () =>
    dataIssues(db, await compare(db, wanted)),
  );
}

/** A plan on one screen: changes with their reasons and risks, what stays as it is, data issues. */
export function describePlan(
  database: string,
  { changes, foreign, issues, notChecked }: Omit<Plan, "checksum">,
): string {
  const describe = (change: Change) => {
    // That a thing does not exist is reason enough to create it.
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

/** A plan for scripts; one of a database that was not looked at has no checksum. */
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

/** Where a database stands: its ledger's record, what differs, and how much is in it. Changes nothing. */
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
    /** Whether the record is of what these settings ask for. */
    current: record?.checksum === checksumOf(wanted),
    /** How many changes a migration would make now. */
    drift: (await compare(db, wanted)).filter(({ kind }) => kind !== "adopt index").length,
    /** As the server estimates them. */
    documents: Object.fromEntries(counts),
  };
}

/** A status on one screen. */
export function describeStatus(found: Awaited<ReturnType<typeof status>>): string {
  const { database, record, current, drift, documents } = found;
  const state = record?.finishedAt
    ? `finished ${record.finishedAt.toISOString()}`
    : `begun ${record?.startedAt.toISOString() ?? ""}, not finished`;
  return [
    `Database ${database}`,
    `  migration  ${record ? `${record._id}, ${state}, by ${record.stack}` : "not applied"}`,
    ...(record && !current ? ["             its checksum is of other settings than these"] : []),
    `  fence      ${record?.fencedAt?.toISOString() ?? "none: no cutover came as far"}`,
    `  drift      ${drift === 0 ? "none" : `${drift} changes; see: taskrunner-storage plan`}`,
    ...Object.entries(documents).map(
      ([name, count]) => `  ${name.padEnd(20)} ${String(count).padStart(12)} documents`,
    ),
  ].join("\n");
}
