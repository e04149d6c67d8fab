import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { TestContainer, TestNode } from "./test-node";

/** What a node does with pods, as tests of a played one and a real one. */
export function testNode(start: () => Promise<TestNode>): void {
  let node: TestNode;

  beforeAll(async () => {
    node = await start();
  });
  afterAll(() => node.stop());

  const kubectl = (...args: string[]) => node.kubectl(...args);
  const wait = (object: string, condition: string) =>
    kubectl("wait", object, `--for=${condition}`, "--timeout=30s");
  const podsOf = async (name: string) => {
    const names = await kubectl("get", "pods", `--selector=app=${name}`, "--output=name");
    return names.split("\n").map((one) => one.replace("pod/", ""));
  };
  /** A fact of the only pod of a name. */
  const factOf = (name: string, path: string) =>
    kubectl("get", "pods", `--selector=app=${name}`, `--output=jsonpath={.items[0].${path}}`);
  const status = "status.containerStatuses[0]";
  const becomes = (name: string, path: string, value: string | RegExp) =>
    vi.waitFor(async () => {
      expect(await factOf(name, path)).toMatch(value);
    }, 30_000);

  const apply = (kind: string, name: string, object: object) =>
    node.apply({ kind, metadata: { name }, ...object });

  function templateOf(name: string, container: TestContainer, more: object = {}) {
    const metadata = { labels: { app: name }, annotations: node.annotations };
    return { metadata, spec: { containers: [{ name: "main", ...container, ...more }] } };
  }

  async function deploy(
    name: string,
    container: TestContainer,
    more: object = {},
    ofPod: object = {},
  ): Promise<string> {
    const { metadata, spec } = templateOf(name, container, more);
    const template = { metadata, spec: { ...spec, ...ofPod } };
    const selector = { matchLabels: metadata.labels };
    await apply("Deployment", name, { apiVersion: "apps/v1", spec: { selector, template } });
    return `deployment/${name}`;
  }

  async function runJob(
    name: string,
    text: string,
    {
      ofJob = {},
      ofPod = {},
      ...more
    }: { ofJob?: object; ofPod?: object; [key: string]: unknown } = {},
  ): Promise<string> {
    const { metadata, spec } = templateOf(name, node.script(text), more);
    const template = { metadata, spec: { ...spec, ...ofPod, restartPolicy: "Never" } };
    await apply("Job", name, { apiVersion: "batch/v1", spec: { template, ...ofJob } });
    return `job/${name}`;
  }

  const forEver = "setInterval(() => undefined, 1000);";

  test("a Deployment's pod runs, is asked to end when it is scaled to 0, and is gone then", async () => {
    const untilAsked =
      "process.on('SIGTERM', () => { console.log('asked'); process.exit(); });" + forEver;
    const says = "console.log('runs as', process.env.HOSTNAME)";
    const deployment = await deploy("service", node.script(`${untilAsked} ${says}`));
    await wait(deployment, "condition=Available");
    const [pod = ""] = await podsOf("service");
    const logs = node.follow(pod);
    await vi.waitFor(() => {
      expect(logs()).toBe(`runs as ${pod}\n`);
    }, 10_000);
    await kubectl("scale", deployment, "--replicas=0");
    await wait(`pod/${pod}`, "delete");
    expect(logs()).toBe(`runs as ${pod}\nasked\n`);
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
    const names = JSON.stringify(env.map(({ name }) => name));
    const script = `console.log(JSON.stringify([process.argv[1], ...${names}.map((name) => process.env[name])]))`;
    await wait(await runJob("settings", script, { env, args: ["$(MODE)"] }), "condition=Complete");
    expect(JSON.parse(await kubectl("logs", "job/settings"))).toEqual([
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
    const volumes = [{ name: "request", configMap: { name: "later-request" } }];
    const args = ["/request/first.json"];
    const job = await runJob("mounted", script, { volumeMounts, args, ofPod: { volumes } });
    await becomes("mounted", `${status}.state.waiting.reason`, "ContainerCreating");
    const keys = ["--from-literal=first.json=the first", "--from-literal=second.json=another"];
    await kubectl("create", "configmap", "later-request", ...keys);
    await wait(job, "condition=Complete");
    expect(await kubectl("logs", job)).toBe("the first");
  });

  test("a Job whose process fails has a failed pod with its exit code and its words", async () => {
    const script = "console.error('no such database'); process.exit(3)";
    const job = await runJob("failing", script, { ofJob: { backoffLimit: 0 } });
    await wait(job, "condition=Failed");
    expect(await factOf("failing", `${status}.state.terminated.exitCode`)).toBe("3");
    expect(await kubectl("logs", job)).toBe("no such database");
  });

  test("a termination message comes with the status: its last 4,096 bytes, or less beside other containers", async () => {
    const script =
      "require('node:fs').writeFileSync(process.argv[1], 'a'.repeat(5000) + 'b'.repeat(4095))";
    const args = ["/dev/termination-log"];
    const main = { name: "main", ...node.script(script), args };
    const sidecars = ["one", "two", "three"].map((name) => ({ name, ...node.script(forEver) }));
    await runJob("talking", script, { args });
    await runJob("meshed", script, { ofPod: { containers: [main, ...sidecars] } });
    const message = "status.containerStatuses[?(@.name=='main')].state.terminated.message";
    await becomes("talking", message, new RegExp(`^ab{4095}$`));
    await becomes("meshed", message, new RegExp(`^ab{3071}$`));
    await kubectl("delete", "job/meshed", "--wait=false");
  });

  test("a service that ends is started again", async () => {
    await deploy("crashing", node.script("console.log('once more'); process.exit(1)"));
    await becomes("crashing", `${status}.restartCount`, /^[1-9]/);
    await becomes("crashing", `${status}.state.waiting.reason`, "CrashLoopBackOff");
    const [pod = ""] = await podsOf("crashing");
    expect(await kubectl("logs", pod)).toBe("once more");
    await kubectl("delete", "deployment/crashing");
  });

  test("a Secret that is not there keeps a container from being made, until it is", async () => {
    const env = [{ name: "URI", valueFrom: { secretKeyRef: { name: "later", key: "uri" } } }];
    const deployment = await deploy("waiting", node.script(forEver), { env });
    await becomes("waiting", `${status}.state.waiting.reason`, "CreateContainerConfigError");
    await kubectl("create", "secret", "generic", "later", "--from-literal=uri=x");
    await wait(deployment, "condition=Available");
  });

  test("an image that cannot be pulled shows as such, and its pod goes when it is deleted", async () => {
    const deployment = await deploy("absent", node.unpullable);
    await becomes("absent", `${status}.state.waiting.reason`, "ErrImagePull");
    const [pod = ""] = await podsOf("absent");
    expect(await factOf("absent", "status.phase")).toBe("Pending");
    await kubectl("delete", deployment);
    await wait(`pod/${pod}`, "delete");
  });

  test("a pod that is never ready runs", async () => {
    await deploy("starting", node.unready(forEver));
    await becomes("starting", "status.phase", "Running");
    const ready = "status.conditions[?(@.type=='Ready')].status";
    expect(await factOf("starting", ready)).toBe("False");
  });

  test("a pod that will not die stays until it may", async () => {
    const deployment = await deploy(
      "stuck",
      node.script(forEver),
      {},
      { terminationGracePeriodSeconds: 1 },
    );
    await wait(deployment, "condition=Available");
    const [pod = ""] = await podsOf("stuck");
    node.pause();
    await kubectl("scale", deployment, "--replicas=0");
    await wait(`pod/${pod}`, "jsonpath={.metadata.deletionTimestamp}");
    await expect(kubectl("wait", `pod/${pod}`, "--for=delete", "--timeout=2s")).rejects.toThrow();
    node.resume();
    await wait(`pod/${pod}`, "delete");
  });

  test("a process that does not end when it is asked is ended after the grace period", async () => {
    const script = `process.on('SIGTERM', () => console.log('no')); ${forEver}`;
    const grace = { terminationGracePeriodSeconds: 1 };
    const deployment = await deploy("stubborn", node.script(script), {}, grace);
    await wait(deployment, "condition=Available");
    const [pod = ""] = await podsOf("stubborn");
    await kubectl("scale", deployment, "--replicas=0");
    await wait(`pod/${pod}`, "delete");
  });
}
