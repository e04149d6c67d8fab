import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, assert, beforeAll, describe, expect, test } from "vitest";
import {
  commandLine,
  type ControlPlane,
  controlPlane,
  isFree,
  ownKubelet,
  repository,
  runningControlPlane,
  startControlPlane,
  stopControlPlane,
} from "../../../tools/parts";
import { kwokStages, programNames, usablePrograms } from "../../../tools/parts/kubernetes/programs";
import { kubectlOf } from "../../pool";

describe("the programs on PATH", () => {
  const all = programNames.map((name) => {
    const version = { etcd: "3.5.0", kwok: "v0.8.0" }[name as string] ?? "v1.34.2";
    return { name, version, file: `/bin/${name}` };
  });
  const allBut = (name: string, other: object) =>
    all.map((one) => (one.name === name ? { ...one, ...other } : one));

  test("are used where all of them are there", () => {
    const files = Object.fromEntries(all.map(({ name, file }) => [name, file]));
    expect(usablePrograms(all)).toEqual({ part: { files, version: "v1.34.2" } });
  });

  test.each([
    ["kwok", { file: undefined }, "kwok not on PATH"],
    ["etcd", { version: "3.4.9" }, "etcd on PATH is 3.4.9, not 3.5.0 or later"],
    ["kubectl", { version: "" }, "kubectl on PATH states no version, not 1.31.0 or later"],
  ])("are not used where %s is %o", (name, other, missing) => {
    expect(usablePrograms(allBut(name, other))).toEqual({ missing });
  });
});

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

  /** A Deployment of one pod, with an annotation of its pods. */
  const deploy = async (name: string, annotations: Record<string, string> = {}) => {
    const labels = { app: name };
    const spec = { containers: [{ name: "main", image: "registry.example.org/none" }] };
    const template = { metadata: { labels, annotations }, spec };
    await kubectlOf(cluster).apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name },
      spec: { selector: { matchLabels: labels }, template },
    });
  };

  test("says its version to its clients", async () => {
    const { serverVersion } = JSON.parse(await kubectl("version", "--output=json")) as {
      serverVersion: { gitVersion: string };
    };
    expect(serverVersion.gitVersion).toBe((await controlPlane()).version);
  });

  test("makes a Deployment available", async () => {
    await deploy("usual");
    const wait = ["wait", "--for=condition=Available", "deployment/usual", "--timeout=15s"];
    expect(await kubectl(...wait)).toContain("condition met");
  });

  test("renews its node's lease: else the pods of every minute are not ready for a while", async () => {
    const lease = ["lease/local", "--namespace=kube-node-lease"];
    await kubectl("wait", ...lease, "--for=create", "--timeout=15s");
    const term = "--output=jsonpath={.spec.leaseDurationSeconds}";
    expect(Number(await kubectl("get", ...lease, term))).toBeLessThan(50);
  });

  test("binds a claim on a volume", async () => {
    const resources = { requests: { storage: "1Gi" } };
    const spec = { storageClassName: "kwok-volume", accessModes: ["ReadWriteMany"], resources };
    const metadata = { name: "state" };
    const kind = "PersistentVolumeClaim";
    await kubectlOf(cluster).apply({ apiVersion: "v1", kind, metadata, spec });
    const bound = ["wait", "--for=jsonpath={.status.phase}=Bound", "pvc/state", "--timeout=15s"];
    expect(await kubectl(...bound)).toContain("condition met");
  });

  test("leaves a pod to a kubelet of one's own, and does as that says", async () => {
    await deploy("own", { [ownKubelet.name]: ownKubelet.value });
    const scheduled = ["--for=condition=PodScheduled", "--timeout=15s"];
    await kubectl("wait", "--for=create", "pod", "--selector=app=own", "--timeout=15s");
    await kubectl("wait", "pod", "--selector=app=own", ...scheduled);
    const pod = await kubectl("get", "pods", "--selector=app=own", "--output=name");
    const phase = () => kubectl("get", pod, "--output=jsonpath={.status.phase}");
    expect(await phase()).toBe("Pending");
    const conditions = ["Ready", "ContainersReady"].map((type) => ({ type, status: "True" }));
    const status = JSON.stringify({ status: { phase: "Running", conditions } });
    await kubectl("patch", pod, "--subresource=status", `--patch=${status}`);
    await kubectl("wait", "--for=condition=Available", "deployment/own", "--timeout=15s");
    await kubectl("scale", "deployment/own", "--replicas=0");
    await kubectl("wait", "--for=jsonpath={.metadata.deletionTimestamp}", pod, "--timeout=15s");
    expect(await phase()).toBe("Running");
    await kubectl("delete", pod, "--grace-period=0", "--force");
    expect(await kubectl("get", "pods", "--selector=app=own", "--output=name")).toBe("");
  });

  test("frees its port when it is stopped, and starts again with the same objects", async () => {
    await kubectl("create", "configmap", "kept");
    const { port } = cluster;
    await cluster.stop();
    expect(await isFree(port)).toBe(true);
    cluster = await startControlPlane({ directory: join(folder, "cluster") });
    expect(await kubectl("get", "configmap/kept", "--output=name")).toBe("configmap/kept");
    await deploy("later");
    await kubectl("wait", "--for=condition=Available", "deployment/later", "--timeout=15s");
  }, 90_000);

  test("that is to outlive its program is found, repaired and stopped by others", async () => {
    const directory = join(folder, "detached");
    const parts = JSON.stringify(join(repository, "tools", "parts"));
    const program = `require(${parts}).startControlPlane({
      directory: ${JSON.stringify(directory)}, detached: true });`;
    const options = { cwd: repository };
    await promisify(execFile)(process.execPath, ["--import", "tsx", "-e", program], options);
    const found = await runningControlPlane(directory);
    assert(found);
    await kubectlOf(found).kubectl("create", "configmap", "kept");

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
