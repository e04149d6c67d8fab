import { describePlace, lookBriefly, type ClusterAddress } from "../../kubernetes";

/**
 * Why the releases of a stack cannot be changed: Helm would refuse to install one that exists, or to upgrade
 * one that does not, when the worker is stopped already. Undefined if it would not, or if it keeps its
 * revisions elsewhere than in Secrets.
 *
 * @param known the releases that the stack had in its last update
 */
export async function findMismatch(
  address: ClusterAddress,
  { releases, install }: { readonly releases: readonly string[]; readonly install: boolean },
  known: readonly string[] = [],
): Promise<string | undefined> {
  if (process.env.PULUMI_K8S_HELM_DRIVER !== undefined) return undefined;
  return lookBriefly(address, async ({ secrets, place }) => {
    const revisions = await secrets(`owner=helm,name in (${releases.join(",")})`);
    const found = releases.map((release) => {
      const states = revisions
        .filter(({ metadata }) => metadata?.labels?.name === release)
        .map(({ metadata }) => metadata?.labels?.status ?? "");
      if (install && states.length > 0 && !known.includes(release))
        return `${release} exists, and this stack has not created it. Set rollout.install: false, and the release's chart and version (helm list): the stack then takes it over.`;
      if (!install && states.length === 0)
        return `${release} does not exist. Check the names of release and namespace. If the stack is to create both, set rollout.install: true.`;
      if (!install && !states.includes("deployed"))
        return `${release} has no deployed revision, only ${states.join(", ")}. Repair it with helm first.`;
      return undefined;
    });
    const [first] = found.filter((one) => one !== undefined);
    return first && `In ${describePlace(place)} release ${first}`;
  });
}
