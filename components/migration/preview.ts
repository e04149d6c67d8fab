import * as pulumi from "@pulumi/pulumi";
import { MongoServerError, type Db } from "mongodb";
import { briefReach, closeConnections, ConnectionError, databaseAt } from "../mongo";
import type { Direction } from "../settings";
import { wantedSchema, type ContractSchema, type SchemaOptions } from "../contract";
import { dataIssueInWords, dataIssues, type DataIssue } from "./issues/data-issues";
import { changeInWords, type Change } from "./planner/change";
import { diff } from "./planner/diff";
import { observe } from "./planner/observe";

/** Each scan runs this long at most, in ms. */
const scanLimitMs = 10_000;

/** Where to look; `uri` is secret. */
export interface PreviewArgs {
  readonly uri: pulumi.Input<string> | undefined;
  readonly database: pulumi.Input<string> | undefined;
  readonly schema: SchemaOptions;
  readonly direction: Direction;
}

/** Finds the resource that a data issue is about. */
export type ResourceOf = (issue: DataIssue) => pulumi.Resource | undefined;

/**
 * Warns, in a preview, of the documents that stand in the way, on the very index or collection.
 * The program does this itself, because a dynamic provider knows nothing of a preview and cannot
 * log onto a resource. A database that does not exist yet or is out of reach stops no preview.
 */
export function warnOfDataIssues(
  { direction, uri, database, schema }: PreviewArgs,
  migration: pulumi.Resource,
  resourceOf: ResourceOf,
): void {
  if (!pulumi.runtime.isDryRun() || direction !== "forward") return;
  if (uri === undefined || database === undefined) return;
  const warn = (words: string, resource = migration) => pulumi.log.warn(words, resource);
  pulumi.all([uri, database]).apply(async ([address, name]) => {
    const place = { uri: address, database: name };
    try {
      const db = await databaseAt(place, briefReach);
      const wanted = wantedSchema(schema);
      for (const change of diff(wanted, await observe(db))) {
        const found = await issuesInTime(db, wanted, change);
        if (found === "unfinished") await warn(unfinishedInWords(change));
        else for (const issue of found) await warn(dataIssueInWords(issue), resourceOf(issue));
      }
    } catch (error) {
      await warn(notCheckedInWords(error));
    } finally {
      await closeConnections();
    }
  });
}

/** The server's code for a command that took longer than it may. */
const maxTimeExpired = 50;

async function issuesInTime(
  db: Db,
  wanted: ContractSchema,
  change: Change,
): Promise<DataIssue[] | "unfinished"> {
  const scan = { maxTimeMS: scanLimitMs, readPreference: "secondaryPreferred" } as const;
  try {
    return await dataIssues(db, wanted, [change], scan);
  } catch (error) {
    if (error instanceof MongoServerError && error.code === maxTimeExpired) return "unfinished";
    throw error;
  }
}

function unfinishedInWords(change: Change): string {
  return (
    `Looking for documents in the way of: ${changeInWords(change)}, was not finished in ` +
    `${scanLimitMs / 1000} s; it is checked by \`pulumi up\`.`
  );
}

const heldBackAdvice =
  "It was set as far as the data allow. Mend them, and `pulumi up --refresh` does the rest.";

/** Warns, in a preview and in `up`, of what the last `up` could not do because of the data. */
export function warnOfHeldBack(
  resource: pulumi.Resource,
  heldBack: pulumi.Output<string | undefined>,
): void {
  heldBack.apply(async (words) => {
    if (words) await pulumi.log.warn(`${words}\n${heldBackAdvice}`, resource);
  });
}

function notCheckedInWords(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  const what = error instanceof ConnectionError ? "" : "Looking for data issues failed: ";
  return `${what}${why} This preview goes on without the data; \`pulumi up\` checks it first.`;
}
