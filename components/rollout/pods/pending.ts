import type { V1ObjectMeta, V1Secret } from "@kubernetes/client-node";
import {
  clusterAt,
  ifInReach,
  describePlace,
  previewTimeoutMs,
  type ClusterAddress,
  type Place,
} from "../../kubernetes";

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
  const found = await ifInReach(() => revisionsIn(address, releases));
  if (found === undefined) return undefined;
  const { place, secrets } = found;
  const pending = releases.flatMap((release) => pendingOf(release, secrets) ?? []);
  return pending.length > 0 ? refusal(address, place, pending) : undefined;
}

async function revisionsIn(address: ClusterAddress, releases: readonly string[]) {
  const { namespace } = address;
  const labelSelector = `owner=helm,name in (${releases.join(",")})`;
  const { place, core, ask } = await clusterAt(address, previewTimeoutMs);
  const listing = core.listNamespacedSecret({ namespace, labelSelector });
  return { place, secrets: (await ask("list", "secrets", listing)).items };
}

/** A release whose newest revision has not ended, and the Secret that says so. */
interface Pending {
  readonly release: string;
  readonly secret: string;
  readonly revision: number;
  /** `pending-install`, `pending-upgrade` or `pending-rollback`. */
  readonly status: string;
  readonly since: Date;
}

function pendingOf(release: string, secrets: readonly V1Secret[]): Pending | undefined {
  const [newest] = secrets
    .flatMap(({ metadata }) => (metadata?.labels?.name === release ? [metadata] : []))
    .sort((a, b) => versionOf(b) - versionOf(a));
  const status = newest?.labels?.status;
  if (!newest || status?.startsWith("pending-") !== true) return undefined;
  const since = newest.creationTimestamp ?? new Date(0);
  return { release, secret: newest.name ?? "", revision: versionOf(newest), status, since };
}

function versionOf({ labels }: V1ObjectMeta): number {
  return Number(labels?.version);
}

function refusal(
  { kubeconfig }: ClusterAddress,
  place: Place,
  pending: readonly Pending[],
): string {
  const found = pending.map(
    ({ release, revision, status, since }) =>
      `  release ${release}: revision ${revision} is ${status} since ${since.toISOString()}`,
  );
  const { context, namespace } = place;
  // Another kubeconfig may have a context of the same name, of another cluster.
  const file = kubeconfig === undefined ? "" : `--kubeconfig ${kubeconfig} `;
  const names = pending.map(({ secret }) => secret).join(" ");
  return [
    `In ${describePlace(place)} a Helm operation is still pending, so Helm refuses any other one:`,
    ...found,
    "If helm or another pulumi still runs there, wait for it. If not, it was killed: delete the Secret of",
    "that revision, and run pulumi up again, which does the rest:",
    `  kubectl ${file}--context ${context} --namespace ${namespace} delete secret ${names}`,
    "Do not use helm rollback: in a cutover it would start the worker on the files again.",
  ].join("\n");
}
