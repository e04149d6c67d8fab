import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import type { ConnectionStringsInputs } from "./provider";

type Args = {
  readonly [Key in keyof ConnectionStringsInputs]: pulumi.Input<string>;
};

/** The connection strings of a cluster; without arguments, those that the stack had last. */
export class ConnectionStrings extends DynamicResource {
  /** The migrator's; secret. In filesystem mode it has no value before the first cutover. */
  declare readonly uri: pulumi.Output<string>;
  /** The services'; secret. In filesystem mode it has no value before the first cutover. */
  declare readonly appUri: pulumi.Output<string>;

  constructor(name: string, args: Args, options: pulumi.CustomResourceOptions) {
    const provider = shim("components/cluster/provider", "ConnectionStrings");
    const secret = { additionalSecretOutputs: ["uri", "appUri"] };
    const inputs = { uri: undefined, appUri: undefined, from: undefined, ...args };
    super(provider, name, inputs, { ...options, ...secret }, "mongo", "ConnectionStrings");
  }
}
