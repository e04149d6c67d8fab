import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import type { PasswordInputs } from "./provider";

/** A password of 32 letters, digits, `-` and `_`; another `version` makes a new one. */
export class GeneratedPassword extends DynamicResource {
  /** Secret. */
  declare readonly password: pulumi.Output<string>;

  constructor(name: string, args: PasswordInputs, options: pulumi.CustomResourceOptions) {
    const provider = shim("components/cluster/provider", "GeneratedPassword");
    const secret = { additionalSecretOutputs: ["password"] };
    const inputs = { ...args, password: undefined };
    super(provider, name, inputs, { ...options, ...secret }, "mongo", "GeneratedPassword");
  }
}
