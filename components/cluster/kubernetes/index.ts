/** MongoDB as a replica set that MongoDB's own operator runs in Kubernetes. */
export { kubernetesCluster } from "./cluster";
