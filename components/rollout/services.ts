import type * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../kubernetes/program";
import type { ProgramSettings } from "../settings/program";
import { StepGroup, type StepOptions } from "../step/program";
import { helmTarget } from "./helm/release";
import type { DrainSettings, Target } from "./target";
import { valuesTarget } from "./values/target";

/** The settings of the services. */
export interface ServicesArgs
  extends DrainSettings, Pick<ProgramSettings, "mongo" | "cutover" | "backfill"> {
  /** The services' connection string, secret; absent in filesystem mode if no setting has one. */
  readonly appUri?: pulumi.Input<string> | undefined;
  /** When web was last found on files after a cutover; undefined if it never was. */
  readonly webOnFilesAt?: pulumi.Output<string>;
}

/** Worker and web, deployed by another tool from values files, or as Helm releases of the stack. */
export class Services extends StepGroup {
  /** The Secret with the services' connection string. */
  readonly connectionSecretRef: pulumi.Output<SecretRef>;
  readonly target: Target;

  constructor(
    name: string,
    readonly settings: ServicesArgs,
    options?: StepOptions,
  ) {
    super("Services", name, options);
    const { rollout, mongo } = settings;
    this.target =
      rollout.target === "values"
        ? valuesTarget(rollout, mongo)
        : helmTarget({ ...settings, rollout }, { ...this.ofChildren, parent: this });
    this.connectionSecretRef = this.target.secretRef;
    this.registerOutputs({ connectionSecretRef: this.connectionSecretRef });
  }
}
