/**
 * A Kubernetes API: its client, what may be asked of it, and waiting for what it has under way.
 * `program.ts` is the Pulumi program's own door.
 */
export { clusterAt, tryQuickly, type Application, type Cluster } from "./client";
export { identityOf, isSameCluster, type ClusterIdentity } from "./identity";
export {
  controllerOf,
  describeController,
  formatSelector,
  hasEnded,
  isGone,
  isReady,
  isStatefulSet,
  labelValue,
  managersOfReplicas,
  nameOf,
  podObstacle,
  replicasOf,
  templateOf,
  type Controller,
} from "./objects";
export { ClusterError, describeApiPlace, type ClusterAddress, type ApiPlace } from "./request";
export { argoApplicationOf, gitOpsOwnerOf, describeScalers } from "./scalers";
export {
  findChangesSince,
  redrainHint,
  takeDrainSnapshot,
  type DrainSnapshot,
} from "./drain-snapshot";
export {
  inFull,
  inProgress,
  quote,
  secondsBetween,
  warningOf,
  WaitTimeout,
  watch,
  type Moment,
  type Obstacle,
} from "./watch";
