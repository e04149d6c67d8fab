import type { V1ObjectMeta, V1Secret } from "@kubernetes/client-node";
import {
  describeApiPlace,
  tryQuickly,
  type Cluster,
  type ClusterAddress,
  type ApiPlace,
} from "../../kubernetes";

/** The Secrets of releases' revisions, where Helm keeps them by default. */
function revisionsOf(cluster: Cluster, releases: readonly string[]): Promise<V1Secret[]> {
  return cluster.list("Secret", `owner=helm,name in (${releases.join(",")})`);
}

const isOf = (release: string) => (one: V1Secret) => one.metadata?.labels?.name === release;

/** The Secret of the newest of a release's revisions among some; undefined if it has none. */
export function newestRevision(
  release: string,
  secrets: readonly V1Secret[],
): V1Secret | undefined {
  const version = ({ metadata }: V1Secret) => Number(metadata?.labels?.version);
  return secrets.filter(isOf(release)).sort((a, b) => version(b) - version(a))[0];
}

/**
 * Why no Helm release may be changed now: one is in the middle of another operation. Helm refuses it
 * too ("another operation (install/upgrade/rollback) is in progress"), but only when the worker is
 * drained already, and it does not say what to do about an operation that was killed
 * (pulumi/pulumi-kubernetes#2054). A cluster unreachable is left to the releases themselves to report.
 *
 * @param releases their names
 * @returns each such release, its revision and how it is freed; undefined if there is none
 */
export async function pendingOperations(
  address: ClusterAddress,
  releases: readonly string[],
): Promise<string | undefined> {
  if (releases.length === 0) return undefined;
  return tryQuickly(address, async (cluster) => {
    const secrets = await revisionsOf(cluster, releases);
    const newest = releases.flatMap((release) => newestRevision(release, secrets)?.metadata ?? []);
    // `pending-install`, `pending-upgrade` or `pending-rollback`.
    const pending = newest.filter(({ labels }) => labels?.status?.startsWith("pending-"));
    return pending.length > 0 ? describePending(address, cluster.place, pending) : undefined;
  });
}

function describePending(
  { kubeconfig }: ClusterAddress,
  { context, namespace }: ApiPlace,
  pending: readonly V1ObjectMeta[],
): string {
  const found = pending.map(({ labels = {}, creationTimestamp }) => {
    const since = creationTimestamp?.toISOString() ?? "some time";
    return `  release ${labels.name}: revision ${labels.version} is ${labels.status} since ${since}`;
  });
  // Another kubeconfig may have a context of the same name, of another cluster.
  const file = kubeconfig === undefined ? "" : `--kubeconfig ${kubeconfig} `;
  const names = pending.map(({ name }) => name).join(" ");
  return [
    `In ${describeApiPlace({ context, namespace })} a Helm operation is still pending, so Helm refuses any other one:`,
    ...found,
    "If helm or another pulumi still runs there, wait for it. If not, it was killed: delete the Secret of",
    "that revision, and run pulumi up again, which does the rest:",
    `  kubectl ${file}--context ${context} --namespace ${namespace} delete secret ${names}`,
    "Do not use helm rollback: in a cutover it would start the worker on the files again.",
  ].join("\n");
}

/** The releases of a stack, and whether it creates them. */
interface ReleasesAddress extends ClusterAddress {
  readonly releases: readonly string[];
  readonly install: boolean;
}

/**
 * Why the releases of a stack cannot be changed: Helm would refuse to install one that exists, or to upgrade
 * one that does not, when the worker is stopped already. Undefined if it would not, or if it keeps its
 * revisions elsewhere than in Secrets.
 *
 * @param known the releases that the stack had in its last update
 */
export async function findMismatch(
  { releases, install, ...address }: ReleasesAddress,
  known: readonly string[] = [],
): Promise<string | undefined> {
  if (process.env.PULUMI_K8S_HELM_DRIVER !== undefined) return undefined;
  return tryQuickly(address, async (cluster) => {
    const secrets = await revisionsOf(cluster, releases);
    for (const release of releases) {
      const own = secrets.filter(isOf(release));
      const states = own.map(({ metadata }) => metadata?.labels?.status ?? "");
      const where = `In ${describeApiPlace(cluster.place)} release ${release}`;
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
