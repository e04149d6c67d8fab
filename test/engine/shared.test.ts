import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample } from "../../sample";
import { makeCluster, type TestCluster } from "./cluster";
import { makeStack, type Run, type TestStack } from "./stack";
import { dependantsOf, resourcesOf } from "./state";
import { cutoverKinds, stepsDone } from "./steps";
import { installUmbrella, type UmbrellaSite } from "./umbrella/site";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;
type Mode = "mongo" | "filesystem";

let stack: TestStack;
let server: BorrowedServer;
let cluster: TestCluster;
let mongo: MongoClient;
let site: UmbrellaSite;

beforeAll(async () => {
  stack = await makeStack("test", undefined, { kubernetes: true });
  server = await borrowServer();
  mongo = await new MongoClient(server.uri).connect();
  cluster = await makeCluster(stack.folder);
  await generateSample(join(stack.folder, "state"), { runs: 10 });
  site = await installUmbrella(cluster);
}, 25 * minutes);
afterAll(async () => {
  await mongo.close();
  await cluster.controlPlane.release();
  await server.release();
  await stack.remove();
});

const configure = (storageMode: Mode, step: "worker" | "web", changed: object = {}) =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    logRetentionDays: 3_650,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: { kubeconfig: cluster.controlPlane.kubeconfig },
    rollout: {
      target: "helm",
      namespace: cluster.namespace,
      timeoutSeconds: 60,
      step,
      shared: { release: site.release, chart: site.chart },
      ...changed,
    },
  });

const onFiles = ["filesystem", "filesystem"];
const onMongo = ["mongo", "mongo"];

/** The steps that were done, in their order. */
const orderOf = (run: Run) => stepsDone(run, [...cutoverKinds, "LogRetention"]);

const runFolder = "state/runs";
const runs = () => mongo.db("taskrunner").collection<{ _id: string }>("pack_runs");

/** Writes a run as web does in filesystem mode, by the example of another. */
async function writeRun(runId: string): Promise<void> {
  const folder = join(stack.folder, "state", runFolder);
  const example = "run-20251106-000001";
  const text = await readFile(join(folder, `${example}.json`), "utf8");
  await writeFile(join(folder, `${runId}.json`), text.replaceAll(example, runId));
}

const expiry = async () => {
  const indexes = await mongo.db("taskrunner").collection("pack_run_logs").indexes();
  return indexes.find(({ key }) => "timestamp" in key && Object.keys(key).length === 1)
    ?.expireAfterSeconds;
};

describe("one release that holds both services", () => {
  it(
    "is taken over on files, by labels that are each service's own",
    async () => {
      await configure("filesystem", "web", {
        web: { selector: "app.kubernetes.io/component=www" },
      });
      const wrong = await stack.preview();
      expect(wrong.failed).toBe(true);
      expect(wrong.output).toMatch(
        /No workload of release stella in namespace \S+ of context \S+ has/,
      );
      expect(wrong.output).toContain(
        `has the labels app.kubernetes.io/component=www; it has Deployment ` +
          `stella-gateway, Deployment stella-web, Deployment stella-worker. Set rollout.web.selector`,
      );
      const gateway = await site.podsOf("gateway");

      await configure("filesystem", "web");
      const up = await stack.up();
      expect(up.failed, up.output).toBe(false);
      expect(await site.modesOf("worker")).toEqual(onFiles);
      expect(await site.modesOf("web")).toEqual(onFiles);
      expect(await site.podsOf("gateway")).toEqual(gateway);
      expect((await stack.outputs()).rollout).toMatchObject({
        worker: { mode: "filesystem", release: "stella", revision: 2 },
      });
      expect(await dependantsOf("services-check", stack)).toEqual(
        expect.arrayContaining(["kubernetes", "ledger-claim", "worker-drain-request"]),
      );
    },
    4 * minutes,
  );

  it(
    "is not upgraded for both services at once: nothing is changed",
    async () => {
      const before = await site.standing();
      const resources = await resourcesOf(stack);
      await configure("mongo", "web");
      const run = await stack.up();
      expect(run.failed).toBe(true);
      expect(run.output).toContain(
        `In release stella the worker is in filesystem mode and web in filesystem mode. ` +
          "storageMode: mongo with rollout.step: web would change both to mongo mode in one upgrade. " +
          "Set rollout.step: worker and run pulumi up, then set rollout.step: web and run it again.",
      );
      expect(orderOf(run)).toEqual([]);
      expect(await site.standing()).toEqual(before);
      expect(await resourcesOf(stack)).toEqual(resources);
      expect(await mongo.db("taskrunner").listCollections().toArray()).toEqual([]);
    },
    4 * minutes,
  );

  it(
    "takes the worker over first, and nothing of web's is touched",
    async () => {
      const web = await site.podsOf("web");
      const gateway = await site.podsOf("gateway");
      await configure("mongo", "worker");
      const preview = await stack.preview();
      expect(preview.output).toContain(
        "This update changes the worker to mongo mode and leaves web in filesystem mode. " +
          "Next: set rollout.step: web and run pulumi up.",
      );
      expect(preview.output).not.toContain("TaskRunner__Storage__Mongo");
      const up = await stack.up();

      expect(up.failed, up.output).toBe(false);
      expect(orderOf(up)).toEqual([
        "BulkImport backfill",
        "Drain worker-drain",
        "Handover handover",
        "Release release",
        "PodsReplaced worker-pods",
      ]);
      expect(up.output).toContain("set storageMode: filesystem with rollout.step: web");
      expect(await site.modesOf("worker")).toEqual(onMongo);
      expect(await site.podsOf("web")).toEqual(web);
      expect(Object.values(web)).toEqual(onFiles);
      expect(await site.podsOf("gateway")).toEqual(gateway);
      expect(await stack.outputs()).toMatchObject({
        verification: null,
        rollout: {
          worker: { mode: "mongo", release: "stella" },
          web: { mode: "filesystem", release: "stella" },
        },
      });
      expect(await expiry()).toBeUndefined();
    },
    6 * minutes,
  );

  it(
    "takes web over next, and proves that nothing is missing of what web wrote meanwhile",
    async () => {
      await writeRun("run-of-web");
      const worker = await site.podsOf("worker");
      await configure("mongo", "web");
      const up = await stack.up();

      expect(up.failed, up.output).toBe(false);
      expect(orderOf(up)).toEqual([
        "Release release",
        "PodsReplaced worker-pods",
        "PodsReplaced web-pods",
        "SecondHandover second-handover",
        "Verification verification",
        "LogRetention log-retention",
      ]);
      expect(await site.podsOf("worker")).toEqual(worker);
      expect(await site.modesOf("web")).toEqual(onMongo);
      expect(await runs().countDocuments({ _id: "run-of-web" })).toBe(1);
      expect(await stack.outputs()).toMatchObject({
        verification: { holds: true },
        rollout: { worker: { mode: "mongo" }, web: { mode: "mongo" } },
      });
      expect(await expiry()).toBe(3_650 * 86_400);
    },
    6 * minutes,
  );
});

describe("the rollback of such a release", () => {
  it(
    "is refused for both services at once, and for web before the worker",
    async () => {
      const before = await site.standing();
      await configure("filesystem", "web");
      expect((await stack.preview()).output).toContain("would change both to filesystem mode");
      await configure("mongo", "worker");
      expect((await stack.preview()).output).toContain(
        "would change web to filesystem mode. Set rollout.step: web, because web is already in mongo mode.",
      );
      expect(await site.standing()).toEqual(before);
    },
    3 * minutes,
  );

  it(
    "takes the worker first, and may be given up then",
    async () => {
      const web = await site.podsOf("web");
      await configure("filesystem", "worker");
      const up = await stack.up();
      expect(up.failed, up.output).toBe(false);
      expect(orderOf(up)).toEqual([
        "Drain worker-drain",
        "Handover handover",
        "Release release",
        "PodsReplaced worker-pods",
      ]);
      expect(await site.modesOf("worker")).toEqual(onFiles);
      expect(await site.podsOf("web")).toEqual(web);

      // Both are to be in Mongo mode again: web is, so that this takes the worker alone.
      await configure("mongo", "web");
      const again = await stack.up();
      expect(again.failed, again.output).toBe(false);
      expect(orderOf(again)).toContain("Verification verification");
      expect(await site.modesOf("worker")).toEqual(onMongo);
      expect(Object.keys(await site.podsOf("web"))).toEqual(Object.keys(web));
      expect(await expiry()).toBe(3_650 * 86_400);
    },
    6 * minutes,
  );

  it(
    "takes the worker while MongoDB is stopped, then web, with what web wrote meanwhile",
    async () => {
      await server.stop();
      await configure("filesystem", "worker");
      const first = await stack.up();
      expect(first.failed, first.output).toBe(false);
      expect(await site.modesOf("worker")).toEqual(onFiles);
      expect(await site.modesOf("web")).toEqual(onMongo);
      expect(await readdir(join(stack.folder, "state/held", runFolder))).not.toEqual([]);

      await server.start();
      const written = await runs().findOne({ _id: "run-of-web" });
      await runs().insertOne({ ...written, _id: "later-run-of-web" });
      await configure("filesystem", "web");
      const second = await stack.up();
      expect(second.failed, second.output).toBe(false);
      expect(orderOf(second)).toEqual([
        "Release release",
        "PodsReplaced worker-pods",
        "PodsReplaced web-pods",
        "SecondHandover second-handover",
      ]);
      expect(await site.modesOf("worker")).toEqual(onFiles);
      expect(await site.modesOf("web")).toEqual(onFiles);
      const files = await readdir(join(stack.folder, "state", runFolder));
      expect(files).toContain("later-run-of-web.json");
      await expect(readdir(join(stack.folder, "state/held"))).rejects.toThrow("ENOENT");
    },
    6 * minutes,
  );
});
