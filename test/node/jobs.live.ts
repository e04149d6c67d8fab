import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { runJob, type JobTarget } from "../../components/step/jobs";
import { formatAnswer } from "../../components/step/jobs/answer";
import { bundle } from "../../tools/bundle/bundle";
import {
  type ImageContent,
  imageFromDockerfile,
  type MongoServer,
  nodeLayer,
  startMongo,
} from "../../tools/parts";
import { readRepositoryFile } from "../../tools/parts/repository";
import { generateSample } from "../../tools/sample";
import { bulkPassRequest, migrationRequest } from "../jobs/requests";
import { localClaim } from "./local-claim";
import { type RealTestNode, realNode } from "./real-node";

let folder: string;
let node: RealTestNode;
let server: MongoServer;

/** The commands, by the repository's Dockerfile. */
const commands = "localhost/taskrunner-storage:1";
/** Programs in the place of the commands, as their image's user. */
const answers = (answer: object) =>
  `fs.writeFileSync("/dev/termination-log", ${JSON.stringify(formatAnswer(answer, []))});`;
const scripts = {
  "read-only":
    `try { fs.writeFileSync("/file", "") } catch ({ code }) ` +
    `{ if (code === "EROFS") { ${answers({ failed: ["the root is read-only"] })} } } process.exit(1)`,
  // More than a kubelet keeps in one file of a log (10 MiB), then nothing until it may end.
  talkative:
    `console.log("first"); for (let n = 0; n < 12; n += 1) console.log("x".repeat(1 << 20)); ` +
    `const on = setInterval(() => { if (!fs.existsSync("/state/go")) return; ` +
    `clearInterval(on); ${answers({ by: "the talkative one" })} }, 200)`,
  greedy: "const all = []; for (;;) all.push(Buffer.alloc(1 << 20, 1))",
  evicted:
    `if (fs.existsSync("/state/first")) { ${answers({ by: "the second" })} } ` +
    `else { fs.writeFileSync("/state/first", ""); setInterval(() => undefined, 1000) }`,
};
const imageOf = (name: keyof typeof scripts) => `localhost/${name}:1`;

beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  const base = await nodeLayer();
  folder = await mkdtemp(join(tmpdir(), "commands-"));
  bundle(folder);
  const text = await readRepositoryFile("tools", "bundle", "Dockerfile");
  const own = Object.entries(scripts).map(([name, script]): ImageContent => ({
    name: imageOf(name as keyof typeof scripts),
    layers: [base],
    entrypoint: ["node", "--eval", `const fs = require("node:fs"); ${script}`, "--"],
    user: "1000:1000",
  }));
  node = await realNode([
    imageFromDockerfile(text, { name: commands, base, context: folder }),
    ...own,
  ]);
  server = await startMongo({ directory: join(node.folder, "mongo"), host: node.address });
});
afterAll(async () => {
  await server.stop();
  await node.stop();
  await rm(folder, { recursive: true });
});

const rootOf = (namespace: string) => join(node.folder, "states", namespace);

/** A namespace with the Secret of the database and a claim on a folder of root's. */
async function prepare(namespace: string): Promise<void> {
  const root = rootOf(namespace);
  await mkdir(root, { recursive: true });
  await chmod(root, 0o750);
  const uri = `${server.uri}/${namespace}`;
  await node.kubectl("create", "namespace", namespace);
  const literal = `--from-literal=connectionString=${uri}`;
  await node.kubectl("create", "secret", "generic", "mongo", literal, `--namespace=${namespace}`);
  await node.apply(...localClaim(namespace, root));
}

function target(namespace: string, spec: object = {}, image = commands): JobTarget {
  return {
    kubeconfig: node.cluster.kubeconfig,
    namespace,
    image,
    podTemplate: { spec },
    secret: { name: "mongo", key: "connectionString" },
    volume: { name: "state" },
    stack: `test/${namespace}`,
    timeoutSeconds: 60,
  };
}
const ofGroup = { securityContext: { fsGroup: 2000 } };
const failed = (running: Promise<unknown>) =>
  running.then(
    () => "",
    (error: unknown) => (error as Error).message,
  );
const asUser = { runAsUser: 1000 };

/** Deletes the pods of a namespace as soon as they succeeded, until it is told to stop. */
function deletePods(namespace: string): () => Promise<void> {
  const which = ["--field-selector=status.phase=Succeeded", `--namespace=${namespace}`];
  const stopped = new AbortController();
  const deleting = (async () => {
    while (!stopped.signal.aborted) {
      await node.kubectl("delete", "pods", ...which, "--wait=false");
    }
  })();
  return () => {
    stopped.abort();
    return deleting;
  };
}

// Most of the time they wait for the node.
describe.concurrent("a Job on a real node", () => {
  it("a Job writes to a state of root's by its fsGroup, as the user of its image", async () => {
    await generateSample(rootOf("group"), { runs: 20 });
    await writeFile(join(rootOf("group"), "state", "approvals", "broken.json"), "{");
    await prepare("group");
    expect(await runJob(target("group", ofGroup), migrationRequest())).toMatchObject({
      results: { blockedBy: "" },
    });
    expect(await runJob(target("group", ofGroup), bulkPassRequest)).toMatchObject({
      results: { report: { runs: { inserted: 20 }, approvals: { quarantined: 1 } } },
    });
    const { uid, gid } = await stat(join(rootOf("group"), "quarantine.ndjson"));
    expect([uid, gid]).toEqual([1000, 2000]);
  });

  it("a Job without a group is refused by a state of root's, in words", async () => {
    await generateSample(rootOf("refused"), { runs: 1 });
    await prepare("refused");
    const text = await failed(runJob(target("refused"), bulkPassRequest));
    expect(text).toMatch(/exit code 1\):\n {2}.*EACCES/);
  });

  it("a container cannot write to its root", async () => {
    await prepare("read-only");
    const text = await failed(
      runJob(target("read-only", {}, imageOf("read-only")), bulkPassRequest),
    );
    expect(text).toMatch(/exit code 1\):\n {2}the root is read-only/);
  });

  it("a Job is over when its container is, beside an injected sidecar and a native one", async () => {
    await prepare("mesh");
    const forEver = {
      ...node.script("setInterval(() => undefined, 1000)"),
      securityContext: asUser,
    };
    const containers = [{ name: "injected", ...forEver }];
    const initContainers = [{ name: "native", ...forEver, restartPolicy: "Always" }];
    const meshed = target("mesh", { containers, initContainers });
    expect(await runJob(meshed, migrationRequest())).toMatchObject({ results: { blockedBy: "" } });
    await vi.waitFor(async () => {
      expect(await node.kubectl("get", "jobs,pods", "--namespace=mesh", "--output=name")).toBe("");
    }, 40_000);
  });

  it("a Job ends well whose log was rotated, so that its beginning is gone", async () => {
    await prepare("talkative");
    const running = runJob(target("talkative", ofGroup, imageOf("talkative")), bulkPassRequest);
    const which = "--selector=app.kubernetes.io/name=taskrunner-storage";
    const logs = ["logs", which, "--namespace=talkative", "--tail=-1", "--limit-bytes=9"];
    await vi.waitFor(async () => {
      expect(await node.kubectl(...logs)).toBe("first\nxxx");
    }, 60_000);
    await vi.waitFor(async () => {
      expect(await node.kubectl(...logs)).not.toContain("f");
    }, 60_000);
    await writeFile(join(rootOf("talkative"), "go"), "");
    expect(await running).toMatchObject({ by: "the talkative one" });
  });

  it("a pod that is evicted is replaced, and its Job ends well", async () => {
    await prepare("evicted");
    const running = runJob(target("evicted", ofGroup, imageOf("evicted")), bulkPassRequest);
    const first = join(rootOf("evicted"), "first");
    await vi.waitFor(() => stat(first), { timeout: 60_000, interval: 200 });
    const which = "--output=jsonpath={.items[0].metadata.name}";
    const name = await node.kubectl("get", "pods", "--namespace=evicted", which);
    const metadata = { name, namespace: "evicted" };
    const file = join(node.folder, "eviction.json");
    const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata };
    await writeFile(file, JSON.stringify(eviction));
    const path = `/api/v1/namespaces/evicted/pods/${name}/eviction`;
    await node.kubectl("create", `--raw=${path}`, `--filename=${file}`);
    expect(await running).toMatchObject({ by: "the second" });
  });

  it("a container that needs more memory than its limit is named with the reason", async () => {
    await prepare("greedy");
    const limits = { memory: "128Mi" };
    const containers = [{ name: "taskrunner-storage", resources: { limits, requests: limits } }];
    const asked = target("greedy", { containers }, imageOf("greedy"));
    const running = failed(runJob(asked, bulkPassRequest));
    expect(await running).toMatch(/Pod \S+ ended \(OOMKilled, exit code 137\)/);
  });

  it("a finished Job whose pod is gone says what to do, and a new Job finds the work done", async () => {
    await prepare("gone");
    // The pod is deleted as soon as it ended, before its answer can be read.
    const stop = deletePods("gone");
    expect(await failed(runJob(target("gone"), migrationRequest()))).toMatch(
      /is complete, but its pod no longer exists/,
    );
    await stop();
    expect(await runJob(target("gone"), migrationRequest())).toMatchObject({
      results: { blockedBy: "" },
    });
  });
});
