import * as pulumi from "@pulumi/pulumi";
import { previewTimeout, ConnectionError, onOwnConnection } from "../mongo";
import { logFinding, StepResource, type Args } from "../step/program";
import { uriFacts } from "../settings";
import type { ClusterArgs, ClusterOutputs } from "./outputs";
import { checkServer, serverCheck, type ServerCheckInputs } from "./server/check";
import type { CollectionNames } from "./server/facts";

/**
 * The server that `mongoUri` names. Nothing is created; a check runs before a cutover. On a local server, the
 * services may log in as the migrator.
 */
export function existingCluster(
  args: ClusterArgs<"existing">,
  parent: pulumi.ComponentResource,
): ClusterOutputs {
  const { mongoUri: uri, appMongoUri, direction, mongo, cutover } = args;
  const database = args.database ?? (uri && databaseIn(uri));
  const outputs = { uri, appUri: appMongoUri ?? uri, database };
  // The engine cannot reach this server; the first Job checks it.
  if (args.jobs) return outputs;
  const { collections } = mongo;
  serverChecked({ direction, cutover, uri, database, collections }, { parent });
  return outputs;
}

/** The database that a connection string names, which is not secret; undefined if it names none. */
export function databaseIn(uri: pulumi.Output<string>): pulumi.Output<string> {
  const named = pulumi.unsecret(uri.apply((known) => uriFacts(known)?.database));
  // The type of an input does not allow undefined, and an output may be it.
  return named as pulumi.Output<string>;
}

/**
 * The check of an existing server. A preview shows what `pulumi up` would refuse, and ignores an unreachable
 * server, which the search for data issues reports.
 */
export function serverChecked(
  inputs: Args<ServerCheckInputs>,
  options: pulumi.CustomResourceOptions,
) {
  const check = new StepResource(serverCheck, "server-check", inputs, options);
  const { direction, uri, database, collections } = inputs;
  if (!pulumi.runtime.isDryRun() || direction !== "forward" || uri === undefined) return check;
  pulumi.all([uri, database, collections]).apply(async ([uri, database = "", collections]) => {
    try {
      const { findings } = await onOwnConnection(
        { uri, database },
        (db) => checkServer(db, uri, collections as CollectionNames),
        previewTimeout,
      );
      for (const one of findings) await logFinding(one, check);
    } catch (error) {
      if (!(error instanceof ConnectionError)) throw error;
    }
  });
  return check;
}
