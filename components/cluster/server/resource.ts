import * as pulumi from "@pulumi/pulumi";
import { briefReach, ConnectionError, onOwnConnection } from "../../mongo";
import { StepResource, type Args } from "../../step/program";
import { checkServer } from "./check";
import type { CollectionNames } from "./facts";
import { ServerCheck, type ServerCheckInputs, type ServerCheckResults } from "./provider";

/** The check of a server that exists already: whether a cutover to it may begin. */
export function serverChecked(
  inputs: Args<ServerCheckInputs>,
  options: pulumi.CustomResourceOptions,
): StepResource<ServerCheckInputs, ServerCheckResults> {
  const check = new StepResource(ServerCheck, "server-check", inputs, options);
  warnOfServer(inputs, check);
  return check;
}

/**
 * Says in a preview what `pulumi up` would refuse, on the check itself. Nothing is said of a server
 * unreachable: the search for data issues does.
 */
function warnOfServer(
  { direction, uri, database, collections }: Args<ServerCheckInputs>,
  check: pulumi.Resource,
): void {
  if (!pulumi.runtime.isDryRun() || direction !== "forward" || uri === undefined) return;
  const known = pulumi.all([uri, database, collections] as const);
  known.apply(async ([address, name = "", names]) => {
    try {
      const { refusals, warnings } = await onOwnConnection(
        { uri: address, database: name },
        (db) => checkServer(db, address, names as CollectionNames),
        briefReach,
      );
      const refused = refusals.map((words) => `${words} \`pulumi up\` will refuse it.`);
      for (const words of [...refused, ...warnings]) await pulumi.log.warn(words, check);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
    }
  });
}
