import { promises } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { expect, it, onTestFinished, vi } from "vitest";
import { readCutoverRecord, syncFolders } from "../../components/state";
import { createRandom } from "../../tools/sample/random";
import { LosingVolume } from "../stand-in/unkind/losing-volume";
import { type Outs, RollbackStack, finished, running, runStep, upSecond } from "./rollback-stack";

// What a crash of the state directory's server takes back: names that were not synced.

const stack = new RollbackStack();
const busy = "state/runs/busy.json";

/** A rollback up to its handover, on a volume that crashes right after it. */
async function rolledBackAndCrashed(work: () => Promise<Outs>): Promise<Outs> {
  const volume = new LosingVolume(() => false);
  volume.mount(stack.root);
  const outs = await work();
  volume.crash(stack.root, { ...createRandom(1), between: () => 0 });
  volume.unmount(stack.root);
  return outs;
}

it("a run that was exported, its log and the end of the cutover are there after a crash", async () => {
  const before = await stack.wholeCutover();
  await stack.advance();
  const { rollback } = await rolledBackAndCrashed(() => stack.rollBack(before));
  expect(rollback).toMatchObject({ held: { count: 0 } });
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect((await stack.files())["logs/runs/busy.ndjson"]?.split("\n")).toHaveLength(3);
  expect(await readCutoverRecord(stack.root)).toHaveProperty("endedAt");
});

it("a held run is held after a crash", async () => {
  const before = await stack.cutover();
  const back = stack.toFiles({ uri: undefined });
  const { rollback } = await rolledBackAndCrashed(() => runStep(before, back));
  expect(rollback).toMatchObject({ held: { cases: ["busy", "slow"] } });
  expect(Object.keys(await stack.files())).not.toContain(busy);
});

it("a held run that came back is in its place after a crash", async () => {
  const before = await stack.cutover();
  const back = await stack.rollBack(before, { uri: undefined });
  const last = stack.second(back, { direction: "back" });
  await rolledBackAndCrashed(() => upSecond(undefined, last));
  expect(await stack.onDisk("busy")).toMatchObject(running);
});

it.each(["EINVAL", "ENOTSUP", "EPERM", "EIO"])(
  "a folder that cannot be synced (%s)",
  async (code) => {
    const open = vi.spyOn(promises, "open");
    onTestFinished(() => {
      open.mockRestore();
      syncBuiltinESMExports();
    });
    open.mockRejectedValue(Object.assign(new Error(code), { code, syscall: "fsync" }));
    syncBuiltinESMExports();
    const syncing = syncFolders(["/state"]);
    if (code === "EIO") await expect(syncing).rejects.toThrow("EIO");
    else await syncing;
  },
);
