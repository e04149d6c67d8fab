import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { defaultFolders } from "../../components/contract";
import type { Report } from "../../components/transfer";
import { repository } from "../../tools/parts";
import { documentOptions } from "../contract/options";
import { type Kubelet, startKubelet } from "../kubelet";
import { FileJournal } from "../stand-in/file-journal";
import { findFaults } from "../stand-in/findings";
import { type JournalEvent, eventsOf } from "../stand-in/journal";
import { MongoStore } from "../stand-in/mongo-store";
import { standInImages, standInValues } from "../stand-in/pods";
import { helmStack, type Mode } from "./stacks";

const minutes = 60_000;

const site = helmStack({ runs: 0 });
let kubelet: Kubelet;
let journal: FileJournal;

beforeAll(async () => {
  const folder = join(site.stack.folder, "journal");
  journal = new FileJournal(folder);
  // Web submits all the time, and so much that the worker hardly ever has nothing to do.
  const services = { root: site.root, journal: folder, runs: Infinity };
  await site.cluster.setValues("web", standInValues("web", { ...services, pauseMs: 1_000 }));
  await site.cluster.setValues("worker", standInValues("worker", { ...services, pauseMs: 350 }));
  const { kubeconfig } = site.cluster.controlPlane;
  kubelet = await startKubelet({ kubeconfig, images: await standInImages(site.stack.folder) });
});
afterAll(() => kubelet.stop());

async function up(storageMode: Mode): Promise<string> {
  // A pod that is asked to end is not to wait for a server that does not answer.
  const appMongoUri = `${site.server.uri}/taskrunner?serverSelectionTimeoutMS=1000`;
  return (await site.upTo(storageMode, { appMongoUri })).output;
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
  expect(await site.stack.outputs()).toMatchObject({ verification: { holds: true } });
  await goOn();
}

/** A run's id as its file's name has it. */
const stemOf = (runId: string) => runId.replaceAll("/", "_");

/** Stops MongoDB while no service has anything in hand. */
async function stopMongo(): Promise<void> {
  journal.pause();
  await until((later) => later.filter(({ event }) => event === "paused").length === 2);
  await site.server.stop();
  journal.resume();
}

/** Goes back without MongoDB: what is held is named, is not executed, and the rest goes on. */
async function goBackAlone(): Promise<string[]> {
  await stopMongo();
  const before = eventsOf(journal, "executed").length;
  const output = stemOf(await up("filesystem"));
  const [cutoverAt = ""] = await readdir(join(site.root, "held"));
  const files = await readdir(join(site.root, "held", cutoverAt, defaultFolders.runs));
  const held = files.map((name) => name.replace(/\.json$/, ""));
  expect(held.length).toBeGreaterThan(0);
  // Of many runs, the warning names the first ones and counts the others.
  expect(output).toMatch(new RegExp(`\\b${held.length} runs? held .*\\[runs-held\\]`));
  expect(held.some((stem) => output.includes(stem))).toBe(true);
  await goOn();
  const executed = eventsOf(journal, "executed").slice(before);
  const worked = new Set(executed.map(({ runId }) => stemOf(runId)));
  expect(worked.size).toBeGreaterThan(0);
  expect(held.filter((stem) => worked.has(stem))).toEqual([]);
  return held.sort();
}

/** Starts MongoDB again and exports, while both services work on files. */
async function exportByHand(): Promise<Report<"export">> {
  await site.server.start();
  const command = [
    join(repository, "cli/bin.cjs"),
    "export",
    "--state",
    site.root,
    "--json",
    "--quiet",
  ];
  const env = { TASKRUNNER_MONGO_URI: `${site.server.uri}/taskrunner` };
  const { stdout } = await execa("node", command, { env, cwd: site.stack.folder });
  return JSON.parse(stdout) as Report<"export">;
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
  return findFaults(new MongoStore(site.db, documentOptions.collections), journal);
}

it("forward and back, twice, once without MongoDB: every run ends once, every step is executed once", async () => {
  await up("filesystem");
  await goOn();
  await cutover();
  await up("filesystem");
  await goOn();
  await cutover();

  const held = await goBackAlone();
  const { returned, ...rest } = await exportByHand();
  expect(returned.cases.map(stemOf).sort()).toEqual(held);
  expect(rest).toMatchObject({
    stillHeld: { count: 0 },
    heldJobs: { count: 0 },
    conflicts: { count: 0 },
    unwritable: { count: 0 },
  });
  await cutover();

  await untilAllEnded();
  expect(await findings()).toEqual([]);
});
