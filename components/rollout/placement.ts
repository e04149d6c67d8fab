import { join } from "node:path";
import type {
  ChartSettings,
  KubernetesSettings,
  RolloutSettings,
  ValuesRolloutSettings,
} from "../settings";
import type { Service } from "./environment";

/** The settings that say where the services are. */
export interface ServicesSettings {
  readonly rollout: RolloutSettings;
  readonly kubernetes: KubernetesSettings;
}

/** The dotted path of a service's variables in its chart's values. */
export interface EnvironmentTarget {
  readonly path: string;
}

/** The values files of a service. */
export interface ServiceFiles {
  readonly service: Service;
  /** The stack's own file. Paths are relative to the project's folder. */
  readonly file: string;
  /** The site's values files, in Helm's order. Never changed. */
  readonly site: readonly string[];
  /** The dotted path of the environment variables. */
  readonly path: string;
}

/** A Helm release with the site's values files and the services that it holds. */
export interface ReleaseArgs extends ChartSettings {
  readonly release: string;
  readonly values: readonly string[];
  readonly services: readonly ServiceValues[];
}

/** Where the variables of a service are in a chart's values. */
export type ServiceValues = EnvironmentTarget & { readonly service: Service };

interface Placement {
  /** Absent if the program sees no pods (`confirm: none`). */
  readonly namespace: string | undefined;
  /** The labels of each service's workloads. */
  readonly selectors: Readonly<Record<Service, string | undefined>>;
  /** The releases that the stack upgrades: one for each service, or one for both. */
  readonly releases: readonly ReleaseArgs[];
  readonly install?: boolean;
  /** The cutover for which you have stopped a worker that the program does not see. */
  readonly workerStopped?: number | undefined;
}

/** Resolves the settings of each target for the steps. Only this function distinguishes `helm` and `umbrella`. */
export function resolveTarget(rollout: RolloutSettings): Placement {
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

/** The address of a service's workloads; undefined if the program sees none. */
export function serviceAddress({ kubernetes, rollout }: ServicesSettings, service: Service) {
  const { namespace, releases, selectors } = resolveTarget(rollout);
  if (namespace === undefined) return undefined;
  const own = releases.find(({ services }) => services.some((one) => one.service === service));
  return { ...kubernetes, namespace, release: own?.release, selector: selectors[service] };
}

/** The values files of a service with target `values`. */
export function serviceFiles(
  { directory, ...services }: ValuesRolloutSettings,
  service: Service,
): ServiceFiles {
  const { file, values, path } = services[service];
  const site = values.map((one) => join(directory, one));
  return { service, path, file: join(directory, file), site };
}
