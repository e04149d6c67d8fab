import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource, shim } from "../../dynamic/program";
import type { ValuesFileInputs } from "./switch";

/**
 * A service's values file as a resource: the file in the mode asked for. How our variables stood
 * before the cutover is kept in `before`, a secret output, because a site may have had its
 * connection string there as text.
 */
export class ValuesFile extends DynamicResource {
  declare readonly file: pulumi.Output<string>;
  declare readonly mode: pulumi.Output<ValuesFileInputs["mode"]>;

  constructor(name: string, inputs: ValuesFileInputs, opts: pulumi.CustomResourceOptions) {
    super(
      shim("components/rollout/provider", "ValuesFile"),
      name,
      { ...inputs, before: undefined, beforeAnnotation: undefined },
      { ...opts, additionalSecretOutputs: ["before"] },
      "taskrunner",
      "ValuesFile",
    );
  }
}
