import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { exportByHand } from "../../components/transfer";
import { ledgerCollection } from "./database";
import { jsonIn } from "./state";
import { type Outs, RollbackStack, finished, running, runStep, upSecond } from "./rollback-stack";

const stack = new RollbackStack();
const byHand = { ledger: ledgerCollection, electionSeconds: 5 };
const busy = "state/runs/busy.json";

/** A rollback without MongoDB; its held runs go on from files, and the services remove a run that came to its end. */
async function removedLater(): Promise<Outs> {
  const before = await stack.cutover();
  await upSecond(undefined, stack.second(before));
  const back = await runStep(before, stack.toFiles({ uri: undefined }));
  await stack.moveHeldBack();
  await rm(join(stack.root, busy));
  await rm(join(stack.root, "logs"), { recursive: true });
  return back;
}

it("a run that was removed on disk after a rollback stays removed, with its log, and is counted", async () => {
  await removedLater();
  for (const all of [false, true]) {
    const report = await exportByHand({ ...stack.sides, all }, byHand);
    expect(report).toMatchObject({
      runs: { removed: 1, written: 0, unchanged: 2 },
      logs: { written: 0 },
      removedUnfinished: ["busy"],
    });
    expect(Object.keys(await stack.files())).toEqual([
      "state/runs/done.json",
      "state/runs/slow.json",
    ]);
  }
});

it("the final pass of a rollback says so too, and warns of what is unfinished in MongoDB", async () => {
  const back = await removedLater();
  const { rollback } = await upSecond(undefined, stack.second(back, { direction: "back" }));
  expect(rollback).toMatchObject({ exported: { runs: { removed: 1 } } });
  const said = stack.said.join("\n");
  expect(said).toMatch(/^Removed on disk .*: 1 run\.$/m);
  expect(said).toMatch(/^warning: 1 run .*: busy\. .*--run ID.*\[removed-unfinished\]$/m);
});

it("an export of that run brings it back, and nothing else", async () => {
  await removedLater();
  await stack.runs.updateOne({ _id: "busy" }, { $set: finished });
  await stack.runs.updateOne({ _id: "done" }, { $set: { planHash: "later" } });
  const report = await exportByHand({ ...stack.sides, only: ["busy"] }, byHand);
  expect(report).toMatchObject({ runs: { documents: 1, written: 1 }, logs: { written: 1 } });
  expect(await jsonIn(stack.root, busy)).toMatchObject(finished);
  expect(await jsonIn(stack.root, "state/runs/done.json")).not.toMatchObject({ planHash: "later" });
});

it("a file below held/ is there: its run comes back as MongoDB has it", async () => {
  const before = await stack.cutover();
  await runStep(before, stack.toFiles({ uri: undefined }));
  const report = await exportByHand(stack.sides, byHand);
  expect(report).toMatchObject({ returned: ["busy", "slow"], runs: { removed: 0 } });
  expect(await jsonIn(stack.root, busy)).toMatchObject(running);
});

it("while the fence is open a run without a file is a gap, and is written", async () => {
  const before = await stack.cutover();
  await rm(join(stack.root, busy));
  const { rollback } = await runStep(before, stack.toFiles());
  expect(rollback).toMatchObject({ exported: { runs: { written: 1, removed: 0 } }, held: [] });
});
