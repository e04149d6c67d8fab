import type { AggregateOptions, Db } from "mongodb";
import {
  buildSchema,
  checkpointsCollection,
  type SchemaOptions,
  type WantedSchema,
} from "../contract";
import { withRetries } from "../mongo";
import type { Change, LeaveAlone } from "./planner/change";
import { checksumOf } from "./planner/canonical";
import { dataIssues, type DataSearch } from "./issues/data-issues";
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
  readonly foreign: readonly LeaveAlone[];
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
export function plan(db: Db, options: PlanOptions): Promise<Plan> {
  const doing = `Comparing database ${db.databaseName} with what should exist`;
  return withRetries(doing, () => planOnce(db, options));
}

async function planOnce(db: Db, { schema, ledger, scan }: PlanOptions): Promise<Plan> {
  const wanted = buildSchema(schema);
  const checksum = checksumOf(wanted);
  const observed = await observe(db);
  const changes = diff(wanted, observed);
  const ours = [ledger, checkpointsCollection];
  return {
    checksum,
    changes: [...changes, ...(await diffLedger(db, ledger, checksum))],
    foreign: foreign(wanted, observed).filter(({ collection }) => !ours.includes(collection)),
    ...(await dataIssues(db, changes, scan)),
  };
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
