import { chmod, chown, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { claimUseOf } from "../../components/step/jobs/claim";
import { clusterAt } from "../../components/kubernetes";
import { runJob } from "../../components/step/jobs";
import { generateSample } from "../../tools/sample";
import { ownKubelet } from "../../tools/parts";
import { isRoot } from "../kubelet/volumes";
import { serverForTests } from "../server";
import { builtImage, startJobCluster, type JobCluster } from "./cluster";
import { bulkPassRequest, migrationRequest, verificationRequest } from "./requests";

vi.setConfig({ testTimeout: 120_000 });

const current = serverForTests();
let cluster: JobCluster;
let said: string[];

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
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});

const rootOf = (namespace: string) => join(current.folder, "states", namespace);
const of = (namespace: string) => `--namespace=${namespace}`;

/** A namespace whose volume is as a fresh block device: nobody but root may write in it. */
async function prepare(namespace: string, accessMode?: string): Promise<void> {
  const root = rootOf(namespace);
  await cluster.prepare(namespace, `${current.server.uri}/${namespace}`, root, accessMode);
  await mkdir(join(root, "state/runs"), { recursive: true });
  await chmod(root, 0o755);
  await runJob(cluster.target(namespace), migrationRequest());
}

/** The services' security context in our chart. */
const ofChart = { runAsNonRoot: true, runAsUser: 10001, runAsGroup: 10001, fsGroup: 10001 };

interface Service {
  readonly kind?: "Deployment" | "StatefulSet";
  readonly replicas?: number;
  readonly securityContext?: object;
  readonly claim?: string;
}

/** Deploys a service that mounts the claim `state`, and waits for its pod. */
async function deploy(
  namespace: string,
  { kind = "Deployment", replicas = 1, securityContext = ofChart, claim = "state" }: Service = {},
): Promise<void> {
  const labels = { app: "web" };
  const annotations = { [ownKubelet.name]: ownKubelet.value };
  const containers = [
    {
      ...{ name: "main", image: "service", args: ["/data"] },
      volumeMounts: [{ name: "data", mountPath: "/data" }],
    },
  ];
  const volumes = [{ name: "data", persistentVolumeClaim: { claimName: claim } }];
  const spec = { securityContext, terminationGracePeriodSeconds: 1, containers, volumes };
  await cluster.apply({
    ...{ apiVersion: "apps/v1", kind, metadata: { name: "web", namespace } },
    spec: {
      ...{ replicas, selector: { matchLabels: labels } },
      ...(kind === "StatefulSet" && { serviceName: "web" }),
      template: { metadata: { labels, annotations }, spec },
    },
  });
  if (replicas === 0) return;
  const rollout = ["rollout", "status", `${kind}/web`, "--timeout=60s", of(namespace)];
  await cluster.kubectl(...rollout);
}

const asBuilt = (namespace: string) => cluster.target(namespace, { image: builtImage });

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
  it.runIf(isRoot)(
    "is that of the services' pods that mount the claim, so that it can write a fresh volume",
    async () => {
      await prepare("fresh");
      await deploy("fresh");
      await vi.waitFor(() => stat(join(rootOf("fresh"), "state/runs/of-service.txt")), 20_000);
      const root = await stat(rootOf("fresh"));
      expect([root.uid, root.gid, (root.mode & 0o7777).toString(8)]).toEqual([0, 10001, "2775"]);

      await runJob(asBuilt("fresh"), bulkPassRequest(1));
      const [spec] = await specsOf("fresh", "bulk-pass");
      expect(spec?.securityContext).toMatchObject({
        ...ofChart,
        fsGroupChangePolicy: "OnRootMismatch",
      });
      // The probe is gone.
      expect(await readdir(rootOf("fresh"))).toEqual(["state"]);
    },
  );

  it("is the same when no pod of the services is there, as after the drain", async () => {
    await prepare("drained");
    await deploy("drained", { replicas: 0 });
    await runJob(asBuilt("drained"), bulkPassRequest(1));
    const [spec] = await specsOf("drained", "bulk-pass");
    expect(spec?.securityContext).toMatchObject(ofChart);
  });

  it.runIf(isRoot)("may have no name in the image when it claims the ledger", async () => {
    await prepare("nameless");
    await deploy("nameless", { replicas: 0 });
    await runJob(asBuilt("nameless"), { ...migrationRequest(), state: "read" });
    const specs = await specsOf("nameless", "ledger-claim");
    expect(specs).toContainEqual(
      expect.objectContaining({ securityContext: expect.objectContaining(ofChart) as object }),
    );
  });

  it.runIf(isRoot)("stops before the drain if it cannot write fence.json", async () => {
    await prepare("read-only");
    await deploy("read-only", { replicas: 0, securityContext: { runAsUser: 10001 } });
    const text = await failed(runJob(asBuilt("read-only"), bulkPassRequest(1)));
    expect(text).toMatch(/Writing \S+fence\.json failed: EACCES.* Nothing was stopped\./s);
  });

  it.runIf(isRoot)(
    "stops before the drain if it cannot write in a folder of the state",
    async () => {
      await prepare("folders");
      // As services with an fsGroup and a user of their image's leave it: their folders are their own.
      await chown(rootOf("folders"), 0, 10001);
      await chmod(rootOf("folders"), 0o2775);
      await chown(join(rootOf("folders"), "state/runs"), 1654, 10001);
      await deploy("folders", { replicas: 0, securityContext: { fsGroup: 10001 } });
      const text = await failed(runJob(asBuilt("folders"), bulkPassRequest(1)));
      expect(text).toMatch(/Writing \S+\/state\/runs failed: EACCES.* Nothing was stopped\./s);
    },
  );
});

describe("a ReadWriteOnce claim", () => {
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

  it("is mounted on the node that has it, by one pod that does all the work", async () => {
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
    expect(await runJob(target, bulkPassRequest(3))).toMatchObject([
      { results: { report: { runs: { inserted: 10 } } } },
    ]);
    const nodes = (await specsOf("once", "bulk-pass")).map(({ nodeName }) => nodeName);
    expect(nodes).toEqual(["local"]);
  });

  const again = expect.stringMatching(
    /^job \S+: its node was cordoned or lost, so it is created/,
  ) as string;

  it("whose node was cordoned has its Job created again, where the services' pods went", async () => {
    await prepare("moved");
    await cluster.kubectl("cordon", "local");
    await deploy("moved");
    await cluster.kubectl("uncordon", "local");
    await cluster.kubectl("cordon", "other");
    onTestFinished(async () => {
      await cluster.kubectl("uncordon", "other");
    });
    const target = cluster.target("moved", { timeoutSeconds: 40 });
    const running = runJob(target, bulkPassRequest(1));
    await Promise.all([
      expect(running).resolves.toMatchObject([{ results: { report: { files: 0 } } }]),
      vi
        .waitFor(() => {
          expect(said.join("\n")).toContain("not scheduled on any node");
        }, 20_000)
        .then(() => cluster.kubectl("delete", "pods", "--selector=app=web", of("moved"))),
    ]);
    expect(said).toContainEqual(again);
    const nodes = (await specsOf("moved", "bulk-pass")).map(({ nodeName }) => nodeName);
    expect(nodes).toEqual(["local"]);
  });

  it("does not matter to a Job whose node is lost: it is created again on another one", async () => {
    await prepare("lost-node");
    // The first pod never ends, and is never told to have ended.
    const [, commands = ""] = cluster.images.get("commands")?.entrypoint ?? [];
    const script = join(current.folder, "on-lost-node.cjs");
    const started = join(current.folder, "on-lost-node.started");
    await writeFile(
      script,
      `const { existsSync, writeFileSync } = require("node:fs");
      if (existsSync(${JSON.stringify(started)})) require(${JSON.stringify(commands)});
      else setInterval(writeFileSync, 1_000, ${JSON.stringify(started)}, "");`,
    );
    const entrypoint = [process.execPath, script];
    cluster.images.set("on-lost-node", { entrypoint, trouble: "undying" });
    await cluster.kubectl("cordon", "local");
    onTestFinished(async () => {
      await cluster.kubectl("taint", "nodes", "other", "gone-");
      cluster.images.set("on-lost-node", { entrypoint });
    });
    const target = cluster.target("lost-node", { image: "on-lost-node", timeoutSeconds: 40 });
    const running = runJob(target, migrationRequest());
    await Promise.all([
      expect(running).resolves.toMatchObject([{ results: { blockedBy: "" } }]),
      vi
        .waitFor(() => stat(started), 30_000)
        .then(() => cluster.kubectl("uncordon", "local"))
        .then(() => cluster.kubectl("taint", "nodes", "other", "gone=yes:NoExecute")),
    ]);
    expect(said).toContainEqual(again);
  });

  it("that only one pod may mount is refused while a pod does", async () => {
    await prepare("one-pod", "ReadWriteOncePod");
    expect(await runJob(cluster.target("one-pod"), verificationRequest)).toHaveLength(1);
    await deploy("one-pod");

    expect(await failed(runJob(cluster.target("one-pod"), verificationRequest))).toMatch(
      /^Claim state is ReadWriteOncePod, and pod web-\S+ mounts it.* Nothing was started\./,
    );
  });

  it("is mounted anywhere if no pod has it", async () => {
    await prepare("unused");
    expect(await runJob(cluster.target("unused"), verificationRequest)).toHaveLength(1);
  });

  it("that is ReadWriteMany too needs no node", async () => {
    await prepare("many", "ReadWriteMany");
    const target = cluster.target("many");
    const use = await claimUseOf(await clusterAt(target), target, bulkPassRequest(4));
    expect(use).toEqual({ user: {}, isOfOneNode: false, nodes: [] });
  });
});
