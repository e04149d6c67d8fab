import type { Db } from "mongodb";
import { wantedSchema } from "../contract";
import { carryFences } from "../ledger";
import { heldBack } from "./issues/data-issues";
import { DataIssues } from "./errors";
import { reconcile } from "./execute";
import type { OnDataIssue } from "./providers/inputs";
import { claim, complete, recordCommand, type Claim } from "./ledger";
import { recordMove, requireCopy, type Move } from "./move";
import { plan, type Plan, type PlanOptions } from "./plan";

/** What a whole migration needs to know. */
export interface ApplyOptions extends Omit<Claim, "checksum">, PlanOptions {
  readonly onDataIssue: OnDataIssue;
  /** Where the services work on another database: it is refused unless it is a copy of that one. */
  readonly move?: Move | undefined;
  /** The ledger's collection before it was renamed: the fences of its record come along. */
  readonly formerLedger?: string | undefined;
}

/** A plan that was done, and when; `identity` is the record's. */
export interface Applied extends Plan {
  readonly appliedAt: Date;
  readonly identity: string;
}

/**
 * Does the plan: looks for data issues, claims the ledger's record, changes what has to change,
 * completes the record. Returns the plan that was done; with `onDataIssue: report`, what stands in
 * its way was left out.
 *
 * @throws MoveRefused, DataIssues or ClaimRefused before anything is changed, MigrationError afterwards
 */
export async function apply(db: Db, options: ApplyOptions): Promise<Applied> {
  if (options.move) await requireCopy(db, options.move);
  const planned = await plan(db, options);
  const { checksum, issues } = planned;
  if (issues.length > 0 && options.onDataIssue === "fail") {
    throw new DataIssues(db.databaseName, issues);
  }
  const { identity } = await claim(db, options.ledger, { ...options, checksum });
  if (options.formerLedger) await carryFences(db, options.formerLedger, options.ledger);
  if (options.move) await recordMove(db, options.ledger);
  await reconcile(db, heldBack(wantedSchema(options.schema), issues), (executed) =>
    recordCommand(db, options.ledger, executed),
  );
  const appliedAt = await complete(db, options.ledger, checksum);
  return { ...planned, appliedAt, identity };
}
