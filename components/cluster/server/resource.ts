import type * as pulumi from "@pulumi/pulumi";
import { briefReach, ConnectionError, onOwnConnection } from "../../mongo";
import { foreseeInPreview, StepResource, type Args } from "../../step/program";
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
 * Finds in a preview what `pulumi up` would refuse. It is silent about a server that it does not reach: the
 * search for data issues reports it.
 */
function warnOfServer(
  { direction, uri, database, collections }: Args<ServerCheckInputs>,
  resource: pulumi.Resource,
): void {
  if (direction !== "forward" || uri === undefined) return;
  foreseeInPreview({ uri, database, collections }, async ({ uri, database = "", collections }) => {
    try {
      const { findings } = await onOwnConnection(
        { uri, database },
        (db) => checkServer(db, uri, collections as CollectionNames),
        briefReach,
      );
      return findings.map((one) => ({ ...one, resource }));
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
      return [];
    }
  });
}
