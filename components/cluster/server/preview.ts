import * as pulumi from "@pulumi/pulumi";
import { briefReach, ConnectionError, onOwnConnection } from "../../connection";
import type { ServerCheckArgs } from "./args";
import { checkServer } from "./check";

/**
 * Says in a preview what `pulumi up` would refuse, on the check itself. Nothing is said of a server
 * out of reach: the search for data issues does.
 */
export function warnOfServer({ mode, uri, database }: ServerCheckArgs, check: pulumi.Resource) {
  if (!pulumi.runtime.isDryRun() || mode === "filesystem" || uri === undefined) return;
  pulumi.all([uri, database]).apply(async ([address, name]) => {
    for (const words of await findingsInWords(address, name)) await pulumi.log.warn(words, check);
  });
}

async function findingsInWords(uri: string, database = ""): Promise<string[]> {
  try {
    const { refusals, warnings } = await onOwnConnection(
      { uri, database },
      (db) => checkServer(db, uri),
      briefReach,
    );
    return [...refusals.map((words) => `${words} \`pulumi up\` will refuse it.`), ...warnings];
  } catch (error) {
    if (error instanceof ConnectionError) return [];
    throw error;
  }
}
