/**
 * A Kubernetes API: its client, what may be asked of it, and waiting for what it has under way.
 * `program.ts` is the Pulumi program's own door.
 */
export { clusterAt, lookBriefly, type Cluster } from "./client";
export {
  describeController,
  isStatefulSet,
  managersOfReplicas,
  replicasOf,
  formatSelector,
  templateOf,
  type Controller,
} from "./controllers";
export { identityOf, isSameCluster, type ClusterIdentity } from "./identity";
export {
  controllerOf,
  hasEnded,
  isGone,
  isReady,
  labelValue,
  nameOf,
  podObstacle,
} from "./objects";
export {
  ClusterError,
  fieldManager,
  KubeconfigError,
  describePlace,
  type ClusterAddress,
  type Place,
} from "./request";
export { gitOpsOwnerOf, describeScalers } from "./scalers";
export { disturbanceOf, drainAgain, standstillOf, type Standstill } from "./standstill";
export {
  inFull,
  inProgress,
  quote,
  secondsBetween,
  warningOf,
  watch,
  type Moment,
  type Obstacle,
  type Warning,
} from "./watch";
