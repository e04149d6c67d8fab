import { existsSync } from "node:fs";
import { readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { nodePaths } from "../../tools/parts/node/configuration";
import { type RealTestNode, realNode } from "./real-node";

let node: RealTestNode;

beforeAll(async () => {
  node = await realNode();
});
afterAll(() => node.stop());

/** The processes of a namespace. */
async function processesIn(namespace: string): Promise<string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async (pid) => [pid, await namespaceOf(pid)] as const));
  return found.filter(([, of]) => of === namespace).map(([pid]) => pid);
}
const namespaceOf = (pid: string) => readlink(`/proc/${pid}/ns/mnt`).catch(() => "");

it("a node that is killed takes containers and mounts with it, and a stop its bridge and cgroups", async () => {
  const directory = join(node.folder, "cluster");
  const { programs } = JSON.parse(await readFile(join(directory, "running.json"), "utf8")) as {
    programs: { name: string; pid: number }[];
  };
  const { pid = 0 } = programs.find(({ name }) => name === "node") ?? {};
  const namespace = await namespaceOf(`${pid}`);
  expect(namespace).not.toBe(await namespaceOf("self"));

  const marker = `${node.folder}/container`;
  const { image, command = [] } = node.script("setInterval(() => undefined, 1000)");
  const run = ["run", "left", `--image=${image}`, "--image-pull-policy=Never", "--command", "--"];
  await node.kubectl(...run, ...command, marker);
  await node.kubectl("wait", "pod/left", "--for=condition=Ready", "--timeout=60s");
  const containers = async () => {
    const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
    const lines = pids.map((one) => readFile(`/proc/${one}/cmdline`, "utf8").catch(() => ""));
    return (await Promise.all(lines)).filter((line) => line.includes(`\0${marker}\0`));
  };
  expect(await containers()).toHaveLength(1);

  process.kill(pid, "SIGKILL");
  await vi.waitFor(async () => {
    expect([...(await containers()), ...(await processesIn(namespace))]).toEqual([]);
  }, 10_000);
  await node.cluster.stop();
  const { name } = nodePaths(directory);
  expect(existsSync(`/sys/class/net/${name}`)).toBe(false);
  const cgroups = await readdir("/sys/fs/cgroup", { withFileTypes: true });
  const roots = ["", ...cgroups.filter((one) => one.isDirectory()).map((one) => one.name)];
  expect(roots.filter((root) => existsSync(join("/sys/fs/cgroup", root, name)))).toEqual([]);
});
