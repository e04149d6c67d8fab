import * as pulumi from "@pulumi/pulumi";
import {
  connectionStringProblems,
  describeProblem,
  uriFacts,
  type ClusterSettingsOf,
  type Settings,
} from "../settings";
import { childName, ProgramError } from "../step/program";
import type { ClusterArgs, ClusterOutputs } from "./outputs";
import { databaseIn, serverChecked } from "./existing";

type Args = ClusterArgs<"stackReference">;

/**
 * The cluster of another stack, from its outputs. A rollback does not read that stack, which may be gone: it uses
 * the connection string of the last cutover, or `mongoUri` if set.
 */
export function referToCluster(args: Args, parent: pulumi.ComponentResource): ClusterOutputs {
  return args.direction === "back" ? recallOutputs(args, parent) : readReference(args, parent);
}

function readReference(args: Args, parent: pulumi.ComponentResource): ClusterOutputs {
  const { cluster, mongo, cutover } = args;
  const called = childName(parent, "cluster-stack");
  const other = new pulumi.StackReference(called, { name: cluster.stack }, { parent });
  const both = other.outputs.apply((outputs) =>
    connectionStrings(outputs, { cluster, mongo }, parent),
  );
  const uri = pulumi.secret(both.apply(({ mongoUri }) => mongoUri));
  const appUri = pulumi.secret(both.apply(({ mongoUri, appMongoUri = mongoUri }) => appMongoUri));
  const database = mongo.database ?? databaseIn(uri);
  const outputs = { uri, appUri, database };
  if (args.jobs) return outputs;
  const { collections } = mongo;
  serverChecked({ direction: "forward", cutover, uri, database, collections }, { parent });
  return outputs;
}

function recallOutputs(args: Args, parent: pulumi.ComponentResource): ClusterOutputs {
  const { mongoUri, mongo, cutover } = args;
  if (args.jobs) return { uri: mongoUri, appUri: undefined, database: mongo.database };
  const { collections } = mongo;
  const nothing = { direction: "back", uri: undefined, database: undefined } as const;
  const check = serverChecked({ ...nothing, cutover, collections }, { parent });
  return {
    // Both are undefined before the first cutover, when there is nothing to export.
    uri: mongoUri ?? (check.output("uri") as pulumi.Output<string>),
    appUri: undefined,
    database: mongo.database ?? (check.output("database") as pulumi.Output<string>),
  };
}

interface ConnectionStrings {
  readonly mongoUri: string;
  readonly appMongoUri?: string;
}

type Wanted = Pick<Settings, "mongo"> & { readonly cluster: ClusterSettingsOf<"stackReference"> };

/**
 * The connection strings in another stack's outputs; both are secret.
 *
 * @throws ProgramError if one is missing or breaks a rule; it names the stack, the output and the existing
 *   outputs
 */
export function connectionStrings(
  outputs: Readonly<Record<string, unknown>>,
  { cluster, mongo }: Wanted,
  resource?: pulumi.Resource,
): ConnectionStrings {
  const { stack, outputs: names } = cluster;
  const missing = (name: string) =>
    new ProgramError(describeMissing(stack, name, outputs), resource);
  const mongoUri = outputs[names.mongoUri];
  const appMongoUri = outputs[names.appMongoUri];
  if (typeof mongoUri !== "string") throw missing(names.mongoUri);
  const isText = typeof appMongoUri === "string";
  if (!isText && !uriFacts(mongoUri)?.local) throw missing(names.appMongoUri);
  const found = { mongoUri, ...(isText && { appMongoUri }) };
  const problems = connectionStringProblems({ ...found, cluster, mongo });
  if (problems.length === 0) return found;
  throw new ProgramError(
    [
      `The connection strings of stack ${stack} cannot be used; nothing was changed.`,
      ...problems.map((problem) => {
        const { key } = problem;
        const output = (names as Readonly<Record<string, string>>)[key];
        const origin = output === undefined ? `taskrunner-storage:${key}` : `output ${output}`;
        return `  ${origin}: ${describeProblem(problem)}`;
      }),
    ].join("\n"),
    resource,
  );
}

function describeMissing(
  stack: string,
  name: string,
  outputs: Readonly<Record<string, unknown>>,
): string {
  const names = Object.keys(outputs).sort().join(", ");
  const found = outputs[name] === undefined ? "has no output" : "has no string in its output";
  return (
    `The stack ${stack} ${found} ${name}; it has ${names === "" ? "none" : names}. Nothing was ` +
    "changed. Export a secret connection string from it, or name the output in cluster.outputs."
  );
}
