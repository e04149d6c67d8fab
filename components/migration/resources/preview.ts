import * as pulumi from "@pulumi/pulumi";
import { closeConnections, ConnectionError, databaseAt } from "../../connection";
import type { SchemaOptions } from "../../contract";
import { dataIssueInWords } from "../issues/data-issue-words";
import type { DataIssue } from "../issues/data-issues";
import { plan } from "../plan";

/** The server is looked for and each scan runs this long at most, in ms. */
const reachLimitMs = 4_000;
const scanLimitMs = 10_000;

/** Where to look; `uri` is secret, and absent in filesystem mode. */
export interface PreviewArgs {
  readonly uri: pulumi.Input<string> | undefined;
  readonly database: pulumi.Input<string> | undefined;
  readonly schema: SchemaOptions;
  readonly ledger: string;
}

/** Finds the resource that a data issue is about. */
export type ResourceOf = (issue: DataIssue) => pulumi.Resource | undefined;

/**
 * Warns, in a preview, of the documents that stand in the way, on the very index or collection.
 * The program does this itself, because a dynamic provider knows nothing of a preview and cannot
 * log onto a resource. A database that does not exist yet or is out of reach stops no preview.
 */
export function warnOfDataIssues(
  { uri, database, schema, ledger }: PreviewArgs,
  migration: pulumi.Resource,
  resourceOf: ResourceOf,
): void {
  if (!pulumi.runtime.isDryRun() || uri === undefined || database === undefined) return;
  pulumi.all([uri, database]).apply(async ([address, name]) => {
    try {
      const db = await databaseAt(
        { uri: address, database: name },
        { selectionTimeoutMs: reachLimitMs },
      );
      const scan = { maxTimeMS: scanLimitMs, readPreference: "secondaryPreferred" } as const;
      const { issues } = await plan(db, { schema, ledger }, scan);
      for (const issue of issues)
        await pulumi.log.warn(dataIssueInWords(issue), resourceOf(issue) ?? migration);
    } catch (error) {
      await pulumi.log.warn(notCheckedInWords(error), migration);
    } finally {
      await closeConnections();
    }
  });
}

const heldBackAdvice =
  "It was set as far as the data allow. Mend them, and `pulumi up --refresh` does the rest.";

/** Warns, in a preview and in `up`, of what the last `up` could not do because of the data. */
export function warnOfHeldBack(
  resource: pulumi.Resource & { readonly heldBack: pulumi.Output<string | undefined> },
): void {
  resource.heldBack.apply(async (words) => {
    if (words) await pulumi.log.warn(`${words}\n${heldBackAdvice}`, resource);
  });
}

function notCheckedInWords(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  const what = error instanceof ConnectionError ? "" : "Looking for data issues failed: ";
  return `${what}${why} This preview goes on without the data; \`pulumi up\` checks it first.`;
}
