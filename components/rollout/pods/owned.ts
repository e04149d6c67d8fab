import {
  clusterAt,
  describeController,
  gitOpsOwnerOf,
  ifInReach,
  describePlace,
  previewTimeoutMs,
  type Controller,
  type Place,
} from "../../kubernetes";
import type { DrainInputs } from "./inputs";

/**
 * Why releases of target `helm` cannot be upgraded: Flux or Argo CD deploys workloads of them. A
 * HelmRelease that finds a revision which it did not make upgrades back to its own values
 * (fluxcd/helm-controller#1383), and Argo CD applies its manifests again: the worker would work on files,
 * behind the fence. Undefined if nobody else deploys them, or if the cluster is unreachable, which the
 * step itself reports.
 *
 * @param releases their names; none of target `values`
 */
export async function foreseeOwner({
  releases = [],
  ...address
}: DrainInputs): Promise<string | undefined> {
  if (releases.length === 0) return undefined;
  return ifInReach(async () => {
    const { place, controllers } = await clusterAt(address, previewTimeoutMs);
    return describeOwned(place, releases, await controllers());
  });
}

function describeOwned(
  place: Place,
  releases: readonly string[],
  all: readonly Controller[],
): string | undefined {
  const owned = all.flatMap((one) => {
    const owner = isOfRelease(one, releases) ? gitOpsOwnerOf(one) : undefined;
    return owner ? [`  ${describeController(one)}: ${owner.name}`] : [];
  });
  if (owned.length === 0) return undefined;
  return [
    `In ${describePlace(place)} another tool deploys what rollout.target: helm would upgrade:`,
    ...owned,
    "It would restore its own values, and the worker would continue with outdated files.",
    "Set rollout.target: values, and let that tool deploy the values files that pulumi up writes",
    '(docs/rollout.md, "Target values"). If it no longer deploys them, remove its labels and annotations.',
  ].join("\n");
}

/** Argo CD applies what a chart renders: such a release has the chart's labels, and none of Helm's. */
function isOfRelease({ metadata }: Controller, releases: readonly string[]): boolean {
  const names = [
    metadata?.annotations?.["meta.helm.sh/release-name"],
    metadata?.labels?.["app.kubernetes.io/instance"],
  ];
  return names.some((name) => name !== undefined && releases.includes(name));
}
