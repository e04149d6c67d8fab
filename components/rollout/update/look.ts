import {
  clusterAt,
  describeController,
  inFull,
  type Cluster,
  type ClusterAddress,
  type Controller,
} from "../../kubernetes";
import type { Service } from "../environment";
import type { ServiceAddress } from "../pods/inputs";
import { findObstacles, describeMode } from "../pods/remaining";
import { controllersOf, describeOtherLabels, observe } from "../pods/service";
import { moves, refusalOf, type FoundModes, type WantedStep } from "./modes";

/** Where a release that holds both services is, and what is asked of it. None of it is secret. */
export interface SharedReleaseAddress extends ClusterAddress, WantedStep {
  /** The labels of each service's workloads. */
  readonly selectors: Readonly<Record<Service, string>>;
}

/**
 * Why an update must not be, as the services are now, and what to do; undefined where it may. What the
 * workloads state counts, not what an earlier update meant to do, which may have stopped anywhere.
 *
 * @throws ClusterError, KubeconfigError
 */
export async function findSharedRefusal(wanted: SharedReleaseAddress): Promise<string | undefined> {
  const cluster = await clusterAt(wanted);
  const all = await controllersOf(cluster, addressOf(undefined, wanted));
  const worker = await controllersOf(cluster, addressOf("worker", wanted));
  const web = await controllersOf(cluster, addressOf("web", wanted));
  const missed = selectorProblem(cluster, wanted, all, { worker, web });
  if (missed !== undefined) return missed;
  const found: FoundModes = {
    worker: worker.map((one) => describeMode(one, "worker")),
    web: web.map((one) => describeMode(one, "web")),
  };
  const refusal = refusalOf(wanted, found);
  if (refusal !== undefined || !moves("web", wanted, found)) return refusal;
  return tooEarly(cluster, wanted);
}

function addressOf(
  service: Service | undefined,
  { namespace, release, selectors }: SharedReleaseAddress,
): ServiceAddress {
  return { namespace, release, ...(service && { selector: selectors[service] }) };
}

/** A service whose workloads are not found would change over unseen. */
function selectorProblem(
  cluster: Cluster,
  wanted: SharedReleaseAddress,
  all: readonly Controller[],
  found: Readonly<Record<Service, readonly Controller[]>>,
): string | undefined {
  for (const service of ["worker", "web"] as const) {
    if (all.length === 0 || found[service].length > 0) continue;
    return describeOtherLabels(cluster, { service, ...addressOf(service, wanted) }, all);
  }
  const web = new Set(found.web.map(describeController));
  const both = found.worker.map(describeController).find((name) => web.has(name));
  if (both === undefined) return undefined;
  const { release, selectors } = wanted;
  return (
    `${both} of release ${release} has the labels of the worker (${selectors.worker}) and ` +
    `of web (${selectors.web}). Set rollout.worker.selector and rollout.web.selector to different labels.`
  );
}

/** Web follows a worker that has arrived: in a step of its own nothing else makes it wait. */
async function tooEarly(
  cluster: Cluster,
  wanted: SharedReleaseAddress,
): Promise<string | undefined> {
  const { mode } = wanted;
  const workloads = await observe(cluster, addressOf("worker", wanted));
  const moment = { now: new Date(), warnings: [] };
  const obstacles = workloads.flatMap((one) =>
    findObstacles(one, { service: "worker", mode }, moment),
  );
  if (obstacles.length === 0) return undefined;
  return (
    `The rollout of the worker to ${mode} mode is incomplete, so web cannot follow. Set rollout.step: ` +
    `worker and run pulumi up until it succeeds. Then set rollout.step: web. ${obstacles.map(inFull).join(" ")}`
  );
}
