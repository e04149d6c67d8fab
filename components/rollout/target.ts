import type * as pulumi from "@pulumi/pulumi";
import type { DrainSnapshot } from "../kubernetes";
import type { SecretRef } from "../kubernetes/program";
import type { Direction, KubernetesSettings, RolloutSettings, StorageMode } from "../settings";
import type { MongoNames, Service } from "./environment";

/** What a rollout needs to know; `appUri` is secret. */
export interface ServicesArgs<Settings = RolloutSettings> {
  readonly settings: Settings;
  readonly kubernetes: KubernetesSettings;
  readonly mode: StorageMode;
  readonly direction: Direction;
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
      readonly target: "helm" | "umbrella";
      readonly mode: StorageMode;
      readonly namespace: string;
      readonly release: string;
      /** Helm's count of the release's upgrades, from 1. */
      readonly revision: number;
    };

/** What a drain hands over; none of it if nothing can be seen (`confirm: none`). */
export interface Drained {
  /** How often the worker was drained; a rollout that sees a new number puts its replicas back. */
  readonly drains: pulumi.Output<number> | undefined;
  /** When that drain began, in ISO 8601, UTC. */
  readonly stoppedAt: pulumi.Output<string> | undefined;
  /** The worker as its drain left it. */
  readonly standstill: pulumi.Output<DrainSnapshot> | undefined;
}

/** Nothing can be seen of a drain, or it is not this service's. */
export const notDrained: Drained = {
  drains: undefined,
  stoppedAt: undefined,
  standstill: undefined,
};

/** The worker's drain. */
export interface WorkerDrained {
  /** The direction that it goes, or went last; the handover takes its own from it. */
  readonly direction: pulumi.Output<Direction>;
  readonly drained: Drained;
}

/** What a service's rollout follows. */
export interface Before {
  /** The direction that the step before it goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  readonly drained: Drained;
}

/** A service's rollout. */
export interface RolledOut {
  /** The direction that its last step goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  readonly summary: pulumi.Output<RolloutSummary>;
  /** How long the service was stopped in its last change of mode; undefined if no drain was seen. */
  readonly stoppedSeconds: pulumi.Output<number | undefined>;
}

/** Where worker and web run, and how they are brought into a mode (decision 14). */
export interface Target {
  readonly secretRef: pulumi.Output<SecretRef>;
  /** With target `helm` the releases' names, once each chart was rendered with the site's values. */
  readonly rendered?: pulumi.Output<string[]>;
  /** What has to succeed right before the worker is drained; absent: nothing. */
  beforeDrain?(
    direction: pulumi.Output<Direction>,
    options: pulumi.CustomResourceOptions,
  ): pulumi.CustomResource;
  /** Brings a service into the mode, and waits until no pod of its other mode is left. */
  rollOut(service: Service, before: Before, options: pulumi.CustomResourceOptions): RolledOut;
}
