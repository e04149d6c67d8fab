import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { helm, repository } from "../../tools/parts";
import { clusterSiteValues, type SiteService } from "./cluster";
import { makeSite, type Site } from "./site";
import { cutoverKinds, stepsDone } from "./steps";

const minutes = 60_000;

let stack: Site["stack"];
let server: Site["server"];
let cluster: Site["cluster"];
let release: Site["release"];
let mongo: MongoClient;

beforeAll(async () => {
  ({ stack, server, cluster, release } = await makeSite(8));
  mongo = await new MongoClient(server.uri).connect();
}, 25 * minutes);
afterAll(async () => {
  await mongo.close();
  await release();
});

const root = () => join(stack.folder, "state");
const configure = (storageMode: "mongo" | "filesystem") =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    logRetentionDays: 3650,
    backfill: { source: { path: root() } },
    kubernetes: cluster.kubernetes,
    rollout: cluster.rollout,
  });

async function up(...flags: string[]): Promise<string[]> {
  const run = await stack.pulumi("up", "--yes", "--skip-preview", ...flags);
  expect(run.failed, run.output).toBe(false);
  return stepsDone(run, [...cutoverKinds, "LogRetention"]);
}

/** The commands of docs/emergency.md, with the worker's mode in its values. */
async function rollBackByHand(): Promise<void> {
  await cluster.kubectl("scale", "deployment", cluster.releases.worker, "--replicas=0");
  await vi.waitFor(async () => {
    expect(await cluster.podsOf("worker")).toEqual([]);
  }, 30_000);
  const env = { TASKRUNNER_MONGO_URI: `${server.uri}/taskrunner` };
  const command = ["cli/bin.cjs", "export", "--state", root(), "--hold-unfinished"];
  await execa("node", command, { cwd: repository, env });
  for (const service of ["worker", "web"] as const) await toFiles(service);
  await cluster.kubectl("scale", "deployment", cluster.releases.worker, "--replicas=2");
}

async function toFiles(service: SiteService): Promise<void> {
  const release = cluster.releases[service];
  const address = ["--kubeconfig", cluster.controlPlane.kubeconfig, "-n", cluster.namespace];
  const program = await helm();
  const { stdout } = await execa(program, ["get", "values", release, "-o", "yaml", ...address]);
  const file = join(stack.folder, `${service}.emergency.yaml`);
  await writeFile(file, stdout.replaceAll(/(Storage__Mode\n\s+value: )mongo/g, "$1filesystem"));
  const chart = join(repository, "examples/chart");
  await execa(program, ["upgrade", release, chart, "--values", file, ...address]);
}

const setTag = (tag: string) => {
  const { worker } = clusterSiteValues;
  return cluster.setValues("worker", { ...worker, image: { ...worker.image, tag } });
};
const arrives = (mode: string) =>
  vi.waitFor(async () => {
    expect(await cluster.modesOf("worker")).toEqual([mode, mode]);
  }, 30_000);

it(
  "a worker that was rolled back by hand stays on files until the stack is rolled back too",
  async () => {
    await configure("filesystem");
    await up();
    await configure("mongo");
    await up();
    await rollBackByHand();
    await arrives("filesystem");

    await setTag("2");
    for (const flags of [[], ["--refresh"]]) {
      const refused = await stack.pulumi("up", "--yes", "--skip-preview", ...flags);
      expect(refused.failed).toBe(true);
      expect(refused.output).toMatch(
        /Deployment \S+ is in filesystem mode.* left it in mongo mode/,
      );
      expect(stepsDone(refused, cutoverKinds)).toEqual([]);
      expect(await cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);
    }
    const preview = join(stack.folder, "preview.json");
    await writeFile(preview, (await stack.previewAsJson()).output);
    const command = ["cli/bin.cjs", "comment", "--preview", preview];
    const { stdout } = await execa("node", command, { cwd: repository, reject: false });
    expect(stdout).toContain("mode-changed");
    expect(stdout).not.toContain("No risk found");

    await configure("filesystem");
    expect(await up()).toContain("Drain worker-drain");
    await arrives("filesystem");
  },
  15 * minutes,
);

const urnOf = async (end: string) => {
  const state = JSON.parse(await stack.state()) as {
    readonly deployment: { readonly resources: readonly { readonly urn: string }[] };
  };
  return state.deployment.resources.find(({ urn }) => urn.endsWith(end))?.urn ?? "";
};
/** The kinds of a cutover's steps that a preview says would run. */
function kindsThatRun(preview: string): string[] {
  const { steps } = JSON.parse(preview) as {
    readonly steps: readonly { readonly op: string; readonly urn: string }[];
  };
  const run = steps.filter(({ op }) => ["create", "update", "replace"].includes(op));
  const kinds: readonly string[] = [...cutoverKinds, "LogRetention"];
  const found = run.map(({ urn }) => urn.split("::")[2]?.split(":").at(-1) ?? "");
  return found.filter((kind) => kinds.includes(kind));
}
const excludeDrain = ["--exclude", "**-worker-drain", "--exclude", "**-worker-drain-request"];
const logs = () => mongo.db("taskrunner").collection("pack_run_logs");
const day = 86_400;
/** Whether log entries expire as configured; a cutover lifts that until its end. */
const hasExpiry = async () =>
  (await logs().indexes()).some(({ expireAfterSeconds }) => expireAfterSeconds === 3_650 * day);

/** A run that web takes on files. */
async function takeRun(runId: string): Promise<void> {
  const folder = join(root(), "state/runs");
  const example = "run-20251106-000001";
  const text = await readFile(join(folder, `${example}.json`), "utf8");
  await writeFile(join(folder, `${runId}.json`), text.replaceAll(example, runId));
}

it(
  "an up that leaves a step out spends none behind it, and a plain one does the rest",
  async () => {
    await configure("mongo");
    const { output } = await stack.previewAsJson(...excludeDrain);
    expect(kindsThatRun(output)).toEqual(["BulkPass", "Canary", "Proof"]);
    expect(output).toContain("[service-stays]");
    expect(await up(...excludeDrain)).toEqual([
      "BulkPass bulk-pass",
      "Canary canary",
      "Proof proof",
    ]);
    expect(await hasExpiry()).toBe(false);
    expect(await cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);

    // The handover is not part of it: the worker waits, drained.
    await up("--exclude", "**Handover::*handover");
    expect(await cluster.replicas()).toEqual({ worker: 0, web: 2 });
    const run = await stack.upBeside(/worker-pods updating/, () => void takeRun("taken-by-web"));
    expect(run.failed, run.output).toBe(false);
    const done = stepsDone(run, [...cutoverKinds, "LogRetention"]);
    expect(done.slice(-3)).toEqual([
      "FinalPass final-pass",
      "Verification verification",
      "LogRetention log-retention",
    ]);
    await arrives("mongo");
    const runs = mongo.db("taskrunner").collection<{ _id: string }>("pack_runs");
    expect(await runs.countDocuments({ _id: "taken-by-web" })).toBe(1);
    expect(await hasExpiry()).toBe(true);
  },
  15 * minutes,
);

it(
  "a drain that is replaced or tainted leaves the worker at work, in Mongo mode and back",
  async () => {
    const drain = await urnOf(":Drain::taskrunner-worker-drain");
    const { output } = await stack.previewAsJson("--replace", drain);
    const foreseen = kindsThatRun(output);
    expect(foreseen).toContain("Drain");
    for (const step of await up("--replace", drain)) {
      expect(foreseen).toContain(step.split(" ")[0]);
    }
    await arrives("mongo");

    await configure("filesystem");
    // Whether the engine itself ends well with these flags in a rollback or not, the worker stays.
    await stack.pulumi("up", "--yes", "--skip-preview", ...excludeDrain);
    await arrives("mongo");
    await stack.taint(await urnOf(":Drain::taskrunner-worker-drain"));
    expect(await up()).toContain("Handover handover");
    await arrives("filesystem");
  },
  15 * minutes,
);
