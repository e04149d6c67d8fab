import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../../dynamic/program";
import type { MongoDBReadyInputs } from "./inputs";

type Args = { readonly [Key in keyof MongoDBReadyInputs]: pulumi.Input<MongoDBReadyInputs[Key]> };

/** MongoDB in Kubernetes that runs as its resource says. */
export class MongoDBReady extends DynamicResource {
  constructor(name: string, args: Args, options: pulumi.CustomResourceOptions) {
    const provider = shim("components/cluster/provider", "MongoDBReady");
    super(provider, name, args, options, "kubernetes", "MongoDBReady");
  }
}
