import { describeController, describePlace, gitOpsOwnerOf, type Cluster } from "../../kubernetes";
import { cutOverFirstHint } from "../recovery";
import type { DrainInputs } from "./inputs";
import { describeMode } from "./remaining";
import { controllersOf } from "./service";

/**
 * Why a drain that is new to the stack must not be one to files; undefined where it may. Where the
 * service works on MongoDB, the stack was destroyed, or lost its state: it would drain nothing, export
 * nothing and set no run aside, and the service would go on from files as old as the cutover.
 *
 * @throws ClusterError
 */
export async function findUnknownCutover(
  cluster: Cluster,
  inputs: DrainInputs,
): Promise<string | undefined> {
  const { service, mode } = inputs;
  if (mode !== "filesystem") return undefined;
  const onMongo = (await controllersOf(cluster, inputs))
    .filter((controller) => describeMode(controller, service) === "mongo")
    .map(describeController);
  if (onMongo.length === 0) return undefined;
  const place = describePlace(cluster.place);
  return `${onMongo.join(", ")} in ${place} is in mongo mode. ${cutOverFirstHint}`;
}

/**
 * Why releases of target `helm` cannot be upgraded: Flux or Argo CD deploys workloads of them. A
 * HelmRelease that finds a revision which it did not make upgrades back to its own values
 * (fluxcd/helm-controller#1383), and Argo CD applies its manifests again: the worker would work on files,
 * behind the fence. Undefined if nobody else deploys them.
 *
 * @param releases their names; none of target `values`
 * @throws ClusterError
 */
export async function findOwner(
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
    return owner ? [`  ${describeController(one)}: ${owner.name}`] : [];
  });
  if (owned.length === 0) return undefined;
  return [
    `In ${describePlace(place)} another tool deploys what rollout.target: helm would upgrade:`,
    ...owned,
    "It would restore its own values, and the worker would continue with outdated files.",
    "Set rollout.target: values, and let that tool deploy the values files that pulumi up writes",
    "(docs/gitops.md). If it no longer deploys them, remove its labels and annotations.",
  ].join("\n");
}
