import {
  clusterAt,
  liveModes,
  type Cluster,
  type LiveMode,
  type ServiceSelector,
} from "../../kubernetes";
import type { RolloutSettings } from "../../settings";
import { modeKey, type Service } from "../environment";
import { serviceAddress, serviceFiles, type ServicesSettings } from "../placement";
import { modeInFiles } from "../values/stated";

/** The modes of each service; empty if none of its workloads is found. */
export type LiveModes = Readonly<Record<Service, readonly LiveMode[]>>;

/**
 * Finds the modes of the services now, which the stack's state does not have: from their workloads, or from their
 * values files if the program sees no workloads.
 *
 * @throws ClusterError, KubeconfigError
 */
export async function findLiveModes(settings: ServicesSettings): Promise<LiveModes> {
  const { rollout } = settings;
  const address = serviceAddress(settings, "worker");
  if (address === undefined) {
    return { worker: modesInFiles(rollout, "worker"), web: modesInFiles(rollout, "web") };
  }
  const web = serviceAddress(settings, "web");
  return observeModes(await clusterAt(address, 5_000), { ...address, web });
}

/** @throws ClusterError */
export async function observeModes(
  cluster: Cluster,
  { web, ...worker }: ServiceSelector & { readonly web?: ServiceSelector | undefined },
): Promise<LiveModes> {
  const modesOf = (service: Service, selector: ServiceSelector) =>
    liveModes(cluster, { ...selector, variable: modeKey(service) });
  return { worker: await modesOf("worker", worker), web: web ? await modesOf("web", web) : [] };
}

/** The mode that the values files of a service state; none with other targets, or if they cannot be read. */
export function modesInFiles(rollout: RolloutSettings, service: Service): LiveMode[] {
  const mode = rollout.target === "values" && modeInFiles(serviceFiles(rollout, service));
  return mode ? [mode] : [];
}

/** Such as `mongo mode`. */
export function describeModes(found: readonly LiveMode[]): string {
  const words = found.map((mode) => (mode === "drained" ? mode : `${mode} mode`));
  return words.join(" and ") || "not found";
}

/** Whether web is on files while the worker is on MongoDB, as after a change of web by hand. */
export const isWebBehind = ({ worker, web }: LiveModes) =>
  worker.includes("mongo") && web.includes("filesystem");

/** Why the services use different stores; undefined if they use one, or if one of them is not found. */
export function describeApart(modes: LiveModes): string | undefined {
  const { worker, web } = modes;
  const isApart = worker.includes("mongo") !== web.includes("mongo");
  if (!isApart || worker.length === 0 || web.length === 0) return undefined;
  const advice = isWebBehind(modes)
    ? "With storageMode: mongo, run pulumi up: it waits until web is in mongo mode again, then imports what web wrote " +
      "to files meanwhile. A rollback keeps it on files."
    : "If an update stopped between them, run pulumi up again, which resumes. If web was changed by hand, change it " +
      "back. If the worker was, set storageMode to its mode and run pulumi up, which drains it.";
  return (
    `The worker is in ${describeModes(worker)} and web in ${describeModes(web)}: they use different stores. ` +
    advice
  );
}
