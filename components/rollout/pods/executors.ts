import type { V1Container } from "@kubernetes/client-node";
import { findingsFrom, warning, type Finding } from "../../text";
import {
  ClusterError,
  containersOf,
  controllersOf,
  describeController,
  describeApiLocation,
  findExecutors,
  isStatefulSet,
  listExecutors,
  nameOf,
  replicasBefore,
  replicasOf,
  repositoryOf,
  statedMode,
  statesModeByArgument,
  variableIn,
  type Candidate,
  type Cluster,
  type Controller,
  type ExecutorMarks,
} from "../../kubernetes";
import { modeKey } from "../environment";
import type { DrainInputs } from "./inputs";
import { webOf } from "./paused";
import { isNewRelease } from "../helm/releases";
import {
  describeOtherLabels,
  describeWanted,
  isPaused,
  podLabels,
  type Workload,
} from "./workload";

/**
 * Finds why a drain of these workloads would miss an executor, which would work through the whole cutover, or would
 * stop another program (docs/design.md#one-executor-at-a-time). If there is no worker, a rollback only warns.
 *
 * @param isKnown whether this is the cluster of the stack: only there a rollback continues without a worker
 * @throws ClusterError
 */
export async function findUndrainedExecutors(
  cluster: Cluster,
  inputs: DrainInputs,
  found: readonly Workload[],
  isKnown: boolean,
): Promise<Finding[]> {
  const { release, direction, service } = inputs;
  const missed = { severity: "stop", code: "executor-missed" } as const;
  const ofRelease = release ? await controllersOf(cluster, { release }) : [];
  if (found.length === 0 && ofRelease.length > 0) {
    return findingsFrom(describeOtherLabels(cluster, inputs, ofRelease), missed);
  }
  const silent = findSilentContainer(inputs, found);
  const isFirst = !inputs.ended;
  const reason =
    findWithoutMode(cluster, inputs, found) ??
    findModeByArgument(inputs, found) ??
    (isFirst ? silent : undefined) ??
    findSplit(inputs, found) ??
    (await findOtherPods(cluster, inputs, found));
  if (reason !== undefined) return findingsFrom(reason, missed);
  if (silent !== undefined) return [warning("executor-missed", silent)];
  if (found.length > 0) return [];
  if (await isNewRelease(cluster, inputs.release, inputs)) return [];
  const absent =
    `No ${describeWanted(inputs)} exists in ${describeApiLocation(cluster.location)}, so nothing shows that the ` +
    `${service} is stopped. Check context, namespace, release and selector, and that it is deployed.`;
  if (direction === "forward") return [{ ...missed, text: absent }];
  if (isKnown) {
    return [
      warning("worker-absent", `${absent} The rollback continues: the worker was uninstalled.`),
    ];
  }
  const accepted = `advanced.acceptCluster: ${cluster.location.server}`;
  const text = `${absent} If it was uninstalled on this very cluster, set ${accepted}.`;
  return [{ ...missed, text }];
}

// A rollback by hand may have removed the variable.
function findWithoutMode(
  { location }: Cluster,
  { service, direction }: DrainInputs,
  found: readonly Workload[],
): string | undefined {
  const silent = found.filter(
    ({ controller }) => statedMode(controller.spec?.template.spec, modeKey(service)) === undefined,
  );
  if (silent.length === 0 || direction === "back") return undefined;
  const names = silent.map(({ controller }) => describeController(controller)).join(", ");
  const key = modeKey(service);
  return (
    `No container of ${names} in ${describeApiLocation(location)} has ${key} in its env, so it may not be the ` +
    `${service}. Nothing was scaled. Check that release and selector name only the ${service}. If they do, set ` +
    `${key}: filesystem first: run pulumi up with storageMode: filesystem, and deploy its values.`
  );
}

// The rollout waits for pods without such an argument, so each cutover is refused: its worker would stay at zero.
function findModeByArgument(
  { service, direction }: DrainInputs,
  found: readonly Workload[],
): string | undefined {
  if (direction === "back") return undefined;
  for (const { controller } of found) {
    const container = containersOf(controller.spec?.template.spec).find(statesModeByArgument);
    if (!container) continue;
    const key = modeKey(service);
    return (
      `Container ${container.name} of ${describeController(controller)} states the mode by an argument, which wins ` +
      `over ${key}. Nothing was scaled. Remove it, and add to its env: { name: ${key}, value: filesystem }.`
    );
  }
  return undefined;
}

/** A container with the image of one that states the mode, which may execute runs on files through the cutover. */
function findSilentContainer(
  { service, direction }: DrainInputs,
  found: readonly Workload[],
): string | undefined {
  if (direction === "back") return undefined;
  const key = modeKey(service);
  const states = (one: V1Container) => variableIn({ containers: [one] }, key) !== undefined;
  for (const { controller } of found) {
    const containers = containersOf(controller.spec?.template.spec);
    const images = containers.filter(states).map(repositoryOf);
    const silent = containers.find((one) => images.includes(repositoryOf(one)) && !states(one));
    if (!silent) continue;
    return (
      `Container ${silent.name} of ${describeController(controller)} has the ${service}'s image and no ${key}, so it ` +
      `may execute runs on files through the cutover. Add to its env: { name: ${key}, value: filesystem }, and deploy it.`
    );
  }
  return undefined;
}

// While paused, and below a partition, the controller creates pods of the former template, in both directions.
function findSplit({ direction }: DrainInputs, found: readonly Workload[]): string | undefined {
  const paused = found.map(({ controller }) => controller).find(isPaused);
  if (paused) {
    return (
      `${describeController(paused)} is paused, so pods of its former template would start after its drain. Nothing ` +
      "was scaled. Remove spec.paused from the service's values, and resume it: kubectl rollout resume deployment " +
      nameOf(paused)
    );
  }
  const sets = found.flatMap(({ controller }) => (isStatefulSet(controller) ? controller : []));
  const parted = sets.find(({ spec }) => spec?.updateStrategy?.rollingUpdate?.partition);
  if (parted) {
    return (
      `StatefulSet ${nameOf(parted)} has a partition, so pods of its former template would start beside new ones. ` +
      "Nothing was scaled. Set it to 0 in the service's values and in the cluster: kubectl patch statefulset " +
      `${nameOf(parted)} --patch '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`
    );
  }
  const isMany = (set: Controller) => Math.max(replicasOf(set), replicasBefore(set) ?? 0) > 1;
  const many = sets.find((set) => set.spec?.volumeClaimTemplates?.length && isMany(set));
  if (!many || direction === "back") return undefined;
  return (
    `StatefulSet ${nameOf(many)} has volumeClaimTemplates and several replicas, so each has a state of its ` +
    "own, and one would be imported. Nothing was scaled. Scale it to 1, or give all replicas one claim."
  );
}

/** The kinds that may create a worker's pods, or that end with them. */
const supported: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "ReplicaSet", "Job"]);

/** Pods that are not drained, but have the service's labels, state its mode, or have its image and claim. */
async function findOtherPods(
  cluster: Cluster,
  inputs: DrainInputs,
  found: readonly Workload[],
): Promise<string | undefined> {
  const { service } = inputs;
  const marks = await executorMarks(cluster, inputs, found);
  const known = new Set(found.flatMap(({ pods }) => pods.map(({ metadata }) => metadata?.uid)));
  const isKnown = ({ metadata }: Candidate) => known.has(metadata?.uid);
  const others = await findExecutors(cluster, "Pod", marks, isKnown, true);
  // guarantee: a drain refuses pods of the worker that it does not drain
  if (others.length === 0) return undefined;
  const isRestarted = others.some(({ creator }) => creator && !supported.has(creator));
  return (
    `Pods in ${describeApiLocation(cluster.location)} have the labels ${marks.labels}, the variable ${marks.variable}, or ` +
    `the ${service}'s image and claim, but belong to nothing that is drained: ${listExecutors(others)}. ` +
    `Check namespace, release and selector. If the pods are not this ${service}'s, name them by labels in ` +
    `rollout.ignorePods. If they are, ${isRestarted ? "what creates them is not supported as a worker (docs/supported.md)" : "delete them"}.`
  );
}

/** Derives the marks of a service's executors from its workloads and web's. @throws ClusterError */
export async function executorMarks(
  cluster: Cluster,
  inputs: DrainInputs,
  found: readonly (Pick<Workload, "controller"> & Partial<Workload>)[],
): Promise<ExecutorMarks> {
  const { service, ignorePods } = inputs;
  const variable = modeKey(service);
  // Admission may give pods other images than their template, and a StatefulSet gives each pod its claims.
  const specs = found.flatMap(({ controller, pods = [] }) =>
    [controller.spec?.template, ...pods].flatMap((one) => one?.spec ?? []),
  );
  const images = specs
    .flatMap(containersOf)
    .filter((one) => variableIn({ containers: [one] }, variable))
    .map(repositoryOf);
  const volumes = specs.flatMap((spec) => spec.volumes ?? []);
  const claims = volumes.flatMap(({ persistentVolumeClaim: claim }) => claim?.claimName ?? []);
  // A pod of web in which a worker runs too is not left out.
  const web = (await webOf(cluster, inputs)).filter(
    ({ spec }) => !variableIn(spec?.template.spec, variable),
  );
  const owners = [...found.map(({ controller }) => controller), ...web];
  return {
    variable,
    labels: podLabels(inputs),
    images: [...new Set(images)],
    claims: [...new Set(claims)],
    owners: owners.map(describeController),
    ...(ignorePods !== undefined && { ignored: ignorePods }),
  };
}

/**
 * Finds CronJobs that would execute runs beside a drained service. Only warns in a rollback, or if they may not be
 * listed.
 *
 * @throws ClusterError
 */
export async function findCronJobs(
  cluster: Cluster,
  inputs: DrainInputs,
  found: readonly Workload[],
): Promise<Finding[]> {
  const marks = await executorMarks(cluster, inputs, found);
  const listing = findExecutors(cluster, "CronJob", marks, () => false);
  const starting = await listing.catch((error: unknown) => {
    if (!(error instanceof ClusterError) || error.isTransient) throw error;
    return error.message;
  });
  if (typeof starting === "string") return [warning("cronjobs-not-read", starting)];
  if (starting.length === 0) return [];
  const text =
    `CronJobs in ${describeApiLocation(cluster.location)} start pods that may execute runs of the ${inputs.service}: ` +
    `${listExecutors(starting)}. Suspend each until the cutover is done: kubectl patch cronjob NAME --patch ` +
    `'{"spec":{"suspend":true}}'. If it is not this ${inputs.service}'s, name its labels in rollout.ignorePods.`;
  const severity = inputs.direction === "forward" ? "stop" : "warn";
  return [{ severity, code: "cronjobs", text }];
}
