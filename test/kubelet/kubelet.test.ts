import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { ownKubelet } from "../../tools/parts";
import { type Image, type Kubelet, startKubelet } from ".";
import { type BorrowedCluster, borrowCluster } from "../pool";

// A busy machine takes its time to start a process.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let cluster: BorrowedCluster;
let kubelet: Kubelet;
const images = new Map<string, Image>();

const kubectl = async (...args: string[]) => {
  const all = [`--kubeconfig=${cluster.kubeconfig}`, ...args];
  return (await promisify(execFile)(cluster.kubectl, all)).stdout.trim();
};
const wait = (object: string, condition: string) =>
  kubectl("wait", object, `--for=${condition}`, "--timeout=30s");
const podsOf = async (name: string) => {
  const names = await kubectl("get", "pods", `--selector=app=${name}`, "--output=name");
  return names.split("\n").map((one) => one.replace("pod/", ""));
};
/** The reason for which a pod's container waits. */
const reason = (name: string) =>
  kubectl(
    "get",
    "pods",
    `--selector=app=${name}`,
    "--output=jsonpath={.items[*].status.containerStatuses[*].state.waiting.reason}",
  );

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kubelet-"));
  cluster = await borrowCluster();
  kubelet = await startKubelet({ kubeconfig: cluster.kubeconfig, images });
});
afterAll(async () => {
  await kubelet.stop();
  await cluster.release();
  await rm(folder, { recursive: true });
});

async function apply(kind: string, name: string, object: object): Promise<void> {
  const file = join(folder, `${name}.json`);
  await writeFile(file, JSON.stringify({ kind, metadata: { name }, ...object }));
  await kubectl("apply", `--filename=${file}`);
}

/** An image of the test's name whose program is a script of Node's. */
function templateOf(name: string, script: string, more: object = {}, trouble?: Image["trouble"]) {
  const entrypoint = [process.execPath, "--eval", script];
  images.set(name, { entrypoint, ...(trouble && { trouble }) });
  const annotations = { [ownKubelet.name]: ownKubelet.value };
  const container = { name: "main", image: name, ...more };
  return { metadata: { labels: { app: name }, annotations }, spec: { containers: [container] } };
}

async function deploy(template: ReturnType<typeof templateOf>): Promise<string> {
  const { labels } = template.metadata;
  const spec = { selector: { matchLabels: labels }, template };
  await apply("Deployment", labels.app, { apiVersion: "apps/v1", spec });
  return `deployment/${labels.app}`;
}

async function runJob(
  template: ReturnType<typeof templateOf>,
  more: object = {},
  ofPod: object = {},
): Promise<string> {
  const name = template.metadata.labels.app;
  const pod = { ...template, spec: { ...template.spec, ...ofPod, restartPolicy: "Never" } };
  await apply("Job", name, { apiVersion: "batch/v1", spec: { template: pod, ...more } });
  return `job/${name}`;
}

const untilAsked = "process.on('SIGTERM', () => { console.log('asked'); process.exit(); });";
const forEver = "setInterval(() => undefined, 1000);";

test("a Deployment's pod runs, is asked to end when it is scaled to 0, and is gone then", async () => {
  const script = `${untilAsked} ${forEver} console.log('runs as', process.env.HOSTNAME)`;
  const deployment = await deploy(templateOf("service", script));
  await wait(deployment, "condition=Available");
  const [pod = ""] = await podsOf("service");
  await vi.waitFor(() => {
    expect(kubelet.logs(pod)).toBe(`runs as ${pod}\n`);
  }, 10_000);
  await kubectl("scale", deployment, "--replicas=0");
  await wait(`pod/${pod}`, "delete");
  expect(kubelet.logs(pod)).toBe(`runs as ${pod}\nasked\n`);
  expect(await kubectl("get", "pods", "--selector=app=service")).toBe("");
});

test("the environment comes from values, Secrets, ConfigMaps and fields, and arguments name it", async () => {
  await kubectl("create", "secret", "generic", "connection", "--from-literal=uri=a secret");
  await kubectl("create", "configmap", "settings", "--from-literal=mode=mongo");
  const env = [
    { name: "VALUE", value: "a value" },
    { name: "TWICE", value: "$(VALUE), $$(VALUE), $(NONE)" },
    { name: "URI", valueFrom: { secretKeyRef: { name: "connection", key: "uri" } } },
    { name: "MODE", valueFrom: { configMapKeyRef: { name: "settings", key: "mode" } } },
    { name: "SPACE", valueFrom: { fieldRef: { fieldPath: "metadata.namespace" } } },
  ];
  const script = `console.log(JSON.stringify([process.argv[1], ...${JSON.stringify(
    env.map(({ name }) => name),
  )}.map((name) => process.env[name])]))`;
  const job = await runJob(templateOf("settings", script, { env, args: ["$(MODE)"] }));
  await wait(job, "condition=Complete");
  const [pod = ""] = await podsOf("settings");
  expect(JSON.parse(kubelet.logs(pod))).toEqual([
    "mongo",
    "a value",
    "a value, $(VALUE), $(NONE)",
    "a secret",
    "mongo",
    "default",
  ]);
});

test("a ConfigMap that is mounted is a folder with a file for each key, once it is there", async () => {
  const script = `console.log(require("node:fs").readFileSync(process.argv[1], "utf8"))`;
  const volumeMounts = [{ name: "request", mountPath: "/request" }];
  const template = templateOf("mounted", script, { volumeMounts, args: ["/request/first.json"] });
  const volumes = [{ name: "request", configMap: { name: "later-request" } }];
  const job = await runJob(template, {}, { volumes });
  await vi.waitFor(async () => {
    expect(await reason("mounted")).toBe("CreateContainerConfigError");
  }, 20_000);
  const keys = ["--from-literal=first.json=the first", "--from-literal=second.json=another"];
  await kubectl("create", "configmap", "later-request", ...keys);
  await wait(job, "condition=Complete");
  const [pod = ""] = await podsOf("mounted");
  expect(kubelet.logs(pod)).toBe("the first\n");
});

test("a Job whose process fails has a failed pod with its exit code and its words", async () => {
  const script = "console.error('no such database'); process.exit(3)";
  const job = await runJob(templateOf("failing", script), { backoffLimit: 0 });
  await wait(job, "condition=Failed");
  const code = "{.items[0].status.containerStatuses[0].state.terminated.exitCode}";
  const args = ["get", "pods", "--selector=app=failing", `--output=jsonpath=${code}`];
  expect(await kubectl(...args)).toBe("3");
  const [pod = ""] = await podsOf("failing");
  expect(kubelet.logs(pod)).toBe("no such database\n");
  expect(await kubectl("logs", pod)).toBe("no such database");
});

test("a termination message comes with the status: its last 4,096 bytes, or less beside other containers", async () => {
  const script =
    "require('node:fs').writeFileSync(process.argv[1], 'a'.repeat(5000) + 'b'.repeat(4095))";
  const more = { args: ["/dev/termination-log"] };
  const sidecars = ["one", "two", "three"].map((name) => ({ name, image: name }));
  await runJob(templateOf("talking", script, more));
  const meshed = templateOf("meshed", script, more);
  await runJob(meshed, {}, { containers: [...meshed.spec.containers, ...sidecars] });

  const message =
    "--output=jsonpath={.items[*].status.containerStatuses[0].state.terminated.message}";
  await vi.waitFor(async () => {
    const read = (name: string) => kubectl("get", "pods", `--selector=app=${name}`, message);
    expect(await read("talking")).toBe(`a${"b".repeat(4095)}`);
    expect(await read("meshed")).toBe(`a${"b".repeat(3071)}`);
  }, 20_000);
});

test("a service that ends is started again", async () => {
  await deploy(templateOf("crashing", "console.log('once more'); process.exit(1)"));
  const [pod = ""] = await vi.waitFor(async () => {
    const pods = await podsOf("crashing");
    expect(kubelet.logs(pods[0] ?? "")).toMatch(/^(once more\n){2}/);
    return pods;
  }, 20_000);
  const restarts = "{.status.containerStatuses[0].restartCount}";
  expect(await kubectl("get", "pod", pod, `--output=jsonpath=${restarts}`)).toMatch(/^[1-9]/);
  expect(await reason("crashing")).toMatch(/^(CrashLoopBackOff)?$/);
});

test("a Secret that is not there keeps a container from being made, until it is", async () => {
  const env = [{ name: "URI", valueFrom: { secretKeyRef: { name: "later", key: "uri" } } }];
  const deployment = await deploy(templateOf("waiting", forEver, { env }));
  await vi.waitFor(async () => {
    expect(await reason("waiting")).toBe("CreateContainerConfigError");
  }, 20_000);
  await kubectl("create", "secret", "generic", "later", "--from-literal=uri=x");
  await wait(deployment, "condition=Available");
});

test("an image that cannot be pulled shows as such, and its pod goes when it is deleted", async () => {
  const deployment = await deploy(templateOf("absent", forEver, {}, "unpullable"));
  await vi.waitFor(async () => {
    expect(await reason("absent")).toBe("ErrImagePull");
  }, 20_000);
  const [pod = ""] = await podsOf("absent");
  expect(await kubectl("get", "pod", pod, "--output=jsonpath={.status.phase}")).toBe("Pending");
  await kubectl("delete", deployment);
  await wait(`pod/${pod}`, "delete");
});

test("a pod that is never ready runs", async () => {
  await deploy(templateOf("starting", forEver, {}, "neverReady"));
  await kubectl("wait", "--for=create", "pod", "--selector=app=starting", "--timeout=30s");
  const [pod = ""] = await podsOf("starting");
  await wait(`pod/${pod}`, "jsonpath={.status.phase}=Running");
  const ready = '{.status.conditions[?(@.type=="Ready")].status}';
  expect(await kubectl("get", "pod", pod, `--output=jsonpath=${ready}`)).toBe("False");
});

test("a pod that will not die stays until it may", async () => {
  const deployment = await deploy(templateOf("stuck", forEver, {}, "undying"));
  await wait(deployment, "condition=Available");
  const [pod = ""] = await podsOf("stuck");
  await kubectl("scale", deployment, "--replicas=0");
  await wait(`pod/${pod}`, "jsonpath={.metadata.deletionTimestamp}");
  await expect(kubectl("wait", `pod/${pod}`, "--for=delete", "--timeout=2s")).rejects.toThrow();
  images.set("stuck", { entrypoint: images.get("stuck")?.entrypoint ?? [] });
  await wait(`pod/${pod}`, "delete");
});

test("a process that does not end when it is asked is ended after the grace period", async () => {
  const script = `process.on('SIGTERM', () => console.log('no')); ${forEver}`;
  const template = templateOf("stubborn", script);
  const spec = { ...template.spec, terminationGracePeriodSeconds: 1 };
  const deployment = await deploy({ ...template, spec });
  await wait(deployment, "condition=Available");
  const [pod = ""] = await podsOf("stubborn");
  await kubectl("scale", deployment, "--replicas=0");
  await wait(`pod/${pod}`, "delete");
});
