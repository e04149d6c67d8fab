import * as pulumi from "@pulumi/pulumi";
import { briefReach, ConnectionError, onOwnConnection } from "../../mongo";
import type { MongoInputs } from "../../step";
import { StepResource, type Args } from "../../step/program";
import { checkServer } from "./check";
import { ServerCheck, type ServerCheckResults } from "./provider";

/** The check of a server that exists already: whether a cutover to it may begin. */
export function serverChecked(
  inputs: Args<MongoInputs>,
  options: pulumi.CustomResourceOptions,
): StepResource<MongoInputs, ServerCheckResults> {
  const check = new StepResource(ServerCheck, "server-check", inputs, options);
  warnOfServer(inputs, check);
  return check;
}

/**
 * Says in a preview what `pulumi up` would refuse, on the check itself. Nothing is said of a server
 * out of reach: the search for data issues does.
 */
function warnOfServer(
  { direction, uri, database }: Args<MongoInputs>,
  check: pulumi.Resource,
): void {
  if (!pulumi.runtime.isDryRun() || direction !== "forward" || uri === undefined) return;
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
