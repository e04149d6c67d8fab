import type { dynamic } from "@pulumi/pulumi";
import { warning } from "../../text";
import {
  controllersOf,
  describeController,
  describeApiPlace,
  gitOpsOwnerOf,
  identityOf,
  isSameCluster,
  tryQuickly,
  type Cluster,
} from "../../kubernetes";
import { tell } from "../../step";
import { cutOverFirstHint } from "../recovery";
import { findArgoProblem } from "./argo";
import { findCronJobs, findUndrainedExecutors } from "./executors";
import { hasMoved, type DrainInputs } from "./inputs";
import { inOtherMode } from "./live-mode";
import { pendingOperations } from "./releases";
import { findMissingWeb } from "./paused";
import { observeService, type Workload } from "./workload";

/** The cluster as it is now, or as recorded if it is unreachable. */
export async function observeCluster(inputs: DrainInputs, prior?: DrainInputs) {
  const found = (await tryQuickly(inputs, identityOf)) ?? prior?.clusterIdentity;
  return { ...(found && { clusterIdentity: found }) };
}

/**
 * Why the services must not change over; undefined if they may. A rollback is only warned of what was in force
 * since the cutover.
 *
 * @param inputs with the cluster as it is now
 * @param prior of the last run
 * @throws ClusterError
 */
export async function findRefusal(
  cluster: Cluster,
  inputs: DrainInputs,
  prior?: DrainInputs,
): Promise<dynamic.CheckFailure | undefined> {
  const { mode, releases = [], clusterIdentity, acceptCluster } = inputs;
  const isKnown = isSameCluster(clusterIdentity, prior?.clusterIdentity, acceptCluster);
  // guarantee: a stack never works on another cluster than the recorded one
  if (isKnown === false) return { property: "context", reason: describeOther(inputs, prior) };
  const pending = await pendingOperations(cluster, inputs);
  if (pending !== undefined) return { property: "releases", reason: pending };
  const owned = await findOwner(cluster, releases);
  if (owned !== undefined && mode === "mongo") return { property: "releases", reason: owned };
  const undeployed = await findArgoProblem(cluster, inputs);
  if (undeployed !== undefined && mode === "mongo")
    return { property: "files", reason: undeployed };
  if (owned !== undefined) tell(warning("owned", owned));
  if (undeployed !== undefined) tell(warning("argo-sets-replicas", undeployed));
  // A stack that begins on files drains nothing.
  const isDue = prior ? prior.mode !== mode : mode === "mongo";
  const isElsewhere = mode === "mongo" && hasMoved(inputs, prior);
  if (!isDue && !isElsewhere) return undefined;
  const found = await observeService(cluster, inputs);
  const reason = await findUndrainedExecutors(cluster, inputs, found, isKnown === true);
  if (reason !== undefined) return { property: "selector", reason };
  warnOfGrace(inputs, found);
  const starting = await findCronJobs(cluster, inputs, found);
  if (starting !== undefined && mode === "mongo")
    return { property: "ignorePods", reason: starting };
  if (starting !== undefined) tell(warning("cronjobs", starting));
  const stays = await findMissingWeb(cluster, inputs);
  if (stays !== undefined && mode === "mongo") return { property: "web", reason: stays };
  if (stays !== undefined) tell(warning("web-absent", stays));
  return undefined;
}

function warnOfGrace({ service, timeoutSeconds }: DrainInputs, found: readonly Workload[]): void {
  const pods = found.flatMap(({ pods }) => pods);
  const grace = Math.max(0, ...pods.map(({ spec }) => spec?.terminationGracePeriodSeconds ?? 0));
  if (grace <= timeoutSeconds) return;
  const text =
    `Pods of the ${service} may take ${grace} s to end, and the drain waits for ${timeoutSeconds} s: it could stop ` +
    `with the ${service} at zero. Set rollout.timeoutSeconds above ${grace}.`;
  tell(warning("grace-period", text));
}

/** The refusal of another cluster than the recorded one. */
export function describeOther(
  { clusterIdentity, namespace }: DrainInputs,
  prior?: DrainInputs,
): string {
  const { server, uids = {} } = clusterIdentity ?? {};
  return (
    `Namespace ${namespace} is on the cluster of ${server}, but this stack's services are on that of ` +
    `${prior?.clusterIdentity?.server ?? ""}, which has other UIDs. Check kubernetes.kubeconfig and ` +
    "kubernetes.context. If the cluster was rebuilt, run pulumi refresh, and set advanced.acceptCluster: " +
    (Object.values(uids)[0] ?? server ?? "")
  );
}

/**
 * Why a stack that knows of no cutover must not take a service to files; undefined if it may. A service that works on
 * MongoDB belongs to a stack that was destroyed or lost its state, or was taken there by hand: nothing would be exported.
 *
 * @throws ClusterError
 */
export async function findUnknownCutover(
  cluster: Cluster,
  inputs: DrainInputs,
): Promise<string | undefined> {
  if (inputs.mode !== "filesystem" || inputs.ended !== 0) return undefined;
  const live = await controllersOf(cluster, inputs);
  const onMongo = inOtherMode(inputs, live).map(describeController);
  if (onMongo.length === 0) return undefined;
  const place = describeApiPlace(cluster.place);
  return `${onMongo.join(", ")} in ${place} is in mongo mode. ${cutOverFirstHint}`;
}

// Flux and Argo CD would restore their own values (fluxcd/helm-controller#1383), behind the fence.
async function findOwner(
  { place, controllers }: Cluster,
  releases: readonly string[],
): Promise<string | undefined> {
  if (releases.length === 0) return undefined;
  const owned = (await controllers()).flatMap((one) => {
    const ofHelm = one.metadata?.annotations?.["meta.helm.sh/release-name"] ?? "";
    // Argo CD applies what a chart renders: such a release has the chart's labels, and none of Helm's.
    const ofChart = one.metadata?.labels?.["app.kubernetes.io/instance"] ?? "";
    const isOurs = releases.includes(ofHelm) || releases.includes(ofChart);
    const owner = isOurs ? gitOpsOwnerOf(one) : undefined;
    return owner ? [`  ${describeController(one)}: ${owner}`] : [];
  });
  if (owned.length === 0) return undefined;
  return [
    `In ${describeApiPlace(place)} another tool deploys what rollout.target: helm would upgrade:`,
    ...owned,
    "It would restore its own values, and the worker would continue with outdated files.",
    "Set rollout.target: values, and let that tool deploy the values files that pulumi up writes",
    "(docs/gitops.md). If it no longer deploys them, remove its labels and annotations.",
  ].join("\n");
}
