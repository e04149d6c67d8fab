import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import type { DrainInputs, DrainRequestInputs, PodsReplacedInputs } from "./inputs";

/** This path is a contract with every existing stack: its state names it. */
const providers = "components/rollout/provider";

/** The inputs of a resource, each of which may come from another one, or be left out by undefined. */
export type Inputs<From> = {
  readonly [Key in keyof From]:
    pulumi.Input<From[Key]> | (object extends Pick<From, Key> ? undefined : never);
};

/** The mode for which a service is to be drained, recorded before the drain begins. */
class DrainRequestResource extends DynamicResource {
  declare readonly requests: pulumi.Output<number>;

  constructor(
    name: string,
    inputs: Inputs<DrainRequestInputs>,
    options: pulumi.CustomResourceOptions,
  ) {
    const all = { ...inputs, requests: undefined };
    super(shim(providers, "DrainRequest"), name, all, options, "kubernetes", "DrainRequest");
  }
}

/** A service scaled to nothing, once in each change of mode. */
export class DrainResource extends DynamicResource {
  /** How many drains were finished; the service's PodsReplaced runs after each. */
  declare readonly drains: pulumi.Output<number>;

  constructor(name: string, inputs: Inputs<DrainInputs>, options: pulumi.CustomResourceOptions) {
    const { service, mode } = inputs;
    const request = new DrainRequestResource(`${name}-request`, { service, mode }, options);
    const all = { ...inputs, requests: request.requests, drains: undefined };
    super(shim(providers, "Drain"), name, all, options, "kubernetes", "Drain");
  }
}

/** A service whose pods are all those of the mode asked for, and no others. */
export class PodsReplacedResource extends DynamicResource {
  declare readonly mode: pulumi.Output<PodsReplacedInputs["mode"]>;

  constructor(
    name: string,
    inputs: Inputs<PodsReplacedInputs>,
    options: pulumi.CustomResourceOptions,
  ) {
    super(shim(providers, "PodsReplaced"), name, inputs, options, "kubernetes", "PodsReplaced");
  }
}
