import { setTimeout as sleep } from "node:timers/promises";
import { formatPrinted, warning } from "../text";
import { clusterAt, type Cluster } from "./client";
import { ClusterError, KubeconfigError, type ClusterAddress } from "./request";

/** How long `pulumi up` waits for an answer. */
const patienceMs = 60_000;

/** A cluster to look at; `isPreview` as a step's inputs have it. */
type Looked = ClusterAddress & { readonly isPreview?: true };

/**
 * Looks at a cluster. `pulumi up` looks again for up to 60 s, because it must not go on without an answer. A preview
 * looks quickly, and returns undefined with a warning.
 *
 * @throws ClusterError, KubeconfigError; not in a preview
 */
export async function lookAtCluster<T>(
  { isPreview, ...address }: Looked,
  look: (cluster: Cluster) => Promise<T>,
): Promise<T | undefined> {
  if (isPreview) return tryQuickly(address, look);
  const deadline = Date.now() + patienceMs;
  const cluster = await clusterAt(address);
  for (let isFirst = true; ; isFirst = false) {
    try {
      return await look(cluster);
    } catch (error) {
      const isTransient = error instanceof ClusterError && error.isTransient;
      if (!isTransient || Date.now() >= deadline) throw error;
      if (isFirst) console.log(`${error.message} Looking again for ${patienceMs / 1_000} s.`);
      await sleep(1_000);
    }
  }
}

const reported = new Set<string>();

interface QuickLook {
  /** Of each request. */
  readonly timeoutMs: number;
  /** What happens without the answer. */
  readonly advice: string;
  /** Whether only an API that does not answer is a warning, and a refusal an error. */
  readonly throwsRefusal?: true;
}

const inPreview: QuickLook = {
  timeoutMs: 5_000,
  advice:
    "A preview does not see what it would refuse; `pulumi up` looks again, and stops without an answer.",
};

/**
 * Takes a look that can be left out: of a preview, or where the step that works with the cluster reports that it is
 * unreachable or refuses. Warns of each missing right, and once of no answer.
 *
 * @throws ClusterError with `throwsRefusal`, if the API refuses
 */
export async function tryQuickly<T>(
  address: ClusterAddress,
  look: (cluster: Cluster) => Promise<T>,
  { timeoutMs, advice, throwsRefusal }: QuickLook = inPreview,
): Promise<T | undefined> {
  try {
    return await look(await clusterAt(address, timeoutMs));
  } catch (error) {
    if (!(error instanceof ClusterError || error instanceof KubeconfigError)) throw error;
    if (throwsRefusal && error instanceof ClusterError && !error.isTransient) throw error;
    const { kubeconfig = "", context = "" } = address;
    const hasAnswered = error instanceof ClusterError && error.status !== undefined;
    const key = `${hasAnswered ? error.message : `${kubeconfig} ${context}`} ${advice}`;
    const text = `${error.message} ${advice}`;
    if (!reported.has(key)) console.log(formatPrinted(warning("cluster-not-checked", text)));
    reported.add(key);
    return undefined;
  }
}
