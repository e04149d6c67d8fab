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

  /** A pod's template with one container. */
  function templateOf(name: string, container: TestContainer, spec: object) {
    const metadata = { labels: { app: name }, annotations: node.annotations };
    return { metadata, spec: { containers: [{ name: "main", ...container }], ...spec } };
  }

  async function deploy(name: string, text: string, ofPod: object = {}): Promise<string> {
    const template = templateOf(name, node.script(text), ofPod);
    const selector = { matchLabels: template.metadata.labels };
    const spec = { selector, template };
    await node.apply({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name }, spec });
    return `deployment/${name}`;
  }

  async function runJob(name: string, container: TestContainer, ofPod: object = {}) {
    const template = templateOf(name, container, { ...ofPod, restartPolicy: "Never" });
    const spec = { template };
    await node.apply({ apiVersion: "batch/v1", kind: "Job", metadata: { name }, spec });
  }

  const forEver = "setInterval(() => undefined, 1000);";

  test("a Deployment's pod runs, is asked to end when it is scaled to 0, and is gone then", async () => {
    const untilAsked =
      "process.on('SIGTERM', () => { console.log('asked'); process.exit(); });" + forEver;
    const says = "console.log('runs as', process.env.HOSTNAME)";
    const deployment = await deploy("service", `${untilAsked} ${says}`);
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

  test("a termination message comes with the status: its last 4,096 bytes, or less beside other containers", async () => {
    const script =
      "require('node:fs').writeFileSync(process.argv[1], 'a'.repeat(5000) + 'b'.repeat(4095))";
    const container = { ...node.script(script), args: ["/dev/termination-log"] };
    const main = { name: "main", ...container };
    const sidecars = ["one", "two", "three"].map((name) => ({ name, ...node.script(forEver) }));
    await runJob("talking", container);
    await runJob("meshed", container, { containers: [main, ...sidecars] });
    const message = "status.containerStatuses[?(@.name=='main')].state.terminated.message";
    await becomes("talking", message, new RegExp(`^ab{4095}$`));
    await becomes("meshed", message, new RegExp(`^ab{3071}$`));
    await kubectl("delete", "job/meshed", "--wait=false");
  });

  test("a service that ends is started again", async () => {
    await deploy("crashing", "console.log('once more'); process.exit(1)");
    await becomes("crashing", `${status}.restartCount`, /^[1-9]/);
    // A real kubelet says so for a tenth of a second at first, and for seconds from the second time on.
    const waits = `jsonpath={.${status}.state.waiting.reason}=CrashLoopBackOff`;
    await kubectl("wait", "pod", "--selector=app=crashing", `--for=${waits}`, "--timeout=90s");
    const [pod = ""] = await podsOf("crashing");
    await vi.waitFor(async () => {
      expect(await kubectl("logs", pod)).toBe("once more");
    }, 20_000);
    await kubectl("delete", "deployment/crashing");
  });

  test("a process that does not end when it is asked is ended after the grace period", async () => {
    const script = `process.on('SIGTERM', () => console.log('no')); ${forEver}`;
    const grace = { terminationGracePeriodSeconds: 1 };
    const deployment = await deploy("stubborn", script, grace);
    await wait(deployment, "condition=Available");
    const [pod = ""] = await podsOf("stubborn");
    await kubectl("scale", deployment, "--replicas=0");
    await wait(`pod/${pod}`, "delete");
  });
}
