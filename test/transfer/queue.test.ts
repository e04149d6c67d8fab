import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { countJobs, listJobs, readCutoverRecord } from "../../components/state";
import { RollbackStack } from "./rollback-stack";
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

it("jobs are read by name with their runs' ids, whatever their case, and nothing else is one", async () => {
  await addFiles(stack.root, jobs);
  expect(await listJobs(stack.sides)).toMatchObject([
    { file: { name: "queue/a.json" }, runId: "slow" },
    { file: { name: "queue/b.json" }, runId: "busy" },
    { file: { name: "queue/c.json" }, runId: undefined },
  ]);
});

it("a handover counts the jobs that wait, and a final pass warns if none of them was taken", async () => {
  await addFiles(stack.root, jobs);
  const before = await stack.cutover();
  expect(before.report).toMatchObject({ jobs: { waiting: 3 } });
  expect(stack.printed.join("\n")).toMatch(/3 jobs waiting in queue/);
  expect(stack.printed.join("\n")).not.toContain("[jobs-not-taken]");
  await addFiles(stack.root, { "queue/later.json": job("later") });
  const { report } = await stack.finalPass(before);
  const untaken = ["queue/a.json", "queue/b.json", "queue/c.json"];
  expect(report).toMatchObject({ jobs: { waiting: 4, atHandover: 3, untaken } });
  const warned =
    /None of the 3 jobs .*a\.json.*reads queue .*move .* away, then submit .*\[jobs-not-taken\]/;
  expect(stack.printed.join("\n")).toMatch(warned);
});

it("once the worker took one of the handover's jobs, the others only wait", async () => {
  await addFiles(stack.root, jobs);
  const before = await stack.cutover();
  await rm(join(stack.root, "queue/a.json"));
  const { report } = await stack.finalPass(before);
  expect(report?.jobs).toEqual({ waiting: 2, atHandover: 3 });
  expect(stack.printed.join("\n")).not.toContain("[jobs-not-taken]");
});

it("after a rollback the jobs are nobody's of the handover", async () => {
  await addFiles(stack.root, jobs);
  const before = await stack.cutover();
  expect((await readCutoverRecord(stack.root))?.jobs).toMatchObject({ count: 3 });
  await stack.rollBack(before);
  expect(await countJobs(stack.sides)).toEqual({ waiting: 3 });
});

it("without a queue nothing is counted", async () => {
  const before = await stack.cutover();
  expect(before.report).not.toHaveProperty("jobs");
  expect(before.cutoverRecord).not.toHaveProperty("jobs");
  expect(await countJobs(stack.sides)).toBeUndefined();
});
