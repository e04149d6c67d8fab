/**
 * A Kubernetes API: its client, what may be asked of it, and waiting for what it has under way.
 * `program.ts` is the Pulumi program's own door.
 */
export { placeInWords, type ClusterAddress, type Place } from "./address";
export { clusterAt, fieldManager, previewTimeoutMs, type Cluster } from "./client";
export { ClusterError, ifInReach, KubeconfigError } from "./errors";
export { controllerOf, hasEnded, labelValue, nameOf } from "./objects";
export {
  inFull,
  inProgress,
  quoted,
  secondsBetween,
  warningOf,
  type Moment,
  type Obstacle,
  type Warning,
} from "./obstacle";
export { isReady, podObstacle } from "./pod-obstacle";
export { ruleFor, type Rule } from "./rules";
export { watch, type Watch } from "./watch";
