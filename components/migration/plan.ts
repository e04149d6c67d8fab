import type { AggregateOptions, Db } from "mongodb";
import {
  buildSchema,
  checkpointsCollection,
  type SchemaOptions,
  type WantedSchema,
} from "../contract";
import { withRetries } from "../mongo";
import { findDataIssues, type DataSearch } from "./issues/data-issues";
import { checksumOf } from "./planner/canonical";
import type { Change, ChangeOf } from "./planner/change";
import { diff, foreign } from "./planner/diff";
import { observe } from "./planner/observe";
import { diffLedger } from "./record";

/** The changes of a migration, and the data issues that block them. */
export interface Plan extends DataSearch {
  /** SHA-256 of the wanted schema, in hex. */
  readonly checksum: string;
  /** In the order of execution. */
  readonly changes: readonly Change[];
  /** Objects outside the schema: listed, never changed. */
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

/** Finds the changes to the wanted schema. Inspects only its collections. */
export async function compareSchema(db: Db, wanted: WantedSchema): Promise<Change[]> {
  const names = [
    ...wanted.collections.map(({ name }) => name),
    ...wanted.indexes.map(({ collection }) => collection),
  ];
  return diff(wanted, await observe(db, names));
}

/**
 * Finds the documents that block a migration, in the schema's collections only.
 *
 * @throws ServerTroubleError if the trouble lasts a minute or two
 */
export function searchData(db: Db, wanted: WantedSchema): Promise<DataSearch> {
  return withRetries(`Searching database ${db.databaseName} for blocking documents`, async () =>
    findDataIssues(db, await compareSchema(db, wanted)),
  );
}
