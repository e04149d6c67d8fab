import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSite, type Site } from "./site";
import type { EngineRun } from "./stack";
import { dependantsOf } from "./state";
import { cutoverKinds, stepsDone } from "./steps";
import { installUmbrella, type UmbrellaSite } from "./umbrella/site";

const minutes = 60_000;
type Mode = "mongo" | "filesystem";

let stack: Site["stack"];
let server: Site["server"];
let cluster: Site["cluster"];
let release: Site["release"];
let mongo: MongoClient;
let site: UmbrellaSite;

beforeAll(async () => {
  ({ stack, server, cluster, release } = await makeSite(10));
  mongo = await new MongoClient(server.uri).connect();
  site = await installUmbrella(cluster);
}, 25 * minutes);
afterAll(async () => {
  await mongo.close();
  await release();
});

const configure = (storageMode: Mode, changed: object = {}) =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    logRetentionDays: 3_650,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: { kubeconfig: cluster.controlPlane.kubeconfig },
    rollout: {
      target: "umbrella",
      namespace: cluster.namespace,
      timeoutSeconds: 60,
      release: site.release,
      chart: site.chart,
      worker: { selector: "app.kubernetes.io/component=worker" },
      web: { selector: "app.kubernetes.io/component=web" },
      ...changed,
    },
  });

const onFiles = ["filesystem", "filesystem"];
const onMongo = ["mongo", "mongo"];
/** What each change of the mode does, in this order. */
const changeOver = [
  "Drain worker-drain",
  "Handover handover",
  "Release release",
  "PodsReplaced worker-pods",
  "PodsReplaced web-pods",
  "FinalPass final-pass",
];

/** The steps that were done, in their order. */
const orderOf = (run: EngineRun) => stepsDone(run, [...cutoverKinds, "LogRetention"]);

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

/** Kills the engine in an `up` to MongoDB once it prints this. */
async function killedAt(at: RegExp): Promise<void> {
  await configure("mongo");
  const killed = await stack.killedUp(at);
  expect(killed.failed).toBe(true);
  await stack.cancel();
}

/** The umbrella chart with another text in the place of one in its template. */
async function otherChart(name: string, text: string, other: string): Promise<string> {
  const chart = join(stack.folder, name);
  await cp(site.chart, chart, { recursive: true });
  const file = join(chart, "templates/deployments.yaml");
  const template = await readFile(file, "utf8");
  expect(template).toContain(text);
  await writeFile(file, template.replace(text, other));
  return chart;
}

describe("one release that holds both services", () => {
  it(
    "is taken over on files, by labels that are each service's own",
    async () => {
      await configure("filesystem", { web: { selector: "app.kubernetes.io/component=www" } });
      const wrong = await stack.preview();
      expect(wrong.failed).toBe(true);
      expect(wrong.output).toMatch(
        /release stella .*component=www; .*stella-gateway, .*stella-web, .*stella-worker\. .*rollout\.web\.selector/,
      );
      const gateway = await site.podsOf("gateway");

      await configure("filesystem");
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
    "is refused where web could not wait for the worker: nothing is changed",
    async () => {
      const before = await site.standing();
      const pausing = await otherChart("pausing", "  replicas:", "  paused: false\n  replicas:");
      await configure("mongo", { chart: pausing });
      const rendered = await stack.up();
      expect(rendered.failed).toBe(true);
      expect(rendered.output).toContain(`Chart ${pausing} of release stella`);
      expect(rendered.output).toContain("spec.paused of Deployment stella-web");
      expect(orderOf(rendered)).not.toContain("Drain worker-drain");

      const env = "            {{- toYaml $values.env | nindent 12 }}";
      const apart = `            {{- toYaml (ternary list $values.env (eq $name "web")) | nindent 12 }}`;
      await configure("mongo", { chart: await otherChart("apart", env, apart) });
      expect((await stack.preview()).output).toMatch(
        /no Deployment .*TaskRunner__Storage__Mode .*rollout\.web\.path/,
      );

      await cluster.kubectl("rollout", "pause", "deployment/stella-web");
      await configure("mongo");
      expect((await stack.preview()).output).toMatch(
        /Deployment stella-web is paused.*kubectl rollout resume/,
      );
      await cluster.kubectl("rollout", "resume", "deployment/stella-web");
      expect(await site.standing()).toEqual(before);
    },
    6 * minutes,
  );

  it(
    "changes over in one update: web when the worker is there",
    async () => {
      const gateway = await site.podsOf("gateway");
      await configure("mongo");
      const up = await stack.up();

      expect(up.failed, up.output).toBe(false);
      // The bulk pass was done before the chart was refused.
      expect(orderOf(up)).toEqual([
        ...changeOver,
        "Verification verification",
        "LogRetention log-retention",
      ]);
      expect(up.output).toContain("stella-web is resumed");
      expect(await site.modesOf("worker")).toEqual(onMongo);
      expect(await site.modesOf("web")).toEqual(onMongo);
      expect(await site.paused()).toBe("");
      expect(await site.lastReady("worker")).toBeLessThanOrEqual(await site.firstCreated("web"));
      expect(await site.podsOf("gateway")).toEqual(gateway);
      expect(await stack.outputs()).toMatchObject({
        verification: { holds: true },
        rollout: {
          worker: { target: "umbrella", mode: "mongo", release: "stella", revision: 3 },
          web: { mode: "mongo", release: "stella", revision: 3 },
        },
      });
      expect(await expiry()).toBe(3_650 * 86_400);
    },
    6 * minutes,
  );

  it(
    "goes back in one update too, with what web wrote to MongoDB",
    async () => {
      const [run] = await runs().find().limit(1).toArray();
      await runs().insertOne({ ...run, _id: "run-of-web" });
      await configure("filesystem");
      const up = await stack.up();

      expect(up.failed, up.output).toBe(false);
      expect(orderOf(up)).toEqual(["BulkPass bulk-pass", ...changeOver]);
      const before = up.output.slice(0, up.output.search(/worker-drain (creating|updating)/));
      expect(before).toMatch(/Exported to .*: 1 run\./);
      expect(await site.modesOf("worker")).toEqual(onFiles);
      expect(await site.modesOf("web")).toEqual(onFiles);
      expect(await site.paused()).toBe("");
      expect(await site.lastReady("worker")).toBeLessThanOrEqual(await site.firstCreated("web"));
      expect(await readdir(join(stack.folder, "state", runFolder))).toContain("run-of-web.json");
    },
    6 * minutes,
  );
});

describe("an engine that is killed while web is paused", () => {
  it(
    "leaves a rollback, which resumes web with the pods that it has",
    async () => {
      const web = await site.podsOf("web");
      await killedAt(/worker-pods (creating|updating)/);
      expect(await site.paused()).toBe("true");
      await configure("filesystem");
      const up = await stack.up();

      expect(up.failed, up.output).toBe(false);
      expect(await site.paused()).toBe("");
      expect(await site.podsOf("web")).toEqual(web);
      expect(await site.modesOf("worker")).toEqual(onFiles);
    },
    6 * minutes,
  );

  it(
    "leaves a cutover that the next update finishes, with what web wrote meanwhile",
    async () => {
      await killedAt(/stella-web is paused until/);
      const [pod = ""] = Object.keys(await site.podsOf("web"));
      await cluster.kubectl("delete", "pod", pod);
      await writeRun("later-run-of-web");
      const up = await stack.up();

      expect(up.failed, up.output).toBe(false);
      expect(orderOf(up)).toContain("Verification verification");
      expect(await site.modesOf("worker")).toEqual(onMongo);
      expect(await site.modesOf("web")).toEqual(onMongo);
      expect(await site.paused()).toBe("");
      expect(await runs().countDocuments({ _id: "later-run-of-web" })).toBe(1);
      expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
    },
    6 * minutes,
  );
});

describe("one release that holds both services, with MongoDB stopped", () => {
  it(
    "goes back in one update",
    async () => {
      const gateway = await site.podsOf("gateway");
      await server.stop();
      await configure("filesystem");
      const up = await stack.up();

      expect(up.failed, up.output).toBe(false);
      expect(orderOf(up)).toEqual(["BulkPass bulk-pass", ...changeOver]);
      expect(await site.modesOf("worker")).toEqual(onFiles);
      expect(await site.modesOf("web")).toEqual(onFiles);
      expect(await site.paused()).toBe("");
      expect(await site.lastReady("worker")).toBeLessThanOrEqual(await site.firstCreated("web"));
      expect(await site.podsOf("gateway")).toEqual(gateway);
      await server.start();
    },
    6 * minutes,
  );
});

describe("whoever destroys a stack whose engine was killed in a cutover", () => {
  it(
    "is told of the worker that is left at zero, and no web starts beside it",
    async () => {
      const [pod = ""] = Object.keys(await site.podsOf("worker"));
      const hold = (finalizers: readonly string[]) => {
        const patch = JSON.stringify({ metadata: { finalizers } });
        return cluster.kubectl("patch", "pod", pod, "--type=merge", `--patch=${patch}`);
      };
      // Without MongoDB the handover lasts, so that the engine ends in it.
      const stopMongo = async () => {
        const since = "--output=jsonpath={.metadata.deletionTimestamp}";
        const deleted = () => cluster.kubectl("get", "pod", pod, since);
        await expect.poll(deleted, { timeout: minutes }).not.toBe("");
        await server.stop();
        await hold([]);
      };
      await hold(["example.test/held"]);
      await Promise.all([killedAt(/Handover \S+ updating/), stopMongo()]);
      await server.start();
      expect(await site.paused()).toBe("true");
      const destroyed = await stack.pulumi("destroy", "--yes", "--skip-preview");

      expect(destroyed.failed, destroyed.output).toBe(false);
      expect(destroyed.output).toMatch(
        /: (mongo|filesystem) mode\. .* scale deployment \S+ --replicas=\d/,
      );
      expect(await site.paused()).toBe("true");
    },
    6 * minutes,
  );
});
