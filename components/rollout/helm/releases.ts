import type { V1Secret } from "@kubernetes/client-node";
import { describeApiLocation, kubectlAt, type Cluster } from "../../kubernetes";

/** The releases that a stack upgrades. */
interface Releases {
  /** Absent with target `values`. */
  readonly releases?: readonly string[];
  /** Whether the stack creates them (`rollout.install`). */
  readonly install?: boolean;
}

/** The Secrets with the releases' revisions; undefined if there are no releases, or Helm keeps them elsewhere. */
async function revisionsOf(cluster: Cluster, releases: readonly string[] = []) {
  if (releases.length === 0 || process.env.PULUMI_K8S_HELM_DRIVER !== undefined) return undefined;
  return cluster.list("Secret", `owner=helm,name in (${releases.join(",")})`);
}

const isOf = (release: string) => (one: V1Secret) => one.metadata?.labels?.name === release;

/** The Secret of a release's newest revision. */
export function newestRevision(
  release: string,
  secrets: readonly V1Secret[],
): V1Secret | undefined {
  const version = ({ metadata }: V1Secret) => Number(metadata?.labels?.version);
  return secrets.filter(isOf(release)).sort((a, b) => version(b) - version(a))[0];
}

/** Whether the stack is to create a release: Helm has no revision of it yet. @throws ClusterError */
export async function isNewRelease(
  cluster: Cluster,
  release = "",
  { install = false }: Releases,
): Promise<boolean> {
  return install && (await cluster.list("Secret", `owner=helm,name=${release}`)).length === 0;
}

/**
 * The releases with a pending Helm operation, and how to free them; undefined if there is none. Helm refuses to
 * change such a release too, but only after the drain, and without advice (pulumi/pulumi-kubernetes#2054).
 *
 * @throws ClusterError
 */
export async function pendingOperations(
  cluster: Cluster,
  { releases = [] }: Releases,
): Promise<string | undefined> {
  const secrets = (await revisionsOf(cluster, releases)) ?? [];
  const newest = releases.flatMap((release) => newestRevision(release, secrets)?.metadata ?? []);
  // `pending-install`, `pending-upgrade` or `pending-rollback`.
  const pending = newest.filter(({ labels }) => labels?.status?.startsWith("pending-"));
  // guarantee: a pending Helm operation is found before the drain
  if (pending.length === 0) return undefined;
  const names = pending.map(({ name }) => name).join(" ");
  return [
    `In ${describeApiLocation(cluster.location)} a Helm operation is still pending, so Helm refuses any other one:`,
    ...pending.map(({ labels = {}, creationTimestamp }) => {
      const since = creationTimestamp?.toISOString() ?? "some time";
      return `  release ${labels.name}: revision ${labels.version} is ${labels.status} since ${since}`;
    }),
    "If helm or another pulumi still runs there, wait for it. If not, it was killed: delete the Secret of",
    "that revision, and run pulumi up again, which does the rest:",
    `  ${kubectlAt(cluster.location)} delete secret ${names}`,
    "Do not use helm rollback: in a cutover it would start the worker on the files again.",
  ].join("\n");
}

/**
 * Why Helm could not install or upgrade the stack's releases; undefined if it could.
 *
 * @param known the releases that the stack had in its last update
 * @throws ClusterError
 */
export async function checkReleases(
  cluster: Cluster,
  { releases = [], install = false }: Releases,
  known: readonly string[] = [],
): Promise<string | undefined> {
  const secrets = await revisionsOf(cluster, releases);
  for (const release of secrets ? releases : []) {
    const own = (secrets ?? []).filter(isOf(release));
    const states = own.map(({ metadata }) => metadata?.labels?.status ?? "");
    const where = `In ${describeApiLocation(cluster.location)} release ${release}`;
    if (install && states.length > 0 && !known.includes(release))
      return `${where} exists, and this stack has not created it. Set rollout.install: false, and the release's chart and version (helm list): the stack then takes it over.`;
    if (!install && states.length === 0)
      return `${where} does not exist. Check the names of release and namespace. If the stack is to create both, set rollout.install: true.`;
    if (!install && !states.includes("deployed"))
      return `${where} has no deployed revision, only ${states.join(", ")}. Repair it with helm first.`;
  }
  return undefined;
}
