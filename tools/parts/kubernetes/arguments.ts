import type { ClusterPaths } from "./files";
import type { ControlPlanePrograms, ProgramName } from "./programs";

/** The TCP ports of a control plane, on 127.0.0.1. */
export interface Ports {
  readonly etcd: number;
  readonly etcdPeers: number;
  readonly apiServer: number;
}

/** A command of a control plane: the program's name and what it is told. */
export interface ProgramCommand {
  readonly name: ProgramName;
  readonly args: readonly string[];
}

/**
 * The annotation of a pod that kwok leaves alone: it is scheduled, then stays as it is until somebody
 * else plays its kubelet.
 */
export const ownKubelet = { name: "taskrunner-storage/kubelet", value: "own" } as const;

/** etcd of one member. It does not sync to disk: what is in it need not outlive the machine. */
export function etcdCommand(places: ClusterPaths, ports: Ports): ProgramCommand {
  const clients = `http://127.0.0.1:${ports.etcd}`;
  const peers = `http://127.0.0.1:${ports.etcdPeers}`;
  return {
    name: "etcd",
    args: [
      ...["--name=local", `--data-dir=${places.data}`, "--unsafe-no-fsync", "--log-level=warn"],
      ...[`--listen-client-urls=${clients}`, `--advertise-client-urls=${clients}`],
      ...[`--listen-peer-urls=${peers}`, `--initial-advertise-peer-urls=${peers}`],
      `--initial-cluster=local=${peers}`,
    ],
  };
}

/** The API server; it makes its certificate for 127.0.0.1 itself. */
export function apiServerCommand(places: ClusterPaths, ports: Ports): ProgramCommand {
  return {
    name: "kube-apiserver",
    args: [
      `--etcd-servers=http://127.0.0.1:${ports.etcd}`,
      ...["--bind-address=127.0.0.1", "--advertise-address=127.0.0.1"],
      ...[`--secure-port=${ports.apiServer}`, `--cert-dir=${places.certificates}`],
      `--service-account-key-file=${places.serviceAccountKey}`,
      `--service-account-signing-key-file=${places.serviceAccountKey}`,
      "--service-account-issuer=https://kubernetes.default.svc",
      ...[`--token-auth-file=${places.tokens}`, "--authorization-mode=RBAC"],
      "--service-cluster-ip-range=10.0.0.0/24",
      // There is one API server, and no pod that would look for it.
      "--endpoint-reconciler-type=none",
    ],
  };
}

/** What runs beside an API server that answers: controllers, the scheduler, and kwok for kubelets. */
export function otherCommands(
  places: ClusterPaths,
  { stages }: ControlPlanePrograms,
): ProgramCommand[] {
  const kubeconfig = `--kubeconfig=${places.kubeconfig}`;
  const alone = ["--leader-elect=false", "--secure-port=0"];
  // There is nobody else whom they could keep waiting; to delete a namespace takes 100 requests.
  const unthrottled = ["--kube-api-qps=1000", "--kube-api-burst=1000"];
  const account = [
    `--service-account-private-key-file=${places.serviceAccountKey}`,
    `--root-ca-file=${places.certificate}`,
  ];
  const untouched = `${ownKubelet.name}=${ownKubelet.value}`;
  return [
    { name: "kube-controller-manager", args: [kubeconfig, ...alone, ...unthrottled, ...account] },
    { name: "kube-scheduler", args: [kubeconfig, ...alone, ...unthrottled] },
    {
      name: "kwok",
      args: [
        ...[kubeconfig, "--manage-all-nodes=true", `--config=${stages}`],
        `--disregard-status-with-annotation-selector=${untouched}`,
        // Else the node counts as lost for some seconds of each minute, and its pods as not ready.
        "--node-lease-duration-seconds=40",
      ],
    },
  ];
}
