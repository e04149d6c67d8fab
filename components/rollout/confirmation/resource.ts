import * as pulumi from "@pulumi/pulumi";
import { shim } from "../../dynamic";
import type { ConfirmationInputs } from "./confirmation";

/** A step that stops until the setting `rollout.confirmed` says that it is done. */
export class Confirmation extends pulumi.dynamic.Resource {
  declare readonly confirmedMode: pulumi.Output<ConfirmationInputs["mode"]>;

  constructor(name: string, inputs: ConfirmationInputs, options: pulumi.CustomResourceOptions) {
    const props = { ...inputs, confirmedMode: undefined, asked: undefined };
    const provider = shim("components/rollout/provider", "Confirmation");
    super(provider, name, props, options, "taskrunner", "Confirmation");
  }
}
