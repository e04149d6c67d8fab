import type { ClusterPaths } from "./files";
import type { ControlPlanePrograms, ProgramName } from "./programs";

/** The TCP ports of a control plane, on 127.0.0.1. */
export interface Ports {
  readonly etcd: number;
  readonly etcdPeers: number;
  readonly apiServer: number;
}

/** A program of a control plane and its arguments. */
export interface ProgramCommand {
  readonly name: ProgramName;
  readonly args: readonly string[];
}

/** The annotation of a pod that kwok ignores: after scheduling, another kubelet plays it. */
export const ownKubelet = { name: "taskrunner-storage/kubelet", value: "own" } as const;

/** etcd with one member. It does not sync to disk, because its data need not survive the machine. */
export function etcdCommand(places: ClusterPaths, ports: Ports): ProgramCommand {
  const clients = `http://127.0.0.1:${ports.etcd}`;
  const peers = `http://127.0.0.1:${ports.etcdPeers}`;
  return {
    name: "etcd",
    args: [
      "--name=local",
      `--data-dir=${places.data}`,
      "--unsafe-no-fsync",
      "--log-level=warn",
      `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=local=${peers}`,
    ],
  };
}

/** The API server, which creates its own certificate for 127.0.0.1. */
export function apiServerCommand(places: ClusterPaths, ports: Ports): ProgramCommand {
  return {
    name: "kube-apiserver",
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      "--bind-address=127.0.0.1",
      "--advertise-address=127.0.0.1",
      `--secure-port=${ports.apiServer}`,
      `--cert-dir=${places.certificates}`,
      `--service-account-key-file=${places.serviceAccountKey}`,
      `--service-account-signing-key-file=${places.serviceAccountKey}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      `--token-auth-file=${places.tokens}`,
      "--authorization-mode=RBAC",
      "--service-cluster-ip-range=10.0.0.0/24",
      // A node's name is no name of DNS.
      "--kubelet-preferred-address-types=InternalIP",
      // There is one API server, and no pod looks for it.
      "--endpoint-reconciler-type=none",
    ],
  };
}

/** The programs beside the API server: controllers and scheduler. */
export function controllerCommands(places: ClusterPaths): ProgramCommand[] {
  const kubeconfig = `--kubeconfig=${places.kubeconfig}`;
  const alone = ["--leader-elect=false", "--secure-port=0"];
  // Nobody else shares the API, and deleting a namespace takes 100 requests.
  const unthrottled = ["--kube-api-qps=1000", "--kube-api-burst=1000"];
  const account = [
    `--service-account-private-key-file=${places.serviceAccountKey}`,
    `--root-ca-file=${places.certificate}`,
  ];
  return [
    { name: "kube-controller-manager", args: [kubeconfig, ...alone, ...unthrottled, ...account] },
    { name: "kube-scheduler", args: [kubeconfig, ...alone, ...unthrottled] },
  ];
}

/** kwok, which plays the node's kubelet. */
export function kwokCommand(
  { kubeconfig }: ClusterPaths,
  { stages }: ControlPlanePrograms,
): ProgramCommand {
  const untouched = `${ownKubelet.name}=${ownKubelet.value}`;
  return {
    name: "kwok",
    args: [
      `--kubeconfig=${kubeconfig}`,
      "--manage-all-nodes=true",
      `--config=${stages}`,
      `--disregard-status-with-annotation-selector=${untouched}`,
      // Otherwise the node counts as lost for seconds of each minute.
      "--node-lease-duration-seconds=40",
    ],
  };
}
