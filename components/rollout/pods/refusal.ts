import { findingsFrom, warning, type Finding } from "../../text";
import {
  controllersOf,
  describeController,
  describeApiLocation,
  gitOpsOwnerOf,
  identityOf,
  isSameCluster,
  lookAtCluster,
  tryQuickly,
  type Cluster,
  type ClusterIdentity,
} from "../../kubernetes";
import { describeUnknownCutover } from "../recovery";
import { findArgoProblems } from "./argo";
import { findCronJobs, findUndrainedExecutors } from "./executors";
import { hasMoved, type DrainInputs } from "./inputs";
import { inOtherMode } from "./decision";
import { pendingOperations } from "../helm/releases";
import { findMissingWeb } from "./paused";
import { observeService, type Workload } from "./workload";

/**
 * Looks at the services. In `pulumi up`, only a rollback whose drain is done continues without an answer: it has to
 * export, and the handover looks before the worker starts on files.
 *
 * @param isDrained whether such a rollback is under way
 * @throws ClusterError, KubeconfigError
 */
export function lookAtServices<T>(
  inputs: DrainInputs,
  isDrained: boolean,
  look: (cluster: Cluster) => Promise<T>,
): Promise<T | undefined> {
  if (!isDrained || inputs.isPreview) return lookAtCluster(inputs, look);
  const advice =
    "The drain of this rollback is recorded as done, so it exports without an answer. It starts the worker on files " +
    "only once the cluster answers.";
  return tryQuickly(inputs, look, { timeoutMs: 15_000, advice, throwsRefusal: true });
}

/** The cluster as it is now, or as recorded if the look may be left out. @throws ClusterError, KubeconfigError */
export async function observeCluster(inputs: DrainInputs, isDrained: boolean, prior?: DrainInputs) {
  const identify = (cluster: Cluster) => identityOf(cluster, inputs.acceptCluster);
  const seen = await lookAtServices(inputs, isDrained, identify);
  const recorded = prior?.clusterIdentity;
  const found = seen ?? recorded;
  if (!found) return {};
  // Another account may read fewer UIDs.
  const isKnown = isSameCluster(found, recorded) === true;
  const uids = { ...(isKnown && recorded?.uids), ...found.uids };
  return { clusterIdentity: { ...found, uids } };
}

/**
 * Finds reasons against a change of the services. A rollback only warns of those that existed during the cutover.
 *
 * @param inputs with the cluster as it is now
 * @param prior of the last run
 * @throws ClusterError
 */
export async function findRefusals(
  cluster: Cluster,
  inputs: DrainInputs,
  prior?: DrainInputs,
): Promise<readonly Finding[]> {
  const { direction, releases = [], clusterIdentity, acceptCluster } = inputs;
  const recorded = prior?.clusterIdentity;
  const isKnown = isSameCluster(clusterIdentity, recorded, acceptCluster);
  // guarantee: a stack never works on another cluster than the recorded one
  if (isKnown !== true && clusterIdentity && recorded) {
    const text = describeOther(inputs, recorded);
    return [{ severity: "stop", code: "other-cluster", text }];
  }
  const severity = direction === "forward" ? "stop" : "warn";
  const refused = [
    ...findingsFrom(await pendingOperations(cluster, inputs), {
      severity: "stop",
      code: "helm-pending",
    }),
    ...findingsFrom(await findOwner(cluster, releases), { severity, code: "owned" }),
    ...(await findArgoProblems(cluster, inputs)),
  ];
  // A stack that begins on files drains nothing.
  const isDue = prior ? prior.direction !== direction : direction === "forward";
  const isElsewhere = direction === "forward" && hasMoved(inputs, prior);
  if (!isDue && !isElsewhere) return refused;
  const found = await observeService(cluster, inputs);
  const stays = await findMissingWeb(cluster, inputs);
  return [
    ...refused,
    ...(await findUndrainedExecutors(cluster, inputs, found, isKnown === true)),
    ...findLongGrace(inputs, found),
    ...(await findCronJobs(cluster, inputs, found)),
    ...findingsFrom(stays, { severity, code: "web-absent" }),
  ];
}

function findLongGrace(
  { service, timeoutSeconds }: DrainInputs,
  found: readonly Workload[],
): Finding[] {
  const pods = found.flatMap(({ pods }) => pods);
  const grace = Math.max(0, ...pods.map(({ spec }) => spec?.terminationGracePeriodSeconds ?? 0));
  if (grace <= timeoutSeconds) return [];
  const text =
    `Pods of the ${service} may take ${grace} s to end, and the drain waits for ${timeoutSeconds} s: it could stop ` +
    `with the ${service} at zero. Set rollout.timeoutSeconds above ${grace}.`;
  return [warning("grace-period", text)];
}

/** The refusal of a cluster that is not, or may not be, the recorded one. */
export function describeOther(
  { clusterIdentity, namespace }: DrainInputs,
  recorded: ClusterIdentity,
): string {
  const { server = "", uids = {} } = clusterIdentity ?? {};
  const [uid = server] = Object.values(uids);
  const found = `Namespace ${namespace} is on the cluster of ${server}, `;
  if (isSameCluster(clusterIdentity, recorded) === undefined) {
    const names = Object.keys(recorded.uids).join(" and ") || "none";
    return (
      `${found}and this account may not read the UID by which the stack knows its own (${names}). Give it the right to ` +
      `get namespaces. If this is the stack's own cluster, set advanced.acceptCluster: ${uid}`
    );
  }
  return (
    `${found}but this stack's services are on that of ${recorded.server}, which has other UIDs. Check ` +
    "kubernetes.kubeconfig and kubernetes.context. If the cluster was rebuilt, run pulumi refresh, and set " +
    `advanced.acceptCluster: ${uid}`
  );
}

/**
 * Why a stack that knows of no cutover must not roll a service back; undefined if it may. A service that works on
 * MongoDB belongs to a stack that was destroyed or lost its state, or was changed by hand: nothing would be exported.
 *
 * @throws ClusterError
 */
export async function findUnknownCutover(
  cluster: Cluster,
  inputs: DrainInputs,
): Promise<string | undefined> {
  if (inputs.direction !== "back" || inputs.ended !== 0) return undefined;
  const live = await controllersOf(cluster, inputs);
  const onMongo = inOtherMode(inputs, live).map(describeController);
  if (onMongo.length === 0) return undefined;
  const location = describeApiLocation(cluster.location);
  return describeUnknownCutover(`${onMongo.join(", ")} in ${location} is in mongo mode.`);
}

// Flux and Argo CD would restore their own values (fluxcd/helm-controller#1383), after the cutover.
async function findOwner(
  { location, controllers }: Cluster,
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
    `In ${describeApiLocation(location)} another tool deploys what rollout.target: helm would upgrade:`,
    ...owned,
    "It would restore its own values, and the worker would continue with outdated files.",
    "Set rollout.target: values, and let that tool deploy the values files that pulumi up writes",
    "(docs/gitops.md). If it no longer deploys them, remove its labels and annotations.",
  ].join("\n");
}
