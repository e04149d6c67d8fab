import { describePlace, tryQuickly, type ClusterAddress } from "../../kubernetes";

/** The releases of a stack, and whether it creates them. */
export interface ReleasesAddress extends ClusterAddress {
  readonly releases: readonly string[];
  readonly install: boolean;
}

/**
 * Why the releases of a stack cannot be changed: Helm would refuse to install one that exists, or to upgrade
 * one that does not, when the worker is stopped already. Undefined if it would not, or if it keeps its
 * revisions elsewhere than in Secrets. @param known the releases that the stack had in its last update
 */
export async function findMismatch(
  { releases, install, ...address }: ReleasesAddress,
  known: readonly string[] = [],
): Promise<string | undefined> {
  if (process.env.PULUMI_K8S_HELM_DRIVER !== undefined) return undefined;
  return tryQuickly(address, async ({ list, place }) => {
    const revisions = await list("Secret", `owner=helm,name in (${releases.join(",")})`);
    for (const release of releases) {
      const own = revisions.filter(({ metadata }) => metadata?.labels?.name === release);
      const states = own.map(({ metadata }) => metadata?.labels?.status ?? "");
      const where = `In ${describePlace(place)} release ${release}`;
      if (install && states.length > 0 && !known.includes(release))
        return `${where} exists, and this stack has not created it. Set rollout.install: false, and the release's chart and version (helm list): the stack then takes it over.`;
      if (!install && states.length === 0)
        return `${where} does not exist. Check the names of release and namespace. If the stack is to create both, set rollout.install: true.`;
      if (!install && !states.includes("deployed"))
        return `${where} has no deployed revision, only ${states.join(", ")}. Repair it with helm first.`;
    }
    return undefined;
  });
}
