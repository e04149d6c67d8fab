import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import type { EngineRun } from "./stack";
import { helmStack, type Mode } from "./stacks";
import { dependantsOf } from "./state";
import { cutoverKinds, stepsDone } from "./steps";
import { installUmbrella, type UmbrellaSite } from "./umbrella/site";

const minutes = 60_000;

const base = helmStack({ runs: 10 });
let site: UmbrellaSite;
beforeAll(async () => {
  site = await installUmbrella(base.cluster);
});

const configure = (storageMode: Mode, changed: object = {}) =>
  base.stack.configure({
    storageMode,
    mongoUri: `${base.server.uri}/taskrunner`,
    logRetentionDays: 3_650,
    backfill: { source: { path: base.root } },
    kubernetes: base.cluster.kubernetes,
    rollout: {
      target: "umbrella",
      namespace: base.cluster.namespace,
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
const runs = () => base.db.collection<{ _id: string }>("pack_runs");

/** Writes a run as web does in filesystem mode, by the example of another. */
async function writeRun(runId: string): Promise<void> {
  const folder = join(base.root, runFolder);
  const example = "run-20251106-000001";
  const text = await readFile(join(folder, `${example}.json`), "utf8");
  await writeFile(join(folder, `${runId}.json`), text.replaceAll(example, runId));
}

const expiry = async () => {
  const indexes = await base.db.collection("pack_run_logs").indexes();
  return indexes.find(({ key }) => "timestamp" in key && Object.keys(key).length === 1)
    ?.expireAfterSeconds;
};

/** Kills the engine in an `up` to MongoDB once it prints this. */
async function killedAt(at: RegExp): Promise<void> {
  await configure("mongo");
  const killed = await base.stack.killedUp(at);
  expect(killed.failed).toBe(true);
  await base.stack.cancel();
}

/** The umbrella chart with another text in the place of one in its template. */
async function otherChart(name: string, text: string, other: string): Promise<string> {
  const chart = join(base.stack.folder, name);
  await cp(site.chart, chart, { recursive: true });
  const file = join(chart, "templates/deployments.yaml");
  const template = await readFile(file, "utf8");
  expect(template).toContain(text);
  await writeFile(file, template.replace(text, other));
  return chart;
}

describe("one release that holds both services", () => {
  it("is taken over on files", async () => {
    const gateway = await site.podsOf("gateway");

    await configure("filesystem");
    await base.up();
    expect(await site.modesOf("worker")).toEqual(onFiles);
    expect(await site.modesOf("web")).toEqual(onFiles);
    expect(await site.podsOf("gateway")).toEqual(gateway);
    expect((await base.stack.outputs()).rollout).toMatchObject({
      worker: { mode: "filesystem", release: "stella", revision: 2 },
    });
    expect(await dependantsOf("services-check", base.stack)).toEqual(
      expect.arrayContaining(["kubernetes", "ledger-claim", "worker-drain-request"]),
    );
  });

  it("is refused where web could not wait for the worker: nothing is changed", async () => {
    const before = await site.standing();
    const pausing = await otherChart("pausing", "  replicas:", "  paused: false\n  replicas:");
    await configure("mongo", { chart: pausing });
    const rendered = await base.stack.up();
    expect(rendered.failed).toBe(true);
    expect(rendered.output).toContain(`Chart ${pausing} of release stella`);
    expect(rendered.output).toContain("spec.paused of Deployment stella-web");
    expect(orderOf(rendered)).not.toContain("Drain worker-drain");
    expect(await site.standing()).toEqual(before);
  });

  it("changes over in one update: web when the worker is there", async () => {
    const gateway = await site.podsOf("gateway");
    await configure("mongo");
    const up = await base.up();

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
    expect(await base.stack.outputs()).toMatchObject({
      verification: { holds: true },
      rollout: {
        worker: { target: "umbrella", mode: "mongo", release: "stella", revision: 3 },
        web: { mode: "mongo", release: "stella", revision: 3 },
      },
    });
    expect(await expiry()).toBe(3_650 * 86_400);
  });

  it("goes back in one update too, with what web wrote to MongoDB", async () => {
    const [run] = await runs().find().limit(1).toArray();
    await runs().insertOne({ ...run, _id: "run-of-web" });
    await configure("filesystem");
    const up = await base.up();

    expect(orderOf(up)).toEqual(["BulkPass bulk-pass", ...changeOver]);
    const before = up.output.slice(0, up.output.search(/worker-drain (creating|updating)/));
    expect(before).toMatch(/Exported to .* before the drain: 1 run\./);
    expect(await site.modesOf("worker")).toEqual(onFiles);
    expect(await site.modesOf("web")).toEqual(onFiles);
    expect(await site.paused()).toBe("");
    expect(await site.lastReady("worker")).toBeLessThanOrEqual(await site.firstCreated("web"));
    expect(await readdir(join(base.root, runFolder))).toContain("run-of-web.json");
  });
});

describe("an engine that is killed while web is paused", () => {
  it("leaves a rollback, which resumes web with the pods that it has", async () => {
    const web = await site.podsOf("web");
    await killedAt(/worker-pods (creating|updating)/);
    expect(await site.paused()).toBe("true");
    await configure("filesystem");
    await base.up();

    expect(await site.paused()).toBe("");
    expect(await site.podsOf("web")).toEqual(web);
    expect(await site.modesOf("worker")).toEqual(onFiles);
  });

  it("leaves a cutover that the next update finishes, with what web wrote meanwhile", async () => {
    await killedAt(/stella-web is paused until/);
    const [pod = ""] = Object.keys(await site.podsOf("web"));
    await base.cluster.kubectl("delete", "pod", pod);
    await writeRun("later-run-of-web");
    const up = await base.up();

    expect(orderOf(up)).toContain("Verification verification");
    expect(await site.modesOf("worker")).toEqual(onMongo);
    expect(await site.modesOf("web")).toEqual(onMongo);
    expect(await site.paused()).toBe("");
    expect(await runs().countDocuments({ _id: "later-run-of-web" })).toBe(1);
    expect(await base.stack.outputs()).toMatchObject({ verification: { holds: true } });
  });
});

describe("one release that holds both services, with MongoDB stopped", () => {
  it("goes back in one update", async () => {
    const gateway = await site.podsOf("gateway");
    await base.server.stop();
    await configure("filesystem");
    const up = await base.up();

    expect(orderOf(up)).toEqual(["BulkPass bulk-pass", ...changeOver]);
    expect(await site.modesOf("worker")).toEqual(onFiles);
    expect(await site.modesOf("web")).toEqual(onFiles);
    expect(await site.paused()).toBe("");
    expect(await site.lastReady("worker")).toBeLessThanOrEqual(await site.firstCreated("web"));
    expect(await site.podsOf("gateway")).toEqual(gateway);
    await base.server.start();
  });
});

describe("whoever destroys a stack whose engine was killed in a cutover", () => {
  it("is told of the worker that is left at zero, and no web starts beside it", async () => {
    const [pod = ""] = Object.keys(await site.podsOf("worker"));
    const hold = (finalizers: readonly string[]) => {
      const patch = JSON.stringify({ metadata: { finalizers } });
      return base.cluster.kubectl("patch", "pod", pod, "--type=merge", `--patch=${patch}`);
    };
    // Without MongoDB the handover lasts, so that the engine ends in it.
    const stopMongo = async () => {
      const since = "--output=jsonpath={.metadata.deletionTimestamp}";
      const deleted = () => base.cluster.kubectl("get", "pod", pod, since);
      await expect.poll(deleted, { timeout: 5 * minutes }).not.toBe("");
      await base.server.stop();
      await hold([]);
    };
    await hold(["example.test/held"]);
    await Promise.all([killedAt(/Handover \S+ updating/), stopMongo()]);
    await base.server.start();
    expect(await site.paused()).toBe("true");
    const destroyed = await base.stack.pulumi("destroy", "--yes", "--skip-preview");

    expect(destroyed.failed, destroyed.output).toBe(false);
    expect(destroyed.output).toMatch(
      /belong in (mongo|filesystem) mode\. .* scale deployment \S+ --replicas=\d/,
    );
    expect(await site.paused()).toBe("true");
  });
});
