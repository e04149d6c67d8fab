import * as pulumi from "@pulumi/pulumi";
import { briefReach, ConnectionError, onOwnConnection } from "../mongo";
import type { WantedSchema } from "../contract";
import type { Direction } from "../settings";
import {
  describeDataIssue,
  dataIssues,
  describeNotChecked,
  previewScan,
  type DataIssue,
} from "./issues/data-issues";
import { compare } from "./plan";

/** Where to look; `uri` is secret. */
export interface PreviewArgs {
  readonly uri: pulumi.Input<string> | undefined;
  readonly database: pulumi.Input<string> | undefined;
  readonly wanted: WantedSchema;
  readonly direction: Direction;
}

/**
 * Warns, in a preview, of the blocking documents, on the very index or collection.
 * The program does this itself, because a dynamic provider knows nothing of a preview and cannot
 * log onto a resource. A database that does not exist yet or is unreachable stops no preview.
 */
export function warnOfDataIssues(
  { direction, uri, database, wanted }: PreviewArgs,
  migration: pulumi.Resource,
  resourceOf: (issue: DataIssue) => pulumi.Resource | undefined,
): void {
  if (!pulumi.runtime.isDryRun() || direction !== "forward") return;
  if (uri === undefined || database === undefined) return;
  const warn = (words: string, resource = migration) => pulumi.log.warn(words, resource);
  pulumi.all([uri, database]).apply(async ([address, name]) => {
    const place = { uri: address, database: name };
    try {
      const { issues, notChecked } = await onOwnConnection(
        place,
        async (db) => dataIssues(db, await compare(db, wanted), previewScan),
        briefReach,
      );
      for (const issue of issues) await warn(describeDataIssue(issue), resourceOf(issue));
      for (const one of notChecked) await warn(`${describeNotChecked(one)} ${checkedByUp}`);
    } catch (error) {
      await warn(describeFailure(error));
    }
  });
}

const checkedByUp = "`pulumi up` checks it.";

const heldBackAdvice =
  "The last up did what the data allow. Fix these documents; `pulumi up --refresh` then does the rest.";

/** Warns, in a preview and in `up`, of what the last `up` could not do because of the data. */
export function warnOfHeldBack(
  resource: pulumi.Resource,
  heldBack: pulumi.Output<string | undefined>,
): void {
  heldBack.apply(async (words) => {
    if (words) await pulumi.log.warn(`${words}\n${heldBackAdvice}`, resource);
  });
}

function describeFailure(error: unknown): string {
  const why = error instanceof Error ? error.message : String(error);
  const what = error instanceof ConnectionError ? "" : "Looking for data issues failed: ";
  return `${what}${why} This preview goes on without the data; \`pulumi up\` checks it first.`;
}
