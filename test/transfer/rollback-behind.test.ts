import { expect, it } from "vitest";
import { exportState } from "../../components/transfer";
import { addFiles, jsonIn, run } from "./state";
import { type Outs, RollbackStack, finished, running } from "./rollback-stack";

const stack = new RollbackStack();

/** A cutover of a database whose merge bases are not found any more, in which the worker went on. */
async function withoutBases(): Promise<Outs> {
  const before = await stack.cutover();
  await stack.advance();
  await stack.db.collection("pack_run_backfill").drop();
  return before;
}

const inPlace = async () =>
  Object.keys(await stack.files()).filter((name) => name.startsWith("state/runs/"));

it("an unfinished run in conflict is held: its file is older than MongoDB", async () => {
  const before = await withoutBases();
  const outs = await stack.rollBack(before);
  expect(outs.rollback).toMatchObject({
    exported: {
      runs: { conflicts: 1, unchanged: 2 },
      conflicts: { cases: [{ id: "busy" }] },
      destinationTaken: { count: 0 },
    },
    held: { cases: ["busy"] },
  });
  expect(outs.rollback?.exported).not.toHaveProperty("stale");
  expect(stack.printed.join("\n")).toMatch(/warning: 1 run held in .*\/held, .*: busy\./);
  expect(await inPlace()).toEqual(["state/runs/done.json", "state/runs/slow.json"]);
  const held = stack.held("state/runs/busy.json", before);
  expect(await jsonIn(stack.root, held)).toEqual(run("busy", running));

  // A person takes MongoDB's, and the next export brings it back.
  const decided = (await stack.files())["conflicts/state/runs/busy.json"] ?? "";
  await addFiles(stack.root, { [held]: decided });
  expect(await exportState(stack.sides)).toMatchObject({
    returned: { cases: ["busy"] },
    stillHeld: { count: 0 },
  });
  expect(await stack.onDisk("busy")).toMatchObject(finished);
});

it("an unfinished run that no file can hold is held, a finished one in conflict is not", async () => {
  const before = await withoutBases();
  await addFiles(stack.root, {
    "state/runs/busy.json": run("busy", { planHash: "x" }),
  });
  await stack.change("slow", { plan: { factor: NaN } });
  const outs = await stack.rollBack(before);
  expect(outs.rollback).toMatchObject({
    exported: { conflicts: { cases: [{ id: "busy" }] }, unwritable: { cases: [{ id: "slow" }] } },
    held: { cases: ["slow"] },
  });
  expect(await inPlace()).toContain("state/runs/busy.json");
  expect(await inPlace()).not.toContain("state/runs/slow.json");
});

it("an unfinished run that MongoDB had and has no more is held: its file is that of the cutover", async () => {
  const before = await stack.cutover();
  // The worker finished it, and a service removed it; another was never in MongoDB.
  await stack.runs.deleteMany({ _id: { $in: ["busy", "done"] } });
  await addFiles(stack.root, { "state/runs/new.json": run("new", running) });
  const outs = await stack.rollBack(before);
  expect(outs.rollback).toMatchObject({
    held: { cases: ["busy"] },
    exported: { destinationTaken: { count: 0 } },
  });
  expect(await inPlace()).toEqual([
    "state/runs/done.json",
    "state/runs/new.json",
    "state/runs/slow.json",
  ]);
  expect(await stack.exportByHand()).toMatchObject({ stillHeld: { cases: ["busy"] } });
});

it("a run that MongoDB has no more is not held once the worker is at work on the files", async () => {
  const back = await stack.rollBack(await stack.cutover());
  await stack.runs.deleteMany({ _id: "busy" });
  const outs = await stack.finalPass(back, { direction: "back" });
  expect(outs.rollback).toMatchObject({ held: { count: 0 } });
});

it("the final pass holds nothing more: the worker is at work on the files", async () => {
  const back = await stack.rollBack(await stack.cutover());
  await stack.advance();
  await stack.db.collection("pack_run_backfill").drop();
  const outs = await stack.finalPass(back, { direction: "back" });
  expect(outs.rollback).toMatchObject({
    exported: { conflicts: { cases: [{ id: "busy" }] } },
    held: { count: 0 },
  });
  expect(await inPlace()).toEqual(expect.arrayContaining(["state/runs/busy.json"]));
});

it("a run that comes back to the path of another file is named, and not as one that is held", async () => {
  const before = await stack.cutover();
  await stack.rollBack(before, { uri: undefined });
  await addFiles(stack.root, { "state/runs/busy.json": run("busy", running) });
  const outs = await stack.rollBack(before);
  expect(outs.rollback).toMatchObject({
    held: { cases: ["busy"] },
    exported: { destinationTaken: { cases: ["busy"] } },
  });
  expect(stack.printed.join("\n")).toMatch(/warning: 1 run .*: busy\. .*\[runs-not-moved\]/);
});
