import type { V1Deployment, V1Pod } from "@kubernetes/client-node";
import {
  hasEnded,
  managersOfReplicas,
  nameOf,
  placeInWords,
  standstillOf,
  watch,
  type Standstill,
} from "../../kubernetes";
import type { Namespace } from "./api";
import type { DrainInputs } from "./inputs";
import { drainObstacles } from "./remaining";
import { pause, putBack } from "./replicas";
import { deploymentsOf, observe, replicasOf, type Workload } from "./service";

type Say = (line: string) => void;

/**
 * Scales the Deployments of a service to nothing and waits until every pod is gone, terminating ones
 * included: from then on the service does nothing (decision 9, step 2). Idempotent.
 *
 * @returns the service at rest, or why pods remain when the time is over
 * @throws ClusterError where the API refuses; Error where somebody scales a Deployment up meanwhile,
 *   where pods belong to no Deployment, or where the labels are those of none in the release
 */
export async function drained(
  namespace: Namespace,
  inputs: DrainInputs,
  say: Say,
): Promise<Standstill | readonly string[]> {
  const { service, timeoutSeconds } = inputs;
  const deployments = await deploymentsOf(namespace, inputs);
  if (deployments.length === 0) {
    await assertNoOthers(namespace, inputs);
    await assertNoPods(namespace, inputs);
    say(`${service}: no Deployment in ${placeInWords(namespace.place)}, nothing to drain`);
    return standstillOf(inputs, []);
  }
  for (const deployment of deployments) await pause(namespace, deployment);
  let found: readonly Workload[] = [];
  const remain = await watch({
    ...{ what: service, timeoutSeconds, say, warnings: namespace.warnings },
    look: async (moment) => {
      found = await observe(namespace, inputs);
      for (const { deployment } of found) assertPaused(deployment);
      return found.flatMap((one) => drainObstacles(one, moment));
    },
  });
  if (remain.length > 0) return remain;
  say(`${service}: drained, all pods are gone`);
  return standstillOf(inputs, found);
}

/** Puts the replicas of a service back as before a drain that was not finished. */
export async function undoDrain(
  namespace: Namespace,
  inputs: DrainInputs,
  say: Say,
): Promise<void> {
  for (const deployment of await deploymentsOf(namespace, inputs)) {
    const replicas = await putBack(namespace, deployment);
    if (replicas === undefined) continue;
    say(`${inputs.service}: Deployment ${nameOf(deployment)} has its ${replicas} replicas back`);
  }
}

/** @throws Error with the names of those who set the replicas */
function assertPaused(deployment: V1Deployment): void {
  const replicas = replicasOf(deployment);
  if (replicas === 0) return;
  const others = managersOfReplicas(deployment).join(", ") || "somebody";
  throw new Error(
    `Deployment ${nameOf(deployment)} was scaled to ${replicas} during the drain, by ${others}. ` +
      "Have that leave spec.replicas alone until the cutover is done (for a GitOps controller: " +
      "pause its syncs, or let it ignore spec.replicas), then run pulumi up again.",
  );
}

/** With the labels of nobody a service would go on through the whole cutover, unseen. */
async function assertNoOthers(namespace: Namespace, inputs: DrainInputs): Promise<void> {
  const { service, release, selector } = inputs;
  if (!release || !selector) return;
  const all = await deploymentsOf(namespace, { namespace: inputs.namespace, release });
  if (all.length === 0) return;
  throw new Error(
    `No Deployment of release ${release} in ${placeInWords(namespace.place)} has the labels ${selector}; ` +
      `it has ${all.map(nameOf).join(", ")}. Set rollout.${service}.selector to labels of ${service}'s own.`,
  );
}

/** A service that no Deployment runs would go on through the whole cutover, unseen. */
async function assertNoPods(namespace: Namespace, inputs: DrainInputs): Promise<void> {
  const { release, selector } = inputs;
  const labels = [release && `app.kubernetes.io/instance=${release}`, selector];
  const named = labels.filter(Boolean).join(",");
  const pods = (await namespace.pods(named)).filter((pod: V1Pod) => !hasEnded(pod));
  if (pods.length === 0) return;
  throw new Error(
    `No Deployment of ${inputs.service} is in ${placeInWords(namespace.place)}, but pods with the labels ` +
      `${named} are: ${pods.map(nameOf).join(", ")}. Only Deployments are drained: check ` +
      "namespace, release and selector.",
  );
}
