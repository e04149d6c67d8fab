import { randomBytes } from "node:crypto";
import type { V1Pod } from "@kubernetes/client-node";
import {
  ClusterError,
  controllersOf,
  nameOf,
  replicasOf,
  type Cluster,
  type Controller,
  type ServiceAddress,
} from "../../kubernetes";
import { reportLine } from "../../step";
import { warning } from "../../text";
import { modeAfter, type EnvironmentEntry } from "../environment";
import { describeMode, describeWanted } from "../pods/workload";
import { canariesOf, canaryPod, findPublishing } from "./pod";

/** Web's address, and the settings of its canary. */
export interface CanaryTarget extends ServiceAddress {
  /** `PROJECT/STACK/INSTANCE`. */
  readonly owner: string;
  /** Web's variables in Mongo mode. */
  readonly environment: readonly EnvironmentEntry[];
  readonly timeoutSeconds: number;
}

/** A pod that the API server accepted in a dry run, and the workload whose template it has. */
export interface Prepared {
  readonly web: Controller;
  readonly pod: V1Pod;
}

/**
 * Prepares the pod. Returns the reason instead if it would show nothing.
 *
 * @throws ClusterError only if the API does not answer
 */
export async function preparePod(
  cluster: Cluster,
  target: CanaryTarget,
  live: readonly Controller[],
): Promise<Prepared | string> {
  const web = live.find((one) => replicasOf(one) > 0);
  if (!web) return `there is no ${describeWanted(target)} with replicas`;
  const name = `taskrunner-canary-${randomBytes(4).toString("hex")}`;
  const pod = canaryPod(web, { ...target, name, deadlineSeconds: target.timeoutSeconds + 60 });
  if (typeof pod === "string") return pod;
  try {
    const publishing = findPublishing(await cluster.list("Service", ""), pod);
    if (publishing)
      return `Service ${nameOf(publishing)} would route requests to it (publishNotReadyAddresses)`;
    // A pod that cannot be deleted must not be created: try that right first.
    await removePod(cluster, name);
    await cluster.createPod(pod, "All");
    return { web, pod };
  } catch (error) {
    return refusalOf(error);
  }
}

/** Whether web works on MongoDB already, so that a canary would show nothing new. */
export const worksOnMongo = (live: readonly Controller[]) =>
  live.some((one) => describeMode(one, "web") === modeAfter("forward"));

/** Warns, hours before a canary, if it would show nothing. @throws ClusterError */
export async function foreseeCanary(cluster: Cluster, target: CanaryTarget): Promise<void> {
  const live = await controllersOf(cluster, target);
  if (worksOnMongo(live)) return;
  const prepared = await preparePod(cluster, target, live);
  if (typeof prepared === "string") reportLine(unshown(prepared));
}

/** The warning for a canary that shows nothing. */
export const unshown = (reason: string) =>
  warning(
    "canary-not-shown",
    `The canary cannot show whether web works on MongoDB: ${reason.replace(/\.$/, "")}. ` +
      "pulumi up continues. To do without a canary, set rollout.canary: false.",
  );

/** Returns a refusal of the API as text. @throws any other error */
export const refusalOf = (error: unknown): string => {
  if (error instanceof ClusterError) return error.message;
  throw error;
};

/** Deletes an environment's canaries, also those that a killed engine left. Does not wait. @throws ClusterError */
export async function removeCanaries(cluster: Cluster, owner: string): Promise<void> {
  for (const pod of await cluster.list("Pod", canariesOf(owner))) {
    await removePod(cluster, nameOf(pod));
  }
}

/** Whether there are canaries of an environment. @throws ClusterError */
export const hasCanaries = async (cluster: Cluster, owner: string) =>
  (await cluster.list("Pod", canariesOf(owner))).length > 0;

async function removePod(cluster: Cluster, name: string): Promise<void> {
  await cluster.remove("Pod", name).catch((error: unknown) => {
    if (!(error instanceof ClusterError) || error.status !== 404) throw error;
  });
}
