import type { V1ObjectMeta, V1Secret } from "@kubernetes/client-node";
import { describePlace, tryQuickly, type ClusterAddress, type Place } from "../../kubernetes";

/**
 * Why no Helm release may be changed now: one is in the middle of another operation. Helm refuses it
 * too ("another operation (install/upgrade/rollback) is in progress"), but only when the worker is
 * drained already, and it does not say what to do about an operation that was killed
 * (pulumi/pulumi-kubernetes#2054).
 *
 * Looks where Helm keeps the revisions by default, in Secrets. A cluster unreachable is left to the
 * releases themselves to report.
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
    const secrets = await cluster.list("Secret", `owner=helm,name in (${releases.join(",")})`);
    const newest = releases.flatMap((release) => newestRevision(release, secrets)?.metadata ?? []);
    // `pending-install`, `pending-upgrade` or `pending-rollback`.
    const pending = newest.filter(({ labels }) => labels?.status?.startsWith("pending-"));
    return pending.length > 0 ? refusal(address, cluster.place, pending) : undefined;
  });
}

/** The Secret of the newest of a release's revisions among some; undefined if it has none. */
export function newestRevision(
  release: string,
  secrets: readonly V1Secret[],
): V1Secret | undefined {
  const version = ({ metadata }: V1Secret) => Number(metadata?.labels?.version);
  return secrets
    .filter(({ metadata }) => metadata?.labels?.name === release)
    .sort((a, b) => version(b) - version(a))[0];
}

function refusal(
  { kubeconfig }: ClusterAddress,
  { context, namespace }: Place,
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
    `In ${describePlace({ context, namespace })} a Helm operation is still pending, so Helm refuses any other one:`,
    ...found,
    "If helm or another pulumi still runs there, wait for it. If not, it was killed: delete the Secret of",
    "that revision, and run pulumi up again, which does the rest:",
    `  kubectl ${file}--context ${context} --namespace ${namespace} delete secret ${names}`,
    "Do not use helm rollback: in a cutover it would start the worker on the files again.",
  ].join("\n");
}
