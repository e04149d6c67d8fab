import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import type { FormerSecretsInputs } from "./provider";

type Args = {
  readonly [Key in keyof FormerSecretsInputs]: pulumi.Input<FormerSecretsInputs[Key]> | undefined;
};

/** The Secrets with connection strings that no pod has any more, taken away. */
export class FormerSecrets extends DynamicResource {
  constructor(name: string, args: Args, options: pulumi.CustomResourceOptions) {
    const provider = shim("components/rollout/provider", "FormerSecrets");
    super(provider, name, args, options, "kubernetes", "FormerSecrets");
  }
}
