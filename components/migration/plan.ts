import type { Db } from "mongodb";
import { wantedSchema, type SchemaOptions } from "../contract";
import type { Change, LeaveAlone } from "./change";
import { checksumOf } from "./checksum";
import { dataIssues, type DataIssue, type ScanOptions } from "./data-issues";
import { diff, foreign } from "./diff";
import { observe } from "./observe";

/** What a migration would do, and what stands in its way. */
export interface Plan {
  /** SHA-256 of what should exist, in hex. */
  readonly checksum: string;
  /** In the order in which they would be made. */
  readonly changes: readonly Change[];
  /** What is not ours: listed, never touched. */
  readonly foreign: readonly LeaveAlone[];
  readonly issues: readonly DataIssue[];
}

/**
 * Compares a database with what should exist in it. Changes nothing.
 *
 * @param ownRecords collections that are ours without being part of the schema: the ledger's and
 *   the checkpoints'
 */
export async function plan(
  db: Db,
  options: SchemaOptions,
  scan: ScanOptions = {},
  ownRecords: readonly string[] = [],
): Promise<Plan> {
  const wanted = wantedSchema(options);
  const observed = await observe(db);
  const changes = diff(wanted, observed);
  return {
    checksum: checksumOf(wanted),
    changes,
    foreign: foreign(wanted, observed).filter(({ collection }) => !ownRecords.includes(collection)),
    issues: await dataIssues(db, wanted, changes, scan),
  };
}
