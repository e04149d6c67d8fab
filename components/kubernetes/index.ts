/** A Kubernetes API: its client, requests and waits. `program.ts` is the Pulumi program's own door. */

export { clusterAt, type Application, type Cluster } from "./client";
export { lookAtCluster, tryQuickly } from "./look";
export {
  ClusterError,
  describeApiLocation,
  kinds,
  kubectlAt,
  KubeconfigError,
  type ClusterAddress,
} from "./request";
export { findMissingRights, servicesRights } from "./rights";
export { identityOf, isSameCluster, type ClusterIdentity } from "./identity";

// Objects, and the obstacles of a step.
export {
  argoApplicationOf,
  controllerOf,
  describeController,
  describeScalers,
  formatSelector,
  gitOpsOwnerOf,
  hasEnded,
  isReady,
  isStatefulSet,
  labelValue,
  managersOfReplicas,
  nameOf,
  pauseHint,
  podObstacle,
  replicasOf,
  statusesOf,
  type Controller,
} from "./objects";
export { formatObstacle, formatProgress, quote, watch, WaitTimeout, type Obstacle } from "./watch";

// A service: its workloads, their mode, its executors, and its drain.
export {
  controllersOf,
  isDrained,
  liveModes,
  replicasBefore,
  replicasBeforeDrain,
  statedMode,
  statesModeByArgument,
  type LiveMode,
  type ServiceAddress,
  type ServiceSelector,
} from "./service";
export {
  containersOf,
  findExecutors,
  listExecutors,
  repositoryOf,
  stepLabel,
  variableIn,
  type Candidate,
  type ExecutorMarks,
} from "./executors";
export {
  findChangesOn,
  findChangesSince,
  recordedReplicas,
  redrainHint,
  takeDrainSnapshot,
  type DrainSnapshot,
} from "./drain-snapshot";
