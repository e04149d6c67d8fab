import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { takeRun } from "../program/life";
import { helmStack } from "./stacks";
import { engineState } from "./state";
import { cutoverKinds, stepsDone } from "./steps";

const site = helmStack({ runs: 8 });

const steps = async (...flags: string[]) => stepsDone(await site.up(...flags), cutoverKinds);
const webReturns = ["Release web", "PodsReplaced web-pods", "FinalPass final-pass"];

const isInMongo = async (runId: string) =>
  (await site.db.collection<{ _id: string }>("pack_runs").countDocuments({ _id: runId })) === 1;

const webArrives = (mode: string) =>
  vi.waitFor(async () => {
    expect(await site.cluster.modesOf("web")).toEqual([mode, mode]);
  }, 30_000);
/** Web is rolled back by hand, and takes a run on files. */
async function rollWebBack(runId: string): Promise<void> {
  // The first revision is on files.
  await site.cluster.helm("rollback", site.cluster.releases.web, "1");
  await webArrives("filesystem");
  await takeRun(site.root, runId);
}

it("an up between the rollouts that was killed is followed by a plain one that imports web's run", async () => {
  await site.upTo("filesystem");
  await site.configure("mongo");
  const killed = await site.stack.killedUp(/Release taskrunner-web updating/);
  expect(killed.failed).toBe(true);
  await site.stack.cancel();
  await takeRun(site.root, "between");
  expect(await steps()).toContain("FinalPass final-pass");
  expect(await isInMongo("between")).toBe(true);
  await webArrives("mongo");
  expect(await steps()).toEqual([]);
});

it("a web that was rolled back by hand returns in a plain up, which imports its run", async () => {
  await rollWebBack("by-hand");
  const preview = await site.stack.preview();
  expect(preview.output).toContain("[modes-differ]");
  const run = await site.up();
  expect(stepsDone(run, cutoverKinds)).toEqual(webReturns);
  expect(run.output).toContain("Worker and web are set to MongoDB");
  expect(await isInMongo("by-hand")).toBe(true);
  await webArrives("mongo");
  expect(await steps()).toEqual([]);
});

it("an up that leaves web's rollout out leaves the import to a plain one", async () => {
  await rollWebBack("left-out");
  expect(await steps("--exclude", "**Release::*web", "--exclude", "**-web-pods")).toEqual([]);
  expect(await isInMongo("left-out")).toBe(false);
  // Somebody changes web back before the plain one.
  await site.cluster.helm("rollback", site.cluster.releases.web);
  await webArrives("mongo");
  expect(await steps()).toEqual(webReturns);
  expect(await isInMongo("left-out")).toBe(true);
});

it("a stack that lost its state takes the services over and imports web's run", async () => {
  await rollWebBack("lost-state");
  const { deployment, ...others } = await engineState(site.stack);
  await site.stack.restate({ ...others, deployment: { ...deployment, resources: [] } });
  await site.configure("mongo", { rollout: { install: false } });
  await site.up();
  expect(await isInMongo("lost-state")).toBe(true);
  await webArrives("mongo");
});

it("a rollback right after such a change keeps web's run on files", async () => {
  await rollWebBack("kept");
  await site.upTo("filesystem", { rollout: { install: false } });
  await readFile(join(site.root, "state/runs/kept.json"));
  expect(await isInMongo("kept")).toBe(false);
});
