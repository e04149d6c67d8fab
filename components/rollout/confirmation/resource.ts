import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import type { ConfirmationInputs } from "./confirmation";

/** A step that stops until the setting `rollout.confirmed` says that it is done. */
export class Confirmation extends DynamicResource {
  declare readonly confirmedMode: pulumi.Output<ConfirmationInputs["mode"]>;

  constructor(name: string, inputs: ConfirmationInputs, options: pulumi.CustomResourceOptions) {
    const props = { ...inputs, confirmedMode: undefined, asked: undefined };
    const provider = shim("components/rollout/provider", "Confirmation");
    super(provider, name, props, options, "taskrunner", "Confirmation");
  }
}
