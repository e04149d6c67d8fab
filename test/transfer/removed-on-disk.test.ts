import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Outs, RollbackStack, finished, running } from "./rollback-stack";

const stack = new RollbackStack();
const busy = "state/runs/busy.json";

/** A rollback without MongoDB; its held runs go on from files, and the services remove a run that came to its end. */
async function removedLater(): Promise<Outs> {
  const before = await stack.wholeCutover();
  const back = await stack.rollBack(before, { uri: undefined });
  await stack.moveHeldBack();
  await rm(join(stack.root, busy));
  await rm(join(stack.root, "logs"), { recursive: true });
  return back;
}

it("a run that was removed on disk after a rollback stays removed, with its log, and is counted", async () => {
  await removedLater();
  for (const all of [false, true]) {
    const report = await stack.exportByHand({ all });
    expect(report).toMatchObject({
      runs: { removed: 1, written: 0, unchanged: 2 },
      logs: { written: 0 },
      removedUnfinished: { count: 1, cases: ["busy"] },
    });
    expect(Object.keys(await stack.files())).toEqual([
      "state/runs/done.json",
      "state/runs/slow.json",
    ]);
  }
});

it("the final pass of a rollback says so too, and warns of what is unfinished in MongoDB", async () => {
  const back = await removedLater();
  const { rollback } = await stack.finalPass(back, { direction: "back" });
  expect(rollback).toMatchObject({ exported: { runs: { removed: 1 } } });
  const printed = stack.printed.join("\n");
  expect(printed).toMatch(/^Removed on disk .*: 1 run\.$/m);
  expect(printed).toMatch(/^warning: 1 run .*: busy\. .*--run ID.*\[removed-unfinished\]$/m);
});

it("an export of that run brings it back, and nothing else", async () => {
  await removedLater();
  await stack.change("busy", finished);
  await stack.change("done", { planHash: "later" });
  const report = await stack.exportByHand({ only: ["busy"] });
  expect(report).toMatchObject({ runs: { documents: 1, written: 1 }, logs: { written: 1 } });
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect(await stack.onDisk("done")).not.toMatchObject({ planHash: "later" });
});

it("a file below held/ is there: its run comes back as MongoDB has it", async () => {
  const before = await stack.cutover();
  await stack.rollBack(before, { uri: undefined });
  const report = await stack.exportByHand();
  expect(report).toMatchObject({ returned: { cases: ["busy", "slow"] }, runs: { removed: 0 } });
  expect(await stack.onDisk("busy")).toMatchObject(running);
});

it("while the cutover is in force a run without a file is a gap, and is written", async () => {
  const before = await stack.cutover();
  await rm(join(stack.root, busy));
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({
    exported: { runs: { written: 1, removed: 0 } },
    held: { count: 0 },
  });
});
