import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  commandLine,
  type ControlPlane,
  isFree,
  repository,
  runningControlPlane,
  startControlPlane,
  stopControlPlane,
} from "../../../tools/parts";
import { kubectlOf } from "../../pool";
import { kwokStages } from "../../../tools/parts/kubernetes/programs";

/** What a control plane notes of its programs. */
function noteIn(text: string) {
  return JSON.parse(text) as { programs: { pid: number }[] };
}

test("kwok's stages are those of its module, and nothing else that is there", async () => {
  const text = await readFile(join(await kwokStages(), "stages.yaml"), "utf8");
  const names = [...text.matchAll(/^ {2}name: (.+)$/gm)].map(([, name]) => name);
  expect(names).toEqual(
    expect.arrayContaining(["node-initialize", "node-heartbeat-with-lease", "pod-ready"]),
  );
  expect(text).not.toMatch(/^kind: (?!Stage$)/m);
});

describe("a control plane", () => {
  let folder: string;
  let cluster: ControlPlane;
  const kubectl = (...args: string[]) => kubectlOf(cluster).kubectl(...args);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "control-plane-"));
    cluster = await startControlPlane({ directory: join(folder, "cluster") });
  });
  afterAll(async () => {
    await cluster.stop();
    await rm(folder, { recursive: true });
  });

  test("renews its node's lease: else the pods of every minute are not ready for a while", async () => {
    const lease = ["lease/local", "--namespace=kube-node-lease"];
    await kubectl("wait", ...lease, "--for=create", "--timeout=15s");
    const term = "--output=jsonpath={.spec.leaseDurationSeconds}";
    expect(Number(await kubectl("get", ...lease, term))).toBeLessThan(50);
  });

  test("frees its port when it is stopped, and starts again with the same objects", async () => {
    await kubectl("create", "configmap", "kept");
    const { port } = cluster;
    await cluster.stop();
    expect(await isFree(port)).toBe(true);
    cluster = await startControlPlane({ directory: join(folder, "cluster") });
    expect(await kubectl("get", "configmap/kept", "--output=name")).toBe("configmap/kept");
  }, 90_000);

  test("that is to outlive its program is found, repaired and stopped by others", async () => {
    const directory = join(folder, "detached");
    const parts = JSON.stringify(join(repository, "tools", "parts"));
    const program = `require(${parts}).startControlPlane({
      directory: ${JSON.stringify(directory)}, detached: true });`;
    const options = { cwd: repository };
    await promisify(execFile)(process.execPath, ["--import", "tsx", "-e", program], options);
    const found = await runningControlPlane(directory);
    const make = [`--kubeconfig=${found?.kubeconfig}`, "create", "configmap", "kept"];
    await promisify(execFile)(found?.kubectl ?? "", make);

    const { programs } = noteIn(await readFile(join(directory, "running.json"), "utf8"));
    process.kill(programs.at(-1)?.pid ?? 0, "SIGKILL");
    await expect.poll(() => runningControlPlane(directory)).toBeUndefined();
    const repaired = await startControlPlane({ directory });
    for (const { pid } of programs) expect(await commandLine(pid)).toBeUndefined();
    await kubectlOf(repaired).kubectl("get", "configmap/kept");

    expect(await stopControlPlane(directory)).toBe(true);
    expect(await isFree(repaired.port)).toBe(true);
    expect(await stopControlPlane(directory)).toBe(false);
  }, 120_000);

  test("never stops a program that got an id of its own", async () => {
    const directory = join(folder, "stranger");
    await mkdir(directory);
    const programs = [{ name: "etcd", pid: process.pid }];
    await writeFile(join(directory, "running.json"), JSON.stringify({ port: 1, programs }));
    expect(await runningControlPlane(directory)).toBeUndefined();
    expect(await stopControlPlane(directory)).toBe(false);
  });

  test("that does not start names the program, with its last words", async () => {
    const directory = join(folder, "broken");
    await mkdir(directory);
    await writeFile(join(directory, "etcd"), "no folder");
    await expect(startControlPlane({ directory })).rejects.toThrow(
      /^etcd ended at once\. Its last words, from .*etcd\.log:\n.*not a directory/s,
    );
  }, 60_000);
});
