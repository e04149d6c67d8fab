import { warning } from "../../text";
import {
  controllerOf,
  controllersOf,
  describeApiLocation,
  describeController,
  formatSelector,
  isStatefulSet,
  nameOf,
  type Cluster,
  type Controller,
} from "../../kubernetes";
import { reportLine } from "../../step";
import { modeAfter } from "../environment";
import type { DrainInputs } from "./inputs";
import { isNewRelease } from "../helm/releases";
import {
  describeMode,
  describeOtherLabels,
  describeWanted,
  isPaused,
  isPausedForCutover,
  pausedForCutover,
  podLabels,
} from "./workload";

/**
 * Why web cannot change over, or cannot wait for the worker in a release that holds both; undefined if it can. A
 * rollback is refused only for a paused web and for wrong labels: web then follows with the upgrade.
 *
 * @throws ClusterError
 */
export async function findUnpausable(
  cluster: Cluster,
  inputs: DrainInputs,
): Promise<string | undefined> {
  const { release, direction, selector, web: ofWeb } = inputs;
  const web = await webOf(cluster, inputs);
  const late = web.filter((one) => describeMode(one, "web") !== modeAfter(direction));
  const held = late.find((one) => isPaused(one) && !isPausedForCutover(one));
  if (held) {
    return `${describeController(held)} is paused, and not by this stack. Resume it: kubectl rollout resume deployment ${nameOf(held)}`;
  }
  if (!isShared(inputs)) return undefined;
  const all = await controllersOf(cluster, { ...inputs, selector: "" });
  if (all.length === 0) return undefined;
  const worker = await controllersOf(cluster, inputs);
  if (worker.length === 0) return describeOtherLabels(cluster, inputs, all);
  if (web.length === 0) {
    return describeOtherLabels(cluster, { ...ofWeb, service: "web" }, all);
  }
  const names = web.map(describeController);
  const both = worker.map(describeController).find((name) => names.includes(name));
  if (both !== undefined) {
    return (
      `${both} of release ${release} has the labels of the worker (${selector}) and of web (${ofWeb?.selector}). ` +
      "Set rollout.worker.selector and rollout.web.selector to different labels."
    );
  }
  if (direction === "back") return undefined;
  const set = late.find(isStatefulSet);
  if (set) {
    return `${describeController(set)} is web's, and only a Deployment can be paused until the worker is in mongo mode. Give each service a release of its own (rollout.target: helm).`;
  }
  const resumed = late.find((one) => !isPaused(one) && isPausedForCutover(one));
  if (!resumed) return undefined;
  return `${describeController(resumed)} was resumed since the drain, and not by this stack. Pause it again: kubectl rollout pause deployment ${nameOf(resumed)}`;
}

/** Why no workload of web would follow the worker; undefined if one would. @throws ClusterError */
export async function findMissingWeb(
  cluster: Cluster,
  inputs: DrainInputs,
): Promise<string | undefined> {
  const { web } = inputs;
  if (!web) return undefined;
  const where = describeApiLocation(cluster.location);
  const controllers = await webOf(cluster, inputs);
  // A Rollout with a workloadRef has the labels of its Deployment, and not always those of the release.
  const selectors = [
    podLabels(web),
    ...controllers.map(({ spec }) => formatSelector(spec?.selector)),
  ];
  const lists = [...new Set(selectors)]
    .filter(Boolean)
    .map((one) => cluster.list("ReplicaSet", one));
  const running = (await Promise.all(lists)).flat().filter(({ spec }) => (spec?.replicas ?? 0) > 0);
  const rollout = running.map(controllerOf).find((owner) => owner?.kind === "Rollout");
  if (rollout) {
    return `Web in ${where} is Rollout ${rollout.name} of Argo Rollouts, which this stack cannot watch. Deploy web as a Deployment or StatefulSet.`;
  }
  if (controllers.length > 0) return undefined;
  if (await isNewRelease(cluster, web.release, inputs)) return undefined;
  return `No ${describeWanted(web)} exists in ${where}, so web would not follow the worker. Check namespace, release and selector of web, and that it is deployed.`;
}

/** Pauses the Deployments of web, so that one upgrade may change both services, and web's pods stay until then. */
export async function pauseWeb(cluster: Cluster, inputs: DrainInputs): Promise<void> {
  for (const controller of await pausableWeb(cluster, inputs)) {
    if (isStatefulSet(controller) || isPaused(controller)) continue;
    const annotations = { [pausedForCutover]: "true" };
    await cluster.patch(controller, { metadata: { annotations }, spec: { paused: true } });
    reportLine(
      `web: ${nameOf(controller)} is paused until the worker is in ${modeAfter(inputs.direction)} mode`,
    );
  }
}

/** Resumes web's Deployments if no later rollout does. */
export async function resumeWeb(cluster: Cluster, inputs: DrainInputs): Promise<void> {
  for (const controller of await pausableWeb(cluster, inputs)) await resume(cluster, controller);
}

/** Resumes a Deployment that a drain has paused. @returns whether it changed the Deployment */
export async function resume(cluster: Cluster, controller: Controller): Promise<boolean> {
  if (!isPausedForCutover(controller)) return false;
  if (!isPaused(controller)) {
    const text = `${describeController(controller)} was resumed before the worker arrived, and not by this stack, so its pods may have changed over first.`;
    reportLine(warning("web-resumed", text));
  }
  const metadata = { annotations: { [pausedForCutover]: null } };
  await cluster.patch(controller, { metadata, spec: { paused: null } });
  reportLine(`web: ${nameOf(controller)} is resumed`);
  return true;
}

/** Web's workloads. @throws ClusterError */
export async function webOf(cluster: Cluster, { web }: DrainInputs): Promise<Controller[]> {
  return web ? controllersOf(cluster, web) : [];
}

const isShared = ({ release, web }: DrainInputs) =>
  release !== undefined && web?.release === release;

const pausableWeb = async (cluster: Cluster, inputs: DrainInputs) =>
  isShared(inputs) ? webOf(cluster, inputs) : [];
