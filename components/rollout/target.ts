import type * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../kubernetes/program";
import type { Direction, StorageMode } from "../settings";
import type { ProgramSettings } from "../settings/program";
import type { Service } from "./environment";

/** The settings that a rollout follows. */
export type DrainSettings = Pick<
  ProgramSettings,
  "storageMode" | "rollout" | "kubernetes" | "direction" | "advanced" | "mongo" | "cutover"
>;

export type RolloutSummary =
  | { readonly target: "values"; readonly mode: StorageMode; readonly file: string }
  | {
      readonly target: "helm" | "umbrella";
      readonly mode: StorageMode;
      readonly namespace: string;
      readonly release: string;
      /** Helm's count of the release's upgrades, from 1. */
      readonly revision: number;
    };

/** The direction of a service, as an input of its steps. */
export interface ServiceChange {
  readonly direction: pulumi.Output<Direction>;
  /** When a worker that the program does not see was last stopped; absent if it sees it. */
  readonly stoppedAt?: pulumi.Output<string>;
}

/** A service whose new mode is in its values file or Helm release; its pods follow. */
export interface Deployed {
  readonly resource: pulumi.CustomResource;
  /** The direction that it goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  /** A new revision makes the next step wait for its pods again. */
  readonly revision: pulumi.Output<number | string>;
  readonly summary: pulumi.Output<RolloutSummary>;
}

/** A way to change the mode of worker and web (docs/rollout.md). */
export interface Target {
  readonly secretRef: pulumi.Output<SecretRef>;
  /** The releases' names, once each chart was rendered with the site's values. */
  readonly rendered?: pulumi.Output<string[]>;
  deploy(service: Service, change: ServiceChange, options: pulumi.CustomResourceOptions): Deployed;
}
