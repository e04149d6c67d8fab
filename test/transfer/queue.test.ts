import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { countJobs, listJobs, readCutoverRecord } from "../../components/state";
import { RollbackStack, sampleFiles } from "./rollback-stack";
import { providers } from "../../components/transfer/provider";
import { addFiles } from "./state";

const stack = new RollbackStack();
const job = (runId: string) => JSON.stringify({ RunID: runId, plan: { steps: [] } });
const jobs = {
  "queue/b.json": job("busy"),
  "queue/a.json": job("slow"),
  "queue/c.json": "{",
  "queue/.d.json": job("busy"),
  "queue/e.json.tmp": job("busy"),
  "queue/archive/f.json": job("busy"),
};
const otherJobs = {
  "queue/1.job": job("busy"),
  "queue/2": job("busy"),
  "queue/3.JSON": job("slow"),
};

it("jobs are read with their runs' ids, whatever their name and case, and nothing else is one", async () => {
  await addFiles(stack.root, { ...jobs, ...otherJobs, "queue/high/4.json": job("busy") });
  expect(await listJobs(stack.sides)).toMatchObject([
    { file: { name: "queue/1.job" }, runId: "busy" },
    { file: { name: "queue/2" }, runId: "busy" },
    { file: { name: "queue/3.JSON" }, runId: "slow" },
    { file: { name: "queue/a.json" }, runId: "slow" },
    { file: { name: "queue/b.json" }, runId: "busy" },
    { file: { name: "queue/c.json" }, runId: undefined },
  ]);
  expect(await countJobs(stack.sides)).toEqual({
    waiting: 5,
    unknown: { count: 2, names: ["queue/c.json", "queue/high"] },
  });
});

it("a job of a held run is held, whatever its name", async () => {
  const before = await stack.wholeCutover();
  await addFiles(stack.root, otherJobs);
  const { rollback } = await stack.rollBack(before, { uri: undefined });
  expect(rollback).toMatchObject({ held: { cases: ["busy", "slow"] } });
  const left = Object.keys(await stack.files()).filter((name) => name.startsWith("queue/"));
  expect(left).toEqual([]);
});

it.each(["forward", "back"])(
  "before the drain, %s, files and folders of the queue without a run's id are named",
  async (direction) => {
    if (direction === "back") await stack.wholeCutover();
    await addFiles(stack.root, { ...sampleFiles, ...jobs, "queue/high/4.json": job("busy") });
    stack.printed = [];
    await providers.BulkPass.create(stack.inputs({ direction }));
    expect(stack.printed.join("\n")).toMatch(
      /warning: .*queue\/c\.json.*queue\/high.*\[not-state\]/,
    );
  },
);

it("a handover counts the jobs that wait, and a final pass warns if none of them was taken", async () => {
  await addFiles(stack.root, jobs);
  const before = await stack.cutover();
  expect(before.report).toMatchObject({ jobs: { waiting: 2 } });
  expect(stack.printed.join("\n")).toMatch(/2 jobs waiting in queue/);
  expect(stack.printed.join("\n")).not.toContain("[jobs-not-taken]");
  await addFiles(stack.root, { "queue/later.json": job("later") });
  const { report } = await stack.finalPass(before);
  const untaken = ["queue/a.json", "queue/b.json"];
  expect(report).toMatchObject({ jobs: { waiting: 3, atHandover: 2, untaken } });
  const warned =
    /None of the 2 jobs .*a\.json.*reads queue .*move .* away, then submit .*\[jobs-not-taken\]/;
  expect(stack.printed.join("\n")).toMatch(warned);
});

it("once the worker took one of the handover's jobs, the others only wait", async () => {
  await addFiles(stack.root, jobs);
  const before = await stack.cutover();
  await rm(join(stack.root, "queue/a.json"));
  const { report } = await stack.finalPass(before);
  expect(report?.jobs).toMatchObject({ waiting: 1, atHandover: 2 });
  expect(report?.jobs).not.toHaveProperty("untaken");
  expect(stack.printed.join("\n")).not.toContain("[jobs-not-taken]");
});

it("jobs that were taken beyond the twenty that the record names are seen as taken", async () => {
  const names = Array.from({ length: 50 }, (_, at) => `queue/${100 + at}.json`);
  for (const name of names) await addFiles(stack.root, { [name]: job("busy") });
  const before = await stack.cutover();
  await Promise.all(names.slice(20).map((name) => rm(join(stack.root, name))));
  const { report } = await stack.finalPass(before);
  expect(report?.jobs).toEqual({ waiting: 20, atHandover: 50 });
  expect(stack.printed.join("\n")).not.toContain("[jobs-not-taken]");
});

it("after a rollback the jobs are nobody's of the handover", async () => {
  await addFiles(stack.root, jobs);
  const before = await stack.cutover();
  expect((await readCutoverRecord(stack.root))?.jobs).toMatchObject({ count: 2 });
  await stack.rollBack(before);
  expect(await countJobs(stack.sides)).toMatchObject({ waiting: 2 });
});

it("without a queue nothing is counted", async () => {
  const before = await stack.cutover();
  expect(before.report).not.toHaveProperty("jobs");
  expect(before.cutoverRecord).not.toHaveProperty("jobs");
  expect(await countJobs(stack.sides)).toBeUndefined();
});
