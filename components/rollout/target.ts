import type * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../kubernetes/program";
import type { KubernetesSettings, RolloutSettings, StorageMode } from "../settings";
import type { MongoNames, Service } from "./environment";

/** What a rollout needs to know; `appUri` is secret. */
export interface ServicesArgs<Settings = RolloutSettings> {
  readonly settings: Settings;
  readonly kubernetes: KubernetesSettings;
  readonly mode: StorageMode;
  readonly collections: MongoNames["collections"];
  /** The database's name; absent where the one in the connection string counts. */
  readonly database?: string | undefined;
  /** The services' connection string; absent in filesystem mode where no setting has one. */
  readonly appUri?: pulumi.Input<string> | undefined;
}

/** What a stack says about a service's rollout. */
export type RolloutSummary =
  | { readonly target: "values"; readonly mode: StorageMode; readonly file: string }
  | {
      readonly target: "helm";
      readonly mode: StorageMode;
      readonly namespace: string;
      readonly release: string;
      /** Helm's count of the release's upgrades, from 1. */
      readonly revision: number;
    };

/** How often the worker was drained; a rollout that sees a new number puts its replicas back. */
export type Drains = pulumi.Output<number> | undefined;

/** Where worker and web run, and how they are brought into a mode (decision 14). */
export interface Target {
  readonly secretRef: pulumi.Output<SecretRef>;
  /** Takes the worker's pods away, and waits until they are gone. */
  drain(options: pulumi.CustomResourceOptions): Drains;
  /** Brings a service into the mode, and waits until no pod of its other mode is left. */
  rollOut(
    service: Service,
    drains: Drains,
    options: pulumi.CustomResourceOptions,
  ): pulumi.Output<RolloutSummary>;
}
