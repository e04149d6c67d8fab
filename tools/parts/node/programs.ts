import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { goBuild, goSource } from "../go";
import { executable } from "../run";
import { choose, PartError } from "../sources";
import { versions } from "../versions";
import { whatNodeLacks } from "./probe";
import { seccompLibrary } from "./seccomp";

/** The programs of a real node. */
export interface NodePrograms {
  /** The folder of all of them, `runc` excepted if it is on PATH; CNI's plugins are there too. */
  readonly folder: string;
  readonly runc: string;
}

const tags = ["no_btrfs", "no_devmapper", "no_zfs", "no_aufs", "seccomp"];
const module = "node";
const packages = [
  "github.com/containerd/containerd/v2/cmd/containerd",
  "github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2",
  "github.com/containerd/containerd/v2/cmd/ctr",
  "github.com/containernetworking/plugins/plugins/main/bridge",
  "github.com/containernetworking/plugins/plugins/main/loopback",
  "github.com/containernetworking/plugins/plugins/ipam/host-local",
  "taskrunner-storage/tools/node/pause",
];
const runcPackage = "github.com/opencontainers/runc";
const kubelet = { module: "control-plane", packages: ["k8s.io/kubernetes/cmd/kubelet"] };

/**
 * The programs of a real node, which fit each other: built from pinned Go modules and kept in the user's cache
 * folder. Only runc may come from PATH.
 *
 * @throws PartError if this machine cannot run a node, or they cannot be built, with what to install
 */
export async function nodePrograms(): Promise<NodePrograms> {
  const lack = await whatNodeLacks();
  if (lack !== undefined) throw new PartError(`A real node ${lack}.`);
  const onPath = executable("runc");
  const all = onPath === undefined ? [...packages, runcPackage] : packages;
  const { kubernetes, containerd, cni, runc } = versions;
  const source = await goSource({
    name: "node",
    version: kubernetes,
    also: ` with containerd ${containerd}`,
    time: "5 to 10 min",
    modules: [module, kubelet.module],
    madeFrom: [kubernetes, containerd, cni, runc, ...tags, ...kubelet.packages, ...all],
    async fill(aside) {
      const seccomp = join(aside, "seccomp");
      const library = onPath === undefined ? await seccompLibrary(seccomp) : {};
      const stamps = [`github.com/containerd/containerd/v2/version.Version=${containerd}`];
      const title = `containerd ${containerd}`;
      await goBuild({ module, title, packages: all, stamps, tags, environment: library }, aside);
      await rm(seccomp, { recursive: true, force: true });
      const version = [`k8s.io/component-base/version.gitVersion=${kubernetes}`];
      await goBuild({ ...kubelet, title: `kubelet ${kubernetes}`, stamps: version }, aside);
    },
    partIn: (folder): NodePrograms => ({ folder, runc: onPath ?? join(folder, "runc") }),
  });
  const notOnPath = () => Promise.resolve({ missing: "the pinned versions are built" });
  const advice =
    "Install Go (https://go.dev/dl/), and runc, or a C compiler, pkg-config and libseccomp-dev; run this again";
  return choose("node", notOnPath, [source], advice);
}

/** PATH with the node's programs first, as containerd looks for its shim. */
export function nodePath({ folder, runc }: NodePrograms): string {
  return [folder, dirname(runc), process.env.PATH ?? ""].join(":");
}
