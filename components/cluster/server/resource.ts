import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import type { ServerCheckArgs } from "./args";
import { warnOfServer } from "./preview";

/** This path is a contract with existing stacks: their states load it. */
const providers = "components/cluster/provider.ts";

/** The check of a server that exists already: whether a cutover to it may begin. */
export class ServerCheck extends DynamicResource {
  /** The connection string of the last check; secret. In filesystem mode it is that of the cutover. */
  declare readonly uri: pulumi.Output<string | undefined>;
  /** The database of the last check. */
  declare readonly database: pulumi.Output<string | undefined>;
  /** The server's version at the last check; undefined until there was one. */
  declare readonly serverVersion: pulumi.Output<string | undefined>;

  constructor(name: string, args: ServerCheckArgs, options: pulumi.CustomResourceOptions) {
    const inputs = { ...args, serverVersion: undefined };
    const merged = { additionalSecretOutputs: ["uri"], ...options };
    super(shim(providers, "ServerCheck"), name, inputs, merged, "mongo", "ServerCheck");
    warnOfServer(args, this);
  }
}
