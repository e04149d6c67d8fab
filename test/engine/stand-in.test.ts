import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { defaultFolders } from "../../components/contract";
import type { ExportReport } from "../../components/transfer";
import { repository } from "../../tools/parts";
import { documentOptions } from "../contract/options";
import { type Kubelet, startKubelet } from "../kubelet";
import { FileJournal } from "../stand-in/file-journal";
import { findFaults } from "../stand-in/findings";
import { type JournalEvent, eventsOf } from "../stand-in/journal";
import { MongoStore } from "../stand-in/mongo-store";
import { standInImages, standInValues } from "../stand-in/pods";
import { type EngineCluster, makeCluster } from "./cluster";
import { type TestStack, makeStack } from "./stack";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;
let cluster: EngineCluster;
let kubelet: Kubelet;
let journal: FileJournal;
const root = () => join(stack.folder, "state");

beforeAll(async () => {
  stack = await makeStack("test", undefined, { kubernetes: true });
  server = await borrowServer();
  cluster = await makeCluster(stack.folder);
  const folder = join(stack.folder, "journal");
  journal = new FileJournal(folder);
  // Web submits all the time, and so much that the worker hardly ever has nothing to do.
  const site = { root: root(), journal: folder, runs: Infinity };
  await cluster.setValues("web", standInValues("web", { ...site, pauseMs: 1_000 }));
  await cluster.setValues("worker", standInValues("worker", { ...site, pauseMs: 350 }));
  const { kubeconfig } = cluster.controlPlane;
  kubelet = await startKubelet({ kubeconfig, images: await standInImages(stack.folder) });
}, 25 * minutes);
afterAll(async () => {
  await kubelet.stop();
  await cluster.controlPlane.release();
  await server.release();
  await stack.remove();
});

async function up(storageMode: "mongo" | "filesystem"): Promise<string> {
  const mongoUri = `${server.uri}/taskrunner`;
  await stack.configure({
    storageMode,
    mongoUri,
    // A pod that is asked to end is not to wait for a server that does not answer.
    appMongoUri: `${mongoUri}?serverSelectionTimeoutMS=1000`,
    backfill: { source: { path: root() } },
    kubernetes: cluster.kubernetes,
    rollout: cluster.rollout,
  });
  const { output, failed } = await stack.up();
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

/** A run's id as its file's name has it. */
const stemOf = (runId: string) => runId.replaceAll("/", "_");

/** Stops MongoDB while no service has anything in hand. */
async function stopMongo(): Promise<void> {
  journal.pause();
  await until((later) => later.filter(({ event }) => event === "paused").length === 2);
  await server.stop();
  journal.resume();
}

/** Goes back without MongoDB: what is held is named, is not executed, and the rest goes on. */
async function goBackAlone(): Promise<string[]> {
  await stopMongo();
  const before = eventsOf(journal, "executed").length;
  const output = stemOf(await up("filesystem"));
  const [fence = ""] = await readdir(join(root(), "held"));
  const files = await readdir(join(root(), "held", fence, defaultFolders.runs));
  const held = files.map((name) => name.replace(/\.json$/, ""));
  expect(held.length).toBeGreaterThan(0);
  for (const stem of held) expect(output).toContain(stem);
  await goOn();
  const executed = eventsOf(journal, "executed").slice(before);
  const worked = new Set(executed.map(({ runId }) => stemOf(runId)));
  expect(worked.size).toBeGreaterThan(0);
  expect(held.filter((stem) => worked.has(stem))).toEqual([]);
  // Mongo mode has another queue: jobs of the window between the rollouts wait for runs that are held now.
  const jobs = await readdir(join(root(), "held", fence, defaultFolders.queue));
  expect(jobs.length).toBeGreaterThan(0);
  return held.sort();
}

/** Starts MongoDB again and exports, while both services work on files. */
async function exportByHand(): Promise<ExportReport> {
  await server.start();
  const command = [
    join(repository, "cli/bin.cjs"),
    "export",
    "--state",
    root(),
    "--json",
    "--quiet",
  ];
  const env = { TASKRUNNER_MONGO_URI: `${server.uri}/taskrunner` };
  const { stdout } = await execa("node", command, { env, cwd: stack.folder });
  return JSON.parse(stdout) as ExportReport;
}

/** Lets the services come to the end of all runs there are. */
async function untilAllEnded(): Promise<void> {
  journal.close();
  const ids = (kind: "submitted" | "ended") =>
    eventsOf(journal, kind)
      .map(({ runId }) => runId)
      .sort();
  // What web has in hand when it is told is written soon after.
  await sleep(2_000);
  await vi.waitFor(
    () => {
      expect(ids("ended")).toEqual(ids("submitted"));
    },
    { timeout: 2 * minutes, interval: 500 },
  );
}

async function findings(): Promise<string[]> {
  const client = await new MongoClient(server.uri).connect();
  const store = new MongoStore(client.db("taskrunner"), documentOptions.collections);
  const found = await findFaults(store, journal);
  await client.close();
  return found;
}

it(
  "forward and back, twice, once without MongoDB: every run ends once, every step is executed once",
  async () => {
    await up("filesystem");
    await goOn();
    await cutover();
    await up("filesystem");
    await goOn();
    await cutover();

    const held = await goBackAlone();
    const { returned, ...rest } = await exportByHand();
    expect(returned.map(stemOf).sort()).toEqual(held);
    expect(rest).toMatchObject({ stillHeld: [], heldJobs: [], conflicts: [], unwritable: [] });
    await cutover();

    await untilAllEnded();
    expect(await findings()).toEqual([]);
  },
  20 * minutes,
);
