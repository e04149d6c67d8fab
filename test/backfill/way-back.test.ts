import { mkdir, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { importState, savedFence, verifyState } from "../../components/backfill";
import { providers } from "../../components/backfill/provider";
import { lastCountOf } from "../../components/backfill/way-back/last-count";
import { jsonIn } from "./export-sides";
import { claimMigration, ledger } from "./database";
import { addFiles, run } from "./state";
import {
  changes,
  ExportStack,
  finished,
  state,
  unreachable,
  up,
  type Outs,
} from "./way-back-stack";

const stack = new ExportStack();

it("a cutover draws the fence once, and the next one again", async () => {
  const first = await stack.cutover();
  expect(first.fence?.unfinished.sort()).toEqual(["busy", "slow"]);
  expect(Math.abs(Date.now() - Date.parse(first.fence?.at ?? ""))).toBeLessThan(60_000);
  expect(JSON.stringify(first)).not.toContain("mongodb:");
  expect(await changes(first, stack.inputs({ cutover: 1, heldRuns: "release" }))).toBe(false);
  expect(await changes(first, stack.inputs({ cutover: 2 }))).toBe(true);
  expect(await changes(first, stack.inputs({ cutover: 1, root: "elsewhere" }))).toBe(true);
  await addFiles(stack.root, { "state/runs/busy.json": JSON.stringify(run("busy")) });
  const again = await providers.Export.update("id", first, stack.inputs({ cutover: 2 }));
  expect(again.outs).toMatchObject({ fence: { unfinished: ["slow"] } });
});

it("the ledger has the moment of the last fence, and the name of its collection runs nothing", async () => {
  const record = () => stack.db.collection(ledger).findOne({});
  const first = await stack.cutover();
  expect(await record()).toMatchObject({
    stack: "storage/test",
    fencedAt: new Date(first.fence?.at ?? ""),
  });
  expect(await changes(first, stack.inputs({ cutover: 1, ledger: "another" }))).toBe(false);
  const again = await stack.cutover(await up(first, stack.toFiles()));
  expect(again.fence?.at).not.toBe(first.fence?.at);
  expect(await record()).toMatchObject({ fencedAt: new Date(again.fence?.at ?? "") });
});

it("a fence that cannot be noted stops the cutover, and leaves aside what is held", async () => {
  const held = await up(await stack.cutover(), stack.toFiles({ uri: undefined }));
  await stack.db.collection(ledger).deleteMany({});
  await up(undefined, stack.inputs({ stage: "rest" }));
  await expect(stack.cutover(held)).rejects.toThrow(/Run `taskrunner-storage apply`/);
  expect(await stack.files()).toHaveProperty(["held/state/runs/busy.json"]);
});

it("a stack that begins on files does nothing, and neither does its second up", async () => {
  await addFiles(stack.root, state);
  const outs = await up(undefined, stack.toFiles({ uri: unreachable }));
  expect(outs).not.toHaveProperty("fence");
  expect(outs).not.toHaveProperty("wayBack");
  expect(await changes(outs, stack.toFiles({ uri: unreachable }))).toBe(false);
  expect(await stack.files()).toEqual(state);
});

it("the way back exports what changed in MongoDB, and a second up changes nothing", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const outs = await up(before, stack.toFiles());
  expect(outs.wayBack).toMatchObject({
    exported: { runs: { written: 1, unchanged: 2 }, logs: { written: 1 }, conflicts: [] },
    held: [],
  });
  expect(stack.said.at(-1)).toBe(`Exported to ${stack.root}: 1 run, 1 log entry.`);
  expect(await jsonIn(stack.root, "state/runs/busy.json")).toMatchObject(finished);
  expect(await changes(outs, stack.toFiles())).toBe(false);
  expect(await verifyState(stack.sides)).toMatchObject({ holds: true, runs: { equal: 3 } });
});

it("conflicts do not stop the way back: they are in the outputs and in a warning", async () => {
  const before = await stack.cutover();
  await stack.advance();
  await addFiles(stack.root, {
    "state/runs/busy.json": JSON.stringify(run("busy", { planHash: "x" })),
  });
  const outs = await up(before, stack.toFiles());
  expect(outs.wayBack).toMatchObject({ exported: { conflicts: [{ id: "busy" }] } });
  expect(stack.said.join("\n")).toContain("warning: 1 changed on both sides");
});

it("a way back that fails in the middle is unfinished, and goes on in the next up", async () => {
  const before = await stack.cutover();
  await stack.advance();
  await addFiles(stack.root, { artifacts: "in the way" });
  await stack.db.collection("pack_artifacts").insertOne({ runId: "busy", name: "a" });
  const failed = up(before, stack.toFiles());
  await expect(failed).rejects.toMatchObject({
    name: "UnfinishedStep",
    properties: { applied: false, mode: "mongo", fence: before.fence },
    reasons: [expect.stringMatching(/^Export to .* run `pulumi up` again/)],
  });
  await rm(join(stack.root, "artifacts"));
  const { properties } = (await failed.catch((error: unknown) => error)) as { properties: Outs };
  expect((await up(properties, stack.toFiles())).wayBack).toMatchObject({
    exported: { artifacts: { written: 1 } },
  });
});

it("the export of the rest draws no fence and brings what web still wrote", async () => {
  const rest = { stage: "rest" };
  await stack.cutover();
  const before = await up(undefined, stack.inputs(rest));
  expect(before).not.toHaveProperty("fence");
  await up(await stack.cutover(), stack.toFiles());
  await stack.runs.updateOne({ _id: "slow" }, { $set: { planHash: "by web" } });
  expect((await up(before, stack.toFiles(rest))).wayBack).toMatchObject({
    exported: { runs: { written: 1 } },
  });
});

it.each([unreachable, undefined])(
  "the last step without MongoDB (%s) says what the last verification counted there",
  async (uri) => {
    await stack.cutover();
    const before = await up(undefined, stack.inputs({ stage: "rest" }));
    await stack.advance();
    const report = await verifyState(stack.sides);
    expect(Math.abs(Date.now() - Date.parse(report.at ?? ""))).toBeLessThan(60_000);
    const lastCount = lastCountOf(report);
    const counts =
      "MongoDB had 3 runs, 2 log entries; newer there than on disk, or only there: 1 run, 1 log entry.";
    stack.said = [];
    await up(before, stack.toFiles({ uri, stage: "rest", lastCount }));
    const words = `As of the verification at ${report.at}, which is the last known count and not a current one, ${counts}`;
    const said = stack.said.filter((line) => !line.includes("waiting up to"));
    expect(said).toEqual([
      `If MongoDB is out of reach, what changed there is left behind. ${words}`,
      expect.stringMatching(/^warning: Nothing was exported\. .* when it answers\. As of /),
    ]);
    expect(said[1]).toContain(words);
  },
);

it("a count that no verification made, or that is not known yet, is not said", async () => {
  await stack.cutover();
  const before = await up(undefined, stack.inputs({ stage: "rest" }));
  for (const lastCount of [undefined, "04da6b54-80e4-46f7-96ec-b56ff0331ba9"]) {
    stack.said = [];
    const back = stack.toFiles({ uri: undefined, stage: "rest", lastCount });
    expect((await up(before, back)).wayBack).toMatchObject({ held: [] });
    expect(stack.said).toHaveLength(1);
    expect(stack.said[0]).not.toContain("last known count");
  }
});

it("with MongoDB in reach the last count is not what the last step says", async () => {
  await stack.cutover();
  const before = await up(undefined, stack.inputs({ stage: "rest" }));
  const lastCount = lastCountOf(await verifyState(stack.sides));
  await up(before, stack.toFiles({ stage: "rest", lastCount }));
  expect(stack.said.at(-1)).toBe(`Exported to ${stack.root}: nothing changed.`);
});

it("an export from another database is refused, in the preview too, and the state stays", async () => {
  const before = await stack.cutover();
  const elsewhere = stack.toFiles({ database: `${stack.database}_empty` });
  const refused = up(before, elsewhere);
  await expect(refused).rejects.toMatchObject({
    properties: { applied: false, mode: "mongo", fence: before.fence },
    reasons: [expect.stringContaining("knows nothing of that fence") as string],
  });
  expect(stack.said.at(-1)).toMatch(/^warning: `pulumi up` will stop here\. Database way_back_/);
  expect(await stack.files()).toEqual(state);
});

it("after a way back that did not finish the cutover goes on in its own database alone", async () => {
  const before = await stack.cutover();
  const unfinished = { ...before, applied: false, mode: "mongo" };
  const empty = `${stack.database}_empty`;
  const elsewhere = stack.inputs({ database: empty, cutover: 2 });
  await claimMigration(stack.db.client.db(empty));
  await expect(up(unfinished, elsewhere)).rejects.toThrow(/knows nothing of that fence/);
  expect(await up(unfinished, stack.inputs({ cutover: 2 }))).toHaveProperty("fence");
});

/** What becomes of the state root where its volume is not mounted, or only in part. */
const unmounted: readonly [string, (root: string) => Promise<unknown>, RegExp][] = [
  ["missing", () => Promise.resolve(), /is not a folder that can be read/],
  ["an empty mount point", (root) => mkdir(root), /has none of the folders/],
  [
    "without the runs",
    (root) => addFiles(root, { "logs/runs/busy.ndjson": "" }),
    /has no run's file in state\/runs, although the cutover at 20.* found some there/,
  ],
];

describe.each(unmounted)("a state root that is %s", (_what, leave, words) => {
  it.each(["export", "rest"])(
    "stops the way back before the %s, and gets no file",
    async (stage) => {
      const before = await stack.cutover();
      const atRest = await up(undefined, stack.inputs({ stage: "rest" }));
      await stack.advance();
      await rename(stack.root, `${stack.root}-unmounted`);
      await leave(stack.root);
      const left = await stack.files().catch(() => "none");
      const refused = up(stage === "rest" ? atRest : before, stack.toFiles({ stage }));
      // The rest knows of no fence, but MongoDB knows of the runs.
      const message = stage === "rest" ? /is not a folder|none of the|were imported/ : words;
      await expect(refused).rejects.toMatchObject({
        properties: { applied: false, mode: "mongo" },
        reasons: [expect.stringMatching(message)],
      });
      expect(await stack.files().catch(() => "none")).toEqual(left);
      if (stage === "rest") return;
      expect(stack.said).toContainEqual(
        expect.stringMatching(/^warning: `pulumi up` will stop here/),
      );
      expect(stack.said.join("\n")).toMatch(words);
    },
  );
});

it("a state root without runs is none either where imports came from it, also without a fence's run", async () => {
  const before = await stack.cutover();
  const files = await stack.files();
  await rm(join(stack.root, "state"), { recursive: true });
  const fence = { at: before.fence?.at ?? "", unfinished: [] };
  const refused = up({ ...before, fence }, stack.toFiles());
  await expect(refused).rejects.toThrow(/although runs were imported from there/);
  await addFiles(stack.root, files);
  expect((await up({ ...before, fence }, stack.toFiles())).wayBack).toHaveProperty("exported");
});

it("a state without any run, ever, gets those that began in MongoDB", async () => {
  await addFiles(stack.root, { "logs/runs/none.ndjson": "" });
  await importState({ ...stack.sides, stage: "delta" });
  const before = await up(undefined, stack.inputs());
  await stack.runs.insertOne({ _id: "late", planHash: "sha256:1" });
  const outs = await up(before, stack.toFiles());
  expect(outs.wayBack).toMatchObject({ exported: { runs: { written: 1 } } });
});

it("the fence is kept beside the files, where the engine draws it, for a way back by hand", async () => {
  const first = await stack.cutover();
  expect(await savedFence(stack.sides)).toEqual(first.fence);
  const again = await stack.cutover(await up(first, stack.toFiles()));
  expect(await savedFence(stack.sides)).toEqual(again.fence);
});

it("a fence that cannot be kept beside the files does not stop a cutover, and is said", async () => {
  await mkdir(join(stack.root, "fence.json.tmp"), { recursive: true });
  expect(await stack.cutover()).toHaveProperty("fence");
  expect(stack.said.join("\n")).toMatch(/^warning: The fence was not written to .*: EISDIR/m);
});
