import { join } from "node:path";
import type * as pulumi from "@pulumi/pulumi";
import type { SecretRef } from "../kubernetes/program";
import {
  drainGateOf,
  type ChartSettings,
  type Direction,
  type RolloutSettings,
  type StorageMode,
  type ValuesRolloutSettings,
} from "../settings";
import type { ProgramSettings } from "../settings/program";
import { stackName, type Args } from "../step/program";
import { modeKey, serviceEnvironment, type Service } from "./environment";
import type { DrainInputs } from "./pods/inputs";
import type { EnvironmentPlace } from "./values/files";
import { modeInFiles, type ValuesFileInputs } from "./values/provider";

/** A Helm release with the site's values files and the services that it holds. */
export interface ReleaseArgs extends ChartSettings {
  readonly release: string;
  readonly values: readonly string[];
  readonly services: readonly OwnPlace[];
}

/** Where the variables of a service are in a chart's values. */
export type OwnPlace = EnvironmentPlace & { readonly service: Service };

interface Placement {
  /** Absent if the program sees no pods (`confirm: none`). */
  readonly namespace: string | undefined;
  /** The labels of each service's workloads. */
  readonly selectors: Readonly<Record<Service, string | undefined>>;
  /** The releases that the stack upgrades: one for each service, or one for both. */
  readonly releases: readonly ReleaseArgs[];
  readonly install?: boolean;
  /** The cutover for which a person has stopped a worker that the program does not see. */
  readonly workerStopped?: number | undefined;
}

/** What the steps need of each target. Only this function distinguishes `helm` and `umbrella`. */
export function placementOf(rollout: RolloutSettings): Placement {
  if (rollout.target === "values") {
    const { confirm, workerStopped } = rollout;
    const nothing = { namespace: undefined, selector: { worker: undefined, web: undefined } };
    const { namespace, selector } = confirm === "none" ? nothing : confirm;
    return { namespace, selectors: selector, releases: [], workerStopped };
  }
  const { namespace, install, worker, web } = rollout;
  const inWorker = { service: "worker" as const, path: worker.path };
  const inWeb = { service: "web" as const, path: web.path };
  const releases =
    rollout.target === "umbrella"
      ? [{ ...rollout, services: [inWorker, inWeb] }]
      : [
          { ...rollout.worker, services: [inWorker] },
          { ...rollout.web, services: [inWeb] },
        ];
  const selectors = { worker: worker.selector, web: web.selector };
  return { namespace, install, selectors, releases };
}

/** Where the workloads of a service are; undefined if the program sees none. */
export function serviceAddress({ kubernetes, rollout }: DrainSettings, service: Service) {
  const { namespace, releases, selectors } = placementOf(rollout);
  if (namespace === undefined) return undefined;
  const own = releases.find(({ services }) => services.some((one) => one.service === service));
  return { ...kubernetes, namespace, release: own?.release, selector: selectors[service] };
}

export type DrainSettings = Pick<
  ProgramSettings,
  "storageMode" | "rollout" | "kubernetes" | "direction" | "advanced" | "mongo" | "cutover"
>;

/** A service's values file in a mode. */
export function valuesFileInputs(
  { directory, push, connectionSecret, ...services }: ValuesRolloutSettings,
  { collections, database }: ProgramSettings["mongo"],
  service: Service,
  mode: StorageMode,
): ValuesFileInputs {
  const { file, values, path } = services[service];
  const entries = serviceEnvironment(service, mode, { collections, connectionSecret, database });
  return {
    service,
    mode,
    path,
    file: join(directory, file),
    site: values.map((one) => join(directory, one)),
    environment: Object.fromEntries(entries.map(({ name, value }) => [name, value])),
    stack: stackName(),
    ...(push && { push }),
  };
}

/** The stack's own values files; none with other targets. */
export function ownValuesFiles({ rollout, mongo, storageMode }: DrainSettings): ValuesFileInputs[] {
  if (rollout.target !== "values") return [];
  const services = ["worker", "web"] as const;
  return services.map((service) => valuesFileInputs(rollout, mongo, service, storageMode));
}

/** The worker, and the variable with its mode; of one that the program does not see, what the values files state. */
export function liveWorker(settings: DrainSettings) {
  const address = serviceAddress(settings, "worker");
  if (address) return { worker: { ...address, variable: modeKey("worker") } };
  const [file] = ownValuesFiles(settings);
  const mode = file && modeInFiles(file);
  return mode ? { workerModes: [mode] } : {};
}

/** The inputs of the worker's drain from the settings; undefined if the program sees no pods. */
export function workerDrainInputs(
  settings: DrainSettings,
): Args<Omit<DrainInputs, "requests" | "requestedAt">> | undefined {
  const { storageMode: mode, rollout, direction, advanced, cutover } = settings;
  const { timeoutSeconds, ignorePods } = rollout;
  const { releases, install } = placementOf(rollout);
  const address = serviceAddress(settings, "worker");
  const web = serviceAddress(settings, "web");
  return (
    address && {
      ...address,
      direction,
      service: "worker",
      mode,
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

/** The direction of a service and the mode in which it is then, as inputs of its steps. */
export interface ModeChange {
  readonly direction: pulumi.Output<Direction>;
  readonly mode: pulumi.Output<StorageMode>;
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

/** A way to change the mode of worker and web (decision 14). */
export interface Target {
  readonly secretRef: pulumi.Output<SecretRef>;
  /** The releases' names, once each chart was rendered with the site's values. */
  readonly rendered?: pulumi.Output<string[]>;
  deploy(service: Service, change: ModeChange, options: pulumi.CustomResourceOptions): Deployed;
}
