import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, expect, it, vi } from "vitest";
import { deployedMode } from "../engine/values";
import { clusterForTests } from "../rollout/pods/cluster";
import { lifeForTests, takeRun } from "./life";

vi.setConfig({ testTimeout: 180_000 });

const current = clusterForTests();
const life = lifeForTests();
const services = ["worker", "web"] as const;
type Service = (typeof services)[number];

beforeAll(async () => {
  for (const name of services) {
    await current.cluster.deploy("synced", { name, graceSeconds: 1 });
    await current.cluster.available("synced", `deployment/${name}`);
  }
});

/** An `up` beside a tool that deploys the values files of these services. */
async function upWith(...synced: readonly Service[]) {
  const stopping = new AbortController();
  const tool = (async () => {
    while (!stopping.signal.aborted) {
      for (const service of synced) {
        const mode = (await deployedMode(life.directory, service)) ?? null;
        await current.cluster.setMode("synced", mode, service);
      }
      await sleep(200);
    }
  })();
  const run = await life.stack.up();
  stopping.abort();
  await tool;
  return run;
}

const configure = (storageMode: "mongo" | "filesystem", timeoutSeconds = 15) =>
  life.configure({
    storageMode,
    kubernetes: { kubeconfig: current.cluster.kubeconfig },
    rollout: {
      confirm: { namespace: "synced", selector: { worker: "app=worker", web: "app=web" } },
      canary: false,
      timeoutSeconds,
    },
  });

const isInMongo = async (runId: string) =>
  (await life.db.collection<{ _id: string }>("pack_runs").countDocuments({ _id: runId })) === 1;

it("a cutover whose web is synced later imports web's run in a plain up", async () => {
  await configure("filesystem");
  expect(await upWith()).toMatchObject({ failed: false });
  await configure("mongo");
  const waiting = await upWith("worker");
  expect(waiting.failed).toBe(true);
  expect(waiting.output).toContain("rollout of web");
  await takeRun(life.root, "late");
  const { failed, output } = await upWith("worker", "web");
  expect(failed, output).toBe(false);
  expect(await isInMongo("late")).toBe(true);
});

it("a web that another tool returned to files is awaited, and its run imported by a plain up", async () => {
  await current.cluster.setMode("synced", "filesystem", "web");
  await takeRun(life.root, "not-synced");
  const waiting = await upWith("worker");
  expect(waiting.failed).toBe(true);
  expect(waiting.output).toContain("rollout of web");
  expect(await isInMongo("not-synced")).toBe(false);
  await takeRun(life.root, "later");
  const { failed, output } = await upWith("worker", "web");
  expect(failed, output).toBe(false);
  expect(await isInMongo("not-synced")).toBe(true);
  expect(await isInMongo("later")).toBe(true);
  expect((await upWith("worker", "web")).output).not.toContain("FinalPass");
});
