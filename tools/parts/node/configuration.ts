import { hash } from "node:crypto";
import { join } from "node:path";
import { stringify } from "yaml";
import type { NodePrograms } from "./programs";

/** The files and names of a real node, all derived from its control plane's folder. */
export interface NodePaths {
  /** Its own folder: images, configuration, a log of each program. */
  readonly folder: string;
  readonly script: string;
  /** The name of its bridge and of the cgroup of its pods, which outlive a killed node. */
  readonly name: string;
}

/** The node's paths. @param directory the control plane's folder, absolute */
export function nodePaths(directory: string): NodePaths {
  const folder = join(directory, "node");
  const name = `trs-${hash("sha256", directory).slice(0, 8)}`;
  return { folder, script: join(folder, "start.sh"), name };
}

/** The name of the node's own image, which holds the namespaces of each pod. */
export const pauseImage = "localhost/pause:1";

/** In the node's mount namespace, where `/run` is its own: a socket's path must be short. */
export const containerdSocket = "/run/containerd/containerd.sock";

/**
 * A free network of 254 addresses for the pods, by its first three numbers: the same at each start, if it can be.
 *
 * @param addresses those of this machine, as `ip address` prints them
 */
export function freeNetwork({ name }: Pick<NodePaths, "name">, addresses: string): string {
  const first = Number.parseInt(hash("sha256", name).slice(0, 8), 16);
  const networks = Array.from({ length: 250 }, (_, at) => `10.201.${((first + at) % 250) + 1}`);
  const free = networks.find((network) => !addresses.includes(` ${network}.`));
  if (free === undefined) throw new Error("no free network 10.201.N.0/24 for a node's pods");
  return free;
}

/** The text of each configuration file, by its path in the node's folder. */
export function configurationOf(
  paths: NodePaths,
  programs: NodePrograms,
  network: string,
): Readonly<Record<string, string>> {
  return {
    "containerd.toml": containerdToml(paths, programs),
    "kubelet.yaml": stringify(kubeletConfiguration(paths, network)),
    "cni/10-bridge.conflist": JSON.stringify(bridgeConfiguration(paths, network)),
    "start.sh": startScript,
  };
}

function containerdToml({ folder }: NodePaths, programs: NodePrograms): string {
  return `version = 3
root = ${JSON.stringify(join(folder, "containerd"))}
state = "/run/containerd"
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "${pauseImage}"
[plugins."io.containerd.cri.v1.runtime"]
  # Root of a container may not raise a process's importance.
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  BinaryName = ${JSON.stringify(programs.runc)}
  SystemdCgroup = false
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = [${JSON.stringify(programs.folder)}]
  conf_dir = ${JSON.stringify(join(folder, "cni"))}
`;
}

/** Everybody may ask it for everything: only this machine and the node's pods reach its address. */
function kubeletConfiguration({ name }: NodePaths, network: string): object {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: `${network}.1`,
    healthzPort: 0,
    authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
    authorization: { mode: "AlwaysAllow" },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: `/${name}`,
    failCgroupV1: false,
    failSwapOn: false,
    enforceNodeAllocatable: [],
    // A disk that is nearly full is not this node's business.
    evictionHard: { "nodefs.available": "0%", "imagefs.available": "0%", "memory.available": "0%" },
    imageGCHighThresholdPercent: 100,
    localStorageCapacityIsolation: false,
    podLogsDir: "/var/log/pods",
    resolvConf: "",
    volumePluginDir: "/run/kubelet/plugins",
    // What a pod mounts is seen soon after it is there.
    configMapAndSecretChangeDetectionStrategy: "Watch",
    syncFrequency: "10s",
  };
}

function bridgeConfiguration({ name }: NodePaths, network: string): object {
  const ranges = [[{ subnet: `${network}.0/24` }]];
  const ipam = { type: "host-local", ranges, routes: [{ dst: "0.0.0.0/0" }] };
  return {
    cniVersion: "1.0.0",
    name,
    plugins: [{ type: "bridge", bridge: name, isGateway: true, ipMasq: false, ipam }],
  };
}

/**
 * Runs in namespaces of its own, as their first process: what it starts ends with it. What containerd, the
 * kubelet and CNI keep in the machine's folders is in memory, and ends too.
 */
const startScript = `set -e
folder=$1
network=$2
kubeconfig=$3
images=$4
export PATH=$5
trap 'tail -n 5 "$folder/containerd.log" "$folder/kubelet.log"' EXIT
mount -t tmpfs -o mode=755 none /run
mount -t tmpfs none /var/log
mkdir -p /var/lib/cni
mount -t tmpfs none /var/lib/cni
rm -rf "$folder/containerd"
containerd --config "$folder/containerd.toml" >"$folder/containerd.log" 2>&1 &
until ctr --address ${containerdSocket} version >/dev/null 2>&1; do
  kill -0 $!
  sleep 0.1
done
ctr --address ${containerdSocket} --namespace k8s.io images import "$images" >/dev/null
kubelet --config "$folder/kubelet.yaml" --kubeconfig "$kubeconfig" --hostname-override local \\
  --node-ip "$network.1" --root-dir /run/kubelet --cert-dir /run/kubelet/pki --v=2 >"$folder/kubelet.log" 2>&1 &
wait $!
`;
