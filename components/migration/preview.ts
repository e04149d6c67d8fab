import * as pulumi from "@pulumi/pulumi";
import type { Mongo } from "../cluster";
import type { WantedSchema } from "../contract";
import { ConnectionError, onOwnConnection, previewTimeout } from "../mongo";
import { logFinding } from "../step/program";
import { warning } from "../text";
import {
  describeDataIssue,
  describeNotChecked,
  findDataIssues,
  previewScan,
  type DataIssue,
} from "./issues/data-issues";
import { compareSchema } from "./plan";

/**
 * Warns of blocking documents in a preview, on the index or collection that they block. The program does it, because
 * `up` would repeat a step's findings. A failed search is only a warning.
 */
export function warnOfDataIssues(
  { direction, uri, database }: Pick<Mongo, "uri" | "database"> & { readonly direction: string },
  wanted: WantedSchema,
  migration: pulumi.Resource,
  resourceOf: (issue: DataIssue) => pulumi.Resource | undefined,
): void {
  if (!pulumi.runtime.isDryRun() || direction !== "forward") return;
  if (uri === undefined || database === undefined) return;
  pulumi.output({ uri, database }).apply(async (location) => {
    try {
      const { issues, notChecked } = await onOwnConnection(
        location,
        async (db) => findDataIssues(db, await compareSchema(db, wanted), previewScan),
        previewTimeout,
      );
      for (const issue of issues) {
        const found = warning("data-issue", describeDataIssue(issue));
        await logFinding(found, resourceOf(issue) ?? migration);
      }
      for (const one of notChecked) {
        const text = `${describeNotChecked(one)} \`pulumi up\` checks it.`;
        await logFinding(warning("data-not-checked", text), migration);
      }
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      const what = error instanceof ConnectionError ? "" : "Looking for data issues failed: ";
      const rest = " This preview continues without the data; `pulumi up` checks it first.";
      await logFinding(warning("data-not-compared", what + why + rest), migration);
    }
  });
}
