import type { Db } from "mongodb";
import { buildSchema } from "../contract";
import { withholdChanges, type OnDataIssue } from "./issues/data-issues";
import { DataIssues } from "./errors";
import { reconcile } from "./execute";
import { claim, complete, recordCommand, type Claim } from "./ledger";
import { plan, type Plan, type PlanOptions } from "./plan";

/**
 * Does the plan: looks for data issues, claims the ledger's record, changes what has to change,
 * completes the record. Returns the plan that was done; with `onDataIssue: report`, what stands in
 * its way was left out.
 *
 * @throws DataIssues or ClaimRefused before anything is changed, MigrationError afterwards
 */
export async function apply(
  db: Db,
  options: PlanOptions & Omit<Claim, "checksum"> & { readonly onDataIssue: OnDataIssue },
): Promise<Plan & { readonly appliedAt: Date }> {
  const planned = await plan(db, options);
  const { checksum, issues } = planned;
  if (issues.length > 0 && options.onDataIssue === "fail") {
    throw new DataIssues(db.databaseName, issues);
  }
  await claim(db, options.ledger, { ...options, checksum });
  await reconcile(db, withholdChanges(buildSchema(options.schema), issues), (executed) =>
    recordCommand(db, options.ledger, executed),
  );
  return { ...planned, appliedAt: await complete(db, options.ledger, checksum) };
}
