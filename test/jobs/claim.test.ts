import { chmod, chown, mkdir, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { nodesOfVolume, runJob } from "../../components/step/jobs/run";
import { clusterAt } from "../../components/kubernetes";
import { generateSample } from "../../tools/sample";
import { ownKubelet } from "../../tools/parts";
import { isRoot } from "../kubelet/volumes";
import { serverForTests } from "../server";
import { migrate } from "../transfer/database";
import { builtImage, startJobCluster, type JobCluster } from "./cluster";
import { bulkPassRequest, migrationRequest, verificationRequest } from "./requests";

vi.setConfig({ testTimeout: 120_000 });

const current = serverForTests();
let cluster: JobCluster;

beforeAll(async () => {
  cluster = await startJobCluster(current.folder);
  // A service: it keeps a run's state in its claim, as its own user, and stays.
  const script = `
    const { mkdirSync, writeFileSync } = require("node:fs");
    mkdirSync(process.argv[1] + "/state/runs", { recursive: true });
    writeFileSync(process.argv[1] + "/state/runs/of-service.txt", "");
    setInterval(() => undefined, 1000);`;
  cluster.images.set("service", { entrypoint: [process.execPath, "--eval", script] });
});
afterAll(() => cluster.stop());
beforeEach(() => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
});

const rootOf = (namespace: string) => join(current.folder, "states", namespace);
const of = (namespace: string) => `--namespace=${namespace}`;

/** A namespace whose volume is as a fresh block device: nobody but root may write in it. */
async function prepare(namespace: string, accessMode?: string): Promise<void> {
  const root = rootOf(namespace);
  await cluster.prepare(namespace, `${current.server.uri}/${namespace}`, root, accessMode);
  await mkdir(join(root, "state/runs"), { recursive: true });
  await chmod(root, 0o755);
  await migrate(current.client.db(namespace));
}

/** The services' security context in our chart. */
const ofChart = { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 };

/** Deploys a service that mounts the claim `state`, and waits for its pod. */
async function deploy(namespace: string): Promise<void> {
  const labels = { app: "web" };
  const annotations = { [ownKubelet.name]: ownKubelet.value };
  const containers = [
    {
      name: "main",
      image: "service",
      args: ["/data"],
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    },
  ];
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: "state" } }];
  const spec = {
    securityContext: ofChart,
    terminationGracePeriodSeconds: 1,
    containers,
    volumes,
  };
  await cluster.apply({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace },
    spec: {
      selector: { matchLabels: labels },
      template: { metadata: { labels, annotations }, spec },
    },
  });
  await cluster.kubectl("rollout", "status", "deployment/web", "--timeout=60s", of(namespace));
}

/** A target whose pods have the image's user, or the one of a security context. */
function asBuilt(namespace: string, securityContext: object = ofChart) {
  const target = cluster.target(namespace, { image: builtImage });
  return { ...target, podTemplate: { ...target.podTemplate, spec: { securityContext } } };
}

const failed = (running: Promise<unknown>) =>
  running.then(
    () => "",
    (error: unknown) => (error as Error).message,
  );

interface PodSpec {
  readonly nodeName?: string;
  readonly securityContext: object;
}

/** What the pods of a step's Job ask for. */
async function specsOf(namespace: string, step: string): Promise<PodSpec[]> {
  const labels = `--selector=taskrunner.stellaops.io/step=${step}`;
  const text = await cluster.kubectl("get", "pods", labels, of(namespace), "--output=json");
  return (JSON.parse(text) as { items: { spec: PodSpec }[] }).items.map(({ spec }) => spec);
}

describe("the user of a Job's pods", () => {
  beforeEach(({ skip }) => {
    skip(!isRoot, "needs root");
  });

  it("is that of jobs.podTemplate, so that it can write a fresh volume", async () => {
    await prepare("fresh");
    await deploy("fresh");
    await vi.waitFor(() => stat(join(rootOf("fresh"), "state/runs/of-service.txt")), 20_000);
    const root = await stat(rootOf("fresh"));
    expect([root.uid, root.gid, (root.mode & 0o7777).toString(8)]).toEqual([0, 10001, "2775"]);

    await runJob(asBuilt("fresh"), bulkPassRequest);
    const [spec] = await specsOf("fresh", "bulk-pass");
    expect(spec?.securityContext).toMatchObject(ofChart);
    // The probe is gone.
    expect(await readdir(rootOf("fresh"))).toEqual(["state"]);
  });

  it("may have no name in the image when it claims the ledger", async () => {
    await prepare("nameless");
    await current.client.db("nameless").dropDatabase();
    await runJob(asBuilt("nameless"), { ...migrationRequest(), state: "read" });
    const specs = await specsOf("nameless", "ledger-claim");
    expect(specs).toContainEqual(
      expect.objectContaining({ securityContext: expect.objectContaining(ofChart) as object }),
    );
  });

  it("stops before the drain if it cannot write cutover.json", async () => {
    await prepare("read-only");
    const target = asBuilt("read-only", { runAsUser: 10001 });
    const text = await failed(runJob(target, bulkPassRequest));
    expect(text).toMatch(/Writing \S+cutover\.json .*EACCES/);
  });

  it("stops before the drain if it cannot write in a folder of the state", async () => {
    await prepare("folders");
    // As services with an fsGroup and a user of their image's leave it: their folders are their own.
    await chown(rootOf("folders"), 0, 10001);
    await chmod(rootOf("folders"), 0o2775);
    await chown(join(rootOf("folders"), "state/runs"), 1654, 10001);
    const user = { fsGroup: 10001, fsGroupChangePolicy: "OnRootMismatch" };
    const target = asBuilt("folders", user);
    const text = await failed(runJob(target, bulkPassRequest));
    expect(text).toMatch(/Writing \S+\/state\/runs .*EACCES/);
  });
});

describe("a ReadWriteOnce volume", () => {
  /** A second node, which the scheduler likes more than the first. */
  beforeAll(async () => {
    const node = await cluster.kubectl("get", "node/local", "--output=json");
    const { metadata, ...others } = JSON.parse(node) as { metadata: { labels: object } };
    const labels = { ...metadata.labels, "kubernetes.io/hostname": "other" };
    const annotations = { "kwok.x-k8s.io/node": "fake" };
    await cluster.apply({ ...others, metadata: { name: "other", labels, annotations } });
    await cluster.kubectl("wait", "node/other", "--for=condition=Ready", "--timeout=60s");
  });
  afterAll(async () => {
    await cluster.kubectl("delete", "node/other");
  });

  it("is mounted on the node that has it", async () => {
    await generateSample(rootOf("once"), { runs: 10 });
    await prepare("once");
    await cluster.kubectl("cordon", "other");
    await deploy("once");
    await cluster.kubectl("uncordon", "other");
    await cluster.kubectl("taint", "nodes", "local", "busy=yes:PreferNoSchedule");
    onTestFinished(async () => {
      await cluster.kubectl("taint", "nodes", "local", "busy-");
    });

    const target = cluster.target("once", { timeoutSeconds: 10 });
    expect(await runJob(target, bulkPassRequest)).toMatchObject({
      results: { report: { runs: { inserted: 10 } } },
    });
    const nodes = (await specsOf("once", "bulk-pass")).map(({ nodeName }) => nodeName);
    expect(nodes).toEqual(["local"]);
  });

  it("is mounted anywhere if no pod has it", async () => {
    await prepare("unused");
    expect(await runJob(cluster.target("unused"), verificationRequest)).toHaveProperty("results");
  });

  it("that is ReadWriteMany too needs no node", async () => {
    await prepare("many", "ReadWriteMany");
    const target = cluster.target("many");
    expect(await nodesOfVolume(await clusterAt(target), target, bulkPassRequest)).toEqual([]);
  });
});
