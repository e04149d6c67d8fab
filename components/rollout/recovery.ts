import { clusterAt, inFull, WaitTimeout, type Cluster, type ClusterAddress } from "../kubernetes";
import type { StorageMode } from "../settings";
import { Unfinished } from "../step";
import { otherMode, type Service } from "./environment";

/** What a step that failed leaves to the one who reads its error. */
export const resumeHint =
  "Nothing was rolled back. Fix the cause and run pulumi up again; it resumes here.";

/** What to do where services work on MongoDB by a cutover that this step knows nothing of. */
export const cutOverFirstHint =
  "This step is new to the stack, so a rollback would export nothing and the services would continue " +
  "with files as old as the cutover. If the cutover was made with other rollout settings (target, " +
  "confirm), restore them and run pulumi up again. If not, run pulumi up with storageMode: mongo first: " +
  "it makes a cutover of this stack and loses nothing. Then set storageMode: filesystem again.";

/** What to do where a service does not arrive in a mode. Web follows the worker. */
export function recoverySteps(service: Service, mode: StorageMode): string {
  if (service === "worker") return resumeHint;
  return `The worker is in ${mode} mode, and pods of web may still be in ${otherMode(mode)} mode. ${eitherOr(mode)}`;
}

/**
 * What is said when the worker has arrived in a mode and web follows. Where Helm refuses web's release, the
 * error is Helm's own and knows nothing of the worker: this line stands beside it.
 */
export function webIsNext(mode: StorageMode): string {
  return `worker: web is next. If web cannot follow, the services use different stores. ${eitherOr(mode)}`;
}

function eitherOr(mode: StorageMode): string {
  return (
    "Either fix the cause and run pulumi up again, which resumes here; or set storageMode: " +
    `${otherMode(mode)} and run pulumi up, which returns the worker too.`
  );
}

/**
 * Does a step on a cluster. However it fails, it is one that has begun: the next `up` has to come back to it even
 * where the direction was taken back meanwhile, or a service might be left without replicas.
 *
 * @throws Unfinished with what `step` throws
 */
export async function finishing<Done>(
  address: ClusterAddress,
  results: object,
  failure: string,
  step: (cluster: Cluster) => Promise<Done>,
  advice = resumeHint,
): Promise<Done> {
  const cluster = await clusterAt(address);
  return step(cluster).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const found =
      error instanceof WaitTimeout
        ? [`${failure} ${error.when}:`, ...error.obstacles.map(inFull)]
        : [`${failure}.`, message];
    throw new Unfinished([...found, advice], results);
  });
}
