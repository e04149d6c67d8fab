import {
  clusterAt,
  describeController,
  inFull,
  type Cluster,
  type ClusterAddress,
  type Controller,
} from "../../kubernetes";
import type { StorageMode } from "../../settings";
import type { Service } from "../environment";
import type { ServiceAddress } from "../pods/inputs";
import { findObstacles, describeMode } from "../pods/remaining";
import { controllersOf, observe } from "../pods/service";
import { moves, refusalOf, type FoundModes, type WantedStep } from "./modes";

/** Where a release that holds both services is, and what is asked of it. None of it is secret. */
export interface SharedReleaseAddress extends ClusterAddress, WantedStep {
  /** The labels of each service's workloads. */
  readonly selectors: Readonly<Record<Service, string>>;
}

/** What an update would do to the services as they are now. */
export interface Outlook {
  /** Why the update must not be, and what to do; absent where it may. */
  readonly refusal?: string | undefined;
  /** Whether it takes web to its other mode, to which the worker has gone before. */
  readonly movesWeb: boolean;
}

/**
 * Looks at the workloads of both services: what they state counts, not what an earlier update
 * meant to do, which may have stopped anywhere.
 *
 * @throws ClusterError, KubeconfigError
 */
export async function look(wanted: SharedReleaseAddress): Promise<Outlook> {
  const cluster = await clusterAt(wanted);
  const all = await controllersOf(cluster, addressOf(undefined, wanted));
  const worker = await controllersOf(cluster, addressOf("worker", wanted));
  const web = await controllersOf(cluster, addressOf("web", wanted));
  const missed = selectorProblem(wanted, all, { worker, web });
  if (missed !== undefined) return { refusal: missed, movesWeb: false };
  const found: FoundModes = {
    worker: worker.map((one) => describeMode(one, "worker")),
    web: web.map((one) => describeMode(one, "web")),
  };
  const movesWeb = moves("web", wanted, found);
  const refusal = refusalOf(wanted, found);
  if (refusal !== undefined || !movesWeb) return { refusal, movesWeb };
  return { refusal: await tooEarly(cluster, wanted), movesWeb };
}

function addressOf(
  service: Service | undefined,
  { namespace, release, selectors }: SharedReleaseAddress,
): ServiceAddress {
  return { namespace, release, ...(service && { selector: selectors[service] }) };
}

/** A service whose workloads are not found would change over unseen. */
function selectorProblem(
  { release, selectors }: SharedReleaseAddress,
  all: readonly Controller[],
  found: Readonly<Record<Service, readonly Controller[]>>,
): string | undefined {
  for (const service of ["worker", "web"] as const) {
    if (all.length === 0 || found[service].length > 0) continue;
    return (
      `No workload of release ${release} has the labels ${selectors[service]}; it has ` +
      `${all.map(describeController).join(", ")}. Set rollout.${service}.selector to labels that only ${service} has.`
    );
  }
  const web = new Set(found.web.map(describeController));
  const both = found.worker.map(describeController).find((name) => web.has(name));
  if (both === undefined) return undefined;
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
  return notArrived(mode, obstacles.map(inFull));
}

function notArrived(mode: StorageMode, reasons: readonly string[]): string | undefined {
  if (reasons.length === 0) return undefined;
  return (
    `The rollout of the worker to ${mode} mode is incomplete, so web cannot follow. Set rollout.step: ` +
    `worker and run pulumi up until it succeeds. Then set rollout.step: web. ${reasons.join(" ")}`
  );
}
