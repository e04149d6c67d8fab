import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { defaultFolders } from "../../components/contract";
import { chooseDatabase, secretsFor } from "../../tools/dev/database";
import { type DevPaths, devPaths, stacks } from "../../tools/dev/places";
import { journalOf, prepareServices, untilRunsEnd } from "../../tools/dev/real-node";
import { embeddedServerOn, stopServer } from "../../tools/dev/server";
import { freePort } from "../../tools/parts";
import { makeStack, type TestStack } from "../engine/stack";
import { FileStore } from "../stand-in/file-store";
import { findFaults } from "../stand-in/findings";
import { eventsOf } from "../stand-in/journal";
import { Queue } from "../stand-in/queue";
import { foldersIn, standInContents } from "../stand-in/pods";
import { type RealTestNode, realNode } from "./real-node";

const minutes = 60_000;

let stack: TestStack;
let node: RealTestNode;
let places: DevPaths;
let uris: Readonly<Record<string, string>>;

beforeAll(async () => {
  stack = await makeStack("test", undefined, { kubernetes: true });
  node = await realNode(await standInContents(stack.folder));
  places = devPaths(node.folder, stacks.local);
  // Web submits all the time, and the worker keeps up.
  const load = { runs: Infinity, pauseMs: { worker: 350, web: 1_000 } };
  const login = await prepareServices(places, node.cluster, load);
  const port = await freePort();
  await embeddedServerOn(port, places, login);
  uris = secretsFor(chooseDatabase({}, stacks.local, { port }, login), stacks.local);
});
afterAll(async () => {
  await stopServer(places);
  await node.stop();
  await stack.remove();
});

async function configure(storageMode: "mongo" | "filesystem"): Promise<void> {
  const release = (service: string) => ({
    chart: "examples/chart",
    values: [join(places.rollout, `${service}.values.yaml`)],
  });
  await stack.configure({
    storageMode,
    ...uris,
    cluster: { kind: "existing", allowPlainText: true },
    backfill: { source: { path: places.state } },
    kubernetes: { kubeconfig: node.cluster.kubeconfig },
    rollout: {
      target: "helm",
      namespace: "taskrunner",
      install: true,
      worker: release("worker"),
      web: release("web"),
    },
  });
}

async function up(): Promise<void> {
  const { output, failed } = await stack.up();
  expect(failed, output).toBe(false);
}

/** In the drain, between the record and the worker, while the worker's pods are waited for, and at web. */
const kills = [
  /Drain taskrunner-worker-drain (creating|updating)/,
  /Handover taskrunner-handover (created|updated)/,
  /PodsReplaced taskrunner-worker-pods (creating|updating)/,
  /Release taskrunner-web updating/,
];
/** At night: one step further each time, because a killed engine may not have saved the last. */
const afterStep = (count: number) =>
  new RegExp(`(?: taskrunner-\\S+ (?:created|updated) [^]*?){${count}}`);

/** @returns whether the engine was killed, or had nothing to do that fits */
async function kill(at: RegExp): Promise<boolean> {
  const { output, failed } = await stack.killedUp(at);
  if (!failed) return false;
  expect(output).toMatch(at);
  await stack.cancel();
  return true;
}

async function killAll(): Promise<void> {
  if (process.env.NIGHT) {
    let step = 1;
    while (await kill(afterStep(step))) step += 1;
    expect(step).toBeGreaterThan(kills.length);
    return;
  }
  for (const at of kills) expect(await kill(at), `${at}`).toBe(true);
}

it(
  "a cutover and a rollback under load, with an engine that is killed again and again: no step is executed twice",
  async () => {
    await configure("filesystem");
    await up();
    await untilRunsEnd(places, 3);
    for (const mode of ["mongo", "filesystem"] as const) {
      await configure(mode);
      await killAll();
      await up();
      await untilRunsEnd(places, 3);
    }
    expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });

    const journal = journalOf(places);
    journal.close();
    const ids = (kind: "submitted" | "ended") => eventsOf(journal, kind).map(({ runId }) => runId);
    // In Mongo mode the services have no jobs: a person resumes what was submitted or decided there (docs/queue.md).
    const queue = new Queue(join(places.state, defaultFolders.queue), Date.now());
    await vi.waitFor(
      async () => {
        const ended = new Set(ids("ended"));
        const open = ids("submitted").filter((runId) => !ended.has(runId));
        for (const runId of open) await queue.add(runId);
        expect(open).toEqual([]);
      },
      { timeout: 3 * minutes, interval: 10_000 },
    );
    expect(await findFaults(new FileStore(foldersIn(places.state)), journal)).toEqual([]);
  },
  30 * minutes,
);
