import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import type { ExportReport } from "../../components/backfill";
import { type MongoServer, repository, startMongo } from "../../tools/parts";
import { layout } from "../backfill/layout";
import { documentOptions } from "../contract/options";
import { type Kubelet, startKubelet } from "../kubelet";
import { FileJournal } from "../stand-in/file-journal";
import { findingsOf } from "../stand-in/findings";
import { eventsOf, type JournalEvent } from "../stand-in/journal";
import { MongoStore } from "../stand-in/mongo-store";
import { standInImages, standInValues } from "../stand-in/pods";
import { makeCluster, type TestCluster } from "./cluster";
import { makeStack, type TestStack } from "./stack";

const minutes = 60_000;
/** A pod of web submits so many runs. */
const runs = 15;

let stack: TestStack;
let server: MongoServer;
let cluster: TestCluster;
let kubelet: Kubelet;
let journal: FileJournal;
const root = () => join(stack.folder, "state");

beforeAll(async () => {
  stack = await makeStack("test", undefined, { kubernetes: true });
  server = await startMongo({ directory: join(stack.folder, "data") });
  cluster = await makeCluster(stack.folder);
  const folder = join(stack.folder, "journal");
  journal = new FileJournal(folder);
  const site = { root: root(), journal: folder, runs };
  // People submit and decide more slowly than a worker works.
  await cluster.setValues("web", standInValues("web", { ...site, pauseMs: 800 }));
  await cluster.setValues("worker", standInValues("worker", { ...site, pauseMs: 100 }));
  const { kubeconfig } = cluster.controlPlane;
  kubelet = await startKubelet({ kubeconfig, images: await standInImages(stack.folder) });
}, 25 * minutes);
afterAll(async () => {
  await kubelet.stop();
  await cluster.controlPlane.stop();
  await server.stop();
  await stack.remove();
});

async function up(storageMode: "mongo" | "filesystem"): Promise<string> {
  const mongoUri = `${server.uri}/taskrunner`;
  await stack.configure({
    storageMode,
    mongoUri,
    // A pod that is asked to end is not to wait for a server that does not answer.
    appMongoUri: `${mongoUri}${mongoUri.includes("?") ? "&" : "?"}serverSelectionTimeoutMS=1000`,
    backfill: { source: { path: root() } },
    rollout: cluster.rollout,
  });
  const began = Date.now();
  const { output, failed } = await stack.up();
  console.log(`up ${storageMode}: ${Date.now() - began} ms`);
  expect(failed, output).toBe(false);
  return output;
}

/** Waits for something that the services do from now on. */
async function until(isDone: (later: readonly JournalEvent[]) => boolean): Promise<void> {
  const before = journal.events().length;
  await vi.waitFor(
    () => {
      expect(isDone(journal.events().slice(before))).toBe(true);
    },
    { timeout: minutes, interval: 200 },
  );
}
/** Some steps are executed, and a run comes to its end. */
const goOn = () => until((later) => later.some(({ event }) => event === "ended"));

async function cutover(): Promise<void> {
  await up("mongo");
  expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
  await goOn();
}

/** Stops MongoDB while no service has anything in hand. */
async function stopMongo(): Promise<void> {
  journal.pause();
  await until((later) => later.filter(({ event }) => event === "paused").length === 2);
  await server.stop();
  journal.resume();
}

/** Waits until web has submitted all that it will, and nothing is left to do. */
async function untilAllEnded(): Promise<void> {
  const name = "jsonpath={.items[*].metadata.name}";
  const labels = "app.kubernetes.io/instance=taskrunner-web";
  const web = await cluster.kubectl("get", "pods", "--selector", labels, "--output", name);
  const ids = (kind: "submitted" | "ended") =>
    eventsOf(journal, kind)
      .map(({ runId }) => runId)
      .sort();
  await vi.waitFor(
    () => {
      expect(ids("submitted").filter((runId) => runId.includes(web))).toHaveLength(runs);
      expect(ids("ended")).toEqual(ids("submitted"));
    },
    { timeout: 2 * minutes, interval: 500 },
  );
}

async function exportByHand(): Promise<ExportReport> {
  const command = [join(repository, "cli/bin.cjs"), "export", "--to", root(), "--json", "--quiet"];
  const env = { TASKRUNNER_MONGO_URI: `${server.uri}/taskrunner` };
  const { stdout } = await execa("node", command, { env, cwd: stack.folder });
  return JSON.parse(stdout) as ExportReport;
}

it(
  "forward and back, twice, with MongoDB stopped in between: every run ends once, each step is executed once",
  async () => {
    await up("filesystem");
    await goOn();
    await cutover();
    await up("filesystem");
    await goOn();
    await cutover();

    await stopMongo();
    const before = journal.events().length;
    const output = await up("filesystem");
    const files = await readdir(join(root(), "held", layout.runs));
    const held = files.map((name) => name.replace(/\.json$/, ""));
    expect(held.length).toBeGreaterThan(0);
    for (const stem of held) expect(output.replaceAll("/", "_")).toContain(stem);
    await goOn();
    const worked = new Set(
      journal
        .events()
        .slice(before)
        .flatMap((event) => (event.event === "executed" ? [event.runId.replace("/", "_")] : [])),
    );
    expect(worked.size).toBeGreaterThan(0);
    expect(held.filter((stem) => worked.has(stem))).toEqual([]);

    server = await startMongo({ directory: join(stack.folder, "data"), port: server.port });
    const { returned, stillHeld, conflicts, unwritable } = await exportByHand();
    expect(returned.map((runId) => runId.replace("/", "_")).sort()).toEqual(held.sort());
    expect([stillHeld, conflicts, unwritable]).toEqual([[], [], []]);
    await cutover();

    await untilAllEnded();
    const client = await new MongoClient(server.uri).connect();
    const store = new MongoStore(client.db("taskrunner"), documentOptions.collections);
    const found = await findingsOf(store, journal);
    await client.close();
    expect(found).toEqual([]);
  },
  20 * minutes,
);
