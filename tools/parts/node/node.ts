import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { answerOf, longWork } from "../run";
import { PartError } from "../sources";
import { configurationOf, freeNetwork, nodePaths, pauseImage } from "./configuration";
import { type ImageContent, writeImages } from "./images";
import { ownNamespaces } from "./probe";
import { nodePath, nodePrograms } from "./programs";

/** A real node of a control plane: a kubelet with containerd on this machine. */
export interface RealNode {
  /** The images of its pods: no other one can be pulled. */
  readonly images: readonly ImageContent[];
}

/**
 * Writes what a node reads at its start.
 *
 * @param directory the control plane's folder, absolute
 * @returns the command line that runs it; whoever kills it ends containers and mounts too
 * @throws PartError if this machine cannot run a node
 */
export async function prepareNode(
  { images }: RealNode,
  directory: string,
  kubeconfig: string,
): Promise<[string, ...string[]]> {
  const programs = await nodePrograms();
  const paths = nodePaths(directory);
  const { folder, name } = paths;
  await cleanNode(directory);
  const addresses = (await answerOf("ip", "-o", "-4", "address")) ?? "";
  const network = freeNetwork(paths, addresses);
  await ip("link", "add", name, "type", "bridge");
  await ip("address", "add", `${network}.1/24`, "dev", name);
  await ip("link", "set", name, "up");
  for (const [file, text] of Object.entries(configurationOf(paths, programs, network))) {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), text);
  }
  const pause = { "/pause": join(programs.folder, "pause") };
  const own = { name: pauseImage, layers: [pause], entrypoint: ["/pause"] };
  const archive = await writeImages([own, ...images], folder);
  await enableControllers();
  for (const root of await cgroupRoots()) await mkdir(join(root, name), { recursive: true });
  const values = [folder, network, kubeconfig, archive, nodePath(programs)];
  return ["unshare", ...ownNamespaces, "sh", paths.script, ...values];
}

/**
 * The address of this machine on the bridge of a running node's pods.
 *
 * @throws PartError if there is no node
 */
export async function nodeAddress({
  kubectl,
  kubeconfig,
}: {
  readonly kubectl: string;
  readonly kubeconfig: string;
}): Promise<string> {
  const where = "--output=jsonpath={.status.addresses[?(@.type=='InternalIP')].address}";
  const address = await answerOf(kubectl, `--kubeconfig=${kubeconfig}`, "get", "node/local", where);
  if (!address) throw new PartError(`the control plane of ${kubeconfig} has no node`);
  return address;
}

/** Deletes what a killed node leaves on this machine: its bridge and its pods' cgroups. */
export async function cleanNode(directory: string): Promise<void> {
  const { name } = nodePaths(directory);
  if (existsSync(`/sys/class/net/${name}`)) await ip("link", "delete", name);
  for (const root of await cgroupRoots()) await removeCgroup(join(root, name));
}

const ip = (...args: string[]) => longWork({ program: "ip", args });

const cgroups = "/sys/fs/cgroup";

/** The folder of each cgroup hierarchy of this machine: version 2 has one. */
async function cgroupRoots(): Promise<string[]> {
  if (existsSync(join(cgroups, "cgroup.controllers"))) return [cgroups];
  const names = await readdir(cgroups).catch(() => []);
  return names.map((name) => join(cgroups, name));
}

/** Hands what the kubelet needs to the groups below; hierarchies of version 1 have one controller each. */
async function enableControllers(): Promise<void> {
  const text = await readFile(join(cgroups, "cgroup.controllers"), "utf8").catch(() => "");
  const there = text.trim().split(" ");
  const needed = ["cpu", "cpuset", "memory", "hugetlb", "pids"].filter((one) =>
    there.includes(one),
  );
  for (const one of needed) await writeFile(join(cgroups, "cgroup.subtree_control"), `+${one}`);
}

/** Time limit in ms for the kernel to end a killed node's processes. */
const patience = 10_000;

async function removeCgroup(folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const deadline = Date.now() + patience;
  for (;;) {
    const entries = await readdir(folder, { withFileTypes: true });
    for (const entry of entries) {
      if (entry.isDirectory()) await removeCgroup(join(folder, entry.name));
    }
    try {
      await rmdir(folder);
      return;
    } catch (error) {
      // Processes that were killed are still in it.
      if (Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
