import type * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../kubernetes/program";
import {
  drainGateOf,
  type Direction,
  type StorageMode,
  type ValuesRolloutSettings,
} from "../settings";
import type { ProgramSettings } from "../settings/program";
import { ownerOf, stackName, type Args } from "../step/program";
import { modeKey, serviceEnvironment, type Service } from "./environment";
import type { DrainInputs } from "./pods/inputs";
import { modesInFiles } from "./live";
import { resolveTarget, serviceAddress, serviceFiles } from "./placement";
import type { ValuesFileInputs } from "./values/provider";

export type DrainSettings = Pick<
  ProgramSettings,
  "storageMode" | "rollout" | "kubernetes" | "direction" | "advanced" | "mongo" | "cutover"
>;

/** A service's values file once it went in a direction. */
export function valuesFileInputs(
  rollout: ValuesRolloutSettings,
  { collections, database }: ProgramSettings["mongo"],
  service: Service,
  direction: Direction,
): ValuesFileInputs {
  const { push, connectionSecret } = rollout;
  const entries = serviceEnvironment(service, direction, {
    collections,
    connectionSecret,
    database,
  });
  return {
    ...serviceFiles(rollout, service),
    direction,
    environment: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    stack: stackName(),
    ...(push && { push }),
  };
}

/** The stack's own values files; none with other targets. */
export function ownValuesFiles({ rollout, mongo, direction }: DrainSettings): ValuesFileInputs[] {
  if (rollout.target !== "values") return [];
  const services = ["worker", "web"] as const;
  return services.map((service) => valuesFileInputs(rollout, mongo, service, direction));
}

/** The worker, and the variable with its mode; of one that the program does not see, what the values files state. */
export function liveWorker(settings: DrainSettings) {
  const address = serviceAddress(settings, "worker");
  if (address) return { worker: { ...address, variable: modeKey("worker") } };
  return { workerModes: modesInFiles(settings.rollout, "worker") };
}

/** The inputs of the worker's drain from the settings; undefined if the program sees no pods. */
export function workerDrainInputs(
  settings: DrainSettings,
): Args<Omit<DrainInputs, "requests" | "requestedAt">> | undefined {
  const { rollout, direction, advanced, cutover } = settings;
  const { timeoutSeconds, ignorePods } = rollout;
  const { releases, install } = resolveTarget(rollout);
  const address = serviceAddress(settings, "worker");
  const web = serviceAddress(settings, "web");
  return (
    address && {
      ...address,
      direction,
      service: "worker",
      timeoutSeconds,
      ignorePods,
      install,
      releases: releases.length > 0 ? releases.map(({ release }) => release) : undefined,
      web: { release: web?.release, selector: web?.selector },
      acceptCluster: advanced.acceptCluster,
      cutover,
      gate: drainGateOf(settings),
      files: ownValuesFiles(settings),
    }
  );
}

/** What the check before everything else has of the canary: whose it is, and in a cutover what it gets. */
export function canaryAtCheck(
  { rollout, mongo, direction }: Pick<DrainSettings, "rollout" | "mongo" | "direction">,
  component: pulumi.Resource,
) {
  const { name = "known-later", key } = rollout.connectionSecret;
  const isAsked = rollout.canary && direction === "forward";
  const names = { ...mongo, connectionSecret: { name, key } };
  const environment = isAsked ? serviceEnvironment("web", "forward", names) : undefined;
  return { owner: ownerOf(component), canary: environment };
}

/** The stack's output about a service's rollout. */
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
  /** A new one makes the next step wait for its pods again. */
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
