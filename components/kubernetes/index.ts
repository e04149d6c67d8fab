/** A Kubernetes API: its client, what may be asked of it, and waits. `program.ts` is the Pulumi program's own door. */
export { clusterAt, tryQuickly, type Application, type Cluster } from "./client";
export * from "./drain-snapshot";
export * from "./executors";
export * from "./identity";
export * from "./objects";
export {
  ClusterError,
  describeApiPlace,
  KubeconfigError,
  kubectlAt,
  type ClusterAddress,
} from "./request";
export * from "./service";
export * from "./watch";
