import { link, mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { exportState, goBack, importState, verifyState } from "../../components/backfill";
import { claimMigration, ledger } from "./database";
import { jsonIn } from "./export-sides";
import { addFiles, run } from "./state";
import { changes, ExportStack, finished, running, state, unreachable, up } from "./way-back-stack";

const stack = new ExportStack();

it.each([unreachable, undefined])(
  "with MongoDB out of reach (%s) unfinished runs are held and named; nothing is lost",
  async (uri) => {
    const before = await stack.cutover();
    await stack.advance();
    const started = Date.now();
    const outs = await up(before, stack.toFiles({ uri }));
    // 5 s for what a preview says, and 5 s for the way back itself.
    expect(Date.now() - started).toBeLessThan(13_000);
    expect(outs.wayBack?.held).toHaveLength(2);
    expect(outs.wayBack).not.toHaveProperty("exported");
    const text = stack.said.join("\n");
    expect(text).toMatch(/warning: 2 runs would be set aside in .*\/held: .*busy/);
    expect(text).toMatch(/warning: Nothing was exported\. .* is left behind/);
    expect(text).toMatch(/warning: 2 runs set aside in .*\/held, .*busy/);
    expect(text).not.toContain("secret");
    expect(await stack.files()).toEqual({
      "held/state/runs/busy.json": state["state/runs/busy.json"],
      "held/state/runs/slow.json": state["state/runs/slow.json"],
      "logs/runs/busy.ndjson": state["logs/runs/busy.ndjson"],
      "state/runs/done.json": state["state/runs/done.json"],
    });
    expect(await changes(outs, stack.toFiles({ uri }))).toBe(false);
  },
);

it("a run that was finished on disk since the fence is not held", async () => {
  const before = await stack.cutover();
  await addFiles(stack.root, { "state/runs/busy.json": JSON.stringify(run("busy", finished)) });
  expect((await up(before, stack.toFiles({ uri: undefined }))).wayBack?.held).toEqual(["slow"]);
});

it("a run that web wrote to files after the fence is held: MongoDB has it by the final import", async () => {
  const before = await stack.cutover();
  await addFiles(stack.root, { "state/runs/late.json": JSON.stringify(run("late", running)) });
  await importState({ ...stack.sides, stage: "final" });
  const outs = await up(before, stack.toFiles({ uri: undefined }));
  expect((outs.wayBack?.held as string[]).sort()).toEqual(["busy", "late", "slow"]);
});

it("nothing is held later: the worker on files is at work on what was released", async () => {
  const before = await stack.cutover();
  const released = await up(before, stack.toFiles({ uri: undefined, heldRuns: "release" }));
  expect(await changes(released, stack.toFiles({ uri: undefined }))).toBe(false);
});

it("later the export brings held runs back, and holds none with which the worker is at work", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const { fence } = await up(before, stack.toFiles({ uri: undefined }));
  const atWork = run("busy-since", running);
  await addFiles(stack.root, { "state/runs/busy-since.json": JSON.stringify(atWork) });
  const { uri, database: name } = stack.inputs();
  const options = {
    uri,
    name,
    fence,
    ledger,
    heldRuns: "hold",
    isLater: true,
    electionSeconds: 5,
  } as const;

  expect(await goBack(stack.sides, { ...options, uri: unreachable })).toMatchObject({
    held: ["busy", "slow"],
  });
  expect(await goBack(stack.sides, options)).toMatchObject({ held: [] });
  expect(await jsonIn(stack.root, "state/runs/busy.json")).toMatchObject(finished);
  expect(await jsonIn(stack.root, "state/runs/busy-since.json")).toEqual(atWork);
});

it("where only the cluster reaches it, each later update tries again, until it was exported", async () => {
  const before = await stack.cutover();
  const outs = await up(before, stack.toFiles({ uri: undefined }));
  expect(await changes(outs, stack.toFiles({ job: {} }))).toBe(true);
  const settled = { ...outs, wayBack: { held: outs.wayBack?.held as string[] } };
  expect(await changes(settled, stack.toFiles({ job: {} }))).toBe(true);
  const nothingHeld = { ...outs, wayBack: { held: [] } };
  expect(await changes(nothingHeld, stack.toFiles({ job: {} }))).toBe(false);
  expect(await changes(settled, stack.toFiles())).toBe(false);
});

it("a Job that fails later is a warning, and the services' next update holds nothing", async () => {
  const before = await stack.cutover();
  const outs = await up(before, stack.toFiles({ uri: undefined }));
  const job = { kubeconfig: join(stack.root, "none"), namespace: "apps" };
  expect(await up(outs, stack.toFiles({ job }))).toEqual(outs);
  expect(stack.said.at(-1)).toMatch(
    /^warning: What is left behind in MongoDB still is\. .*kubeconfig/,
  );

  // An earlier version left such a state behind a Job that failed.
  await addFiles(stack.root, { "state/runs/since.json": JSON.stringify(run("since", running)) });
  const unfinished = { ...outs, applied: false };
  const later = await up(unfinished, stack.toFiles({ uri: undefined }));
  expect(later.wayBack?.held).toEqual(["busy", "slow"]);
  expect(await jsonIn(stack.root, "state/runs/since.json")).toEqual(run("since", running));
});

it("released runs stay in their places, and come back where they were held before", async () => {
  const before = await stack.cutover();
  const options = { uri: undefined, heldRuns: "release" };
  expect((await up(before, stack.toFiles(options))).wayBack?.held).toEqual([]);
  expect(await stack.files()).toEqual(state);
  const held = await up(before, stack.toFiles({ uri: undefined }));
  expect(held.wayBack?.held).toHaveLength(2);
  expect((await up(held, stack.toFiles(options))).wayBack?.held).toEqual([]);
  expect(await stack.files()).toEqual(state);
});

it("held runs come back by an export, as MongoDB has them, and go forward again", async () => {
  const before = await stack.cutover();
  await stack.advance();
  await stack.forget("slow");
  const outs = await up(before, stack.toFiles({ uri: undefined }));
  const report = await exportState(stack.sides);
  expect(report.returned.sort()).toEqual(["busy", "slow"]);
  expect(report).toMatchObject({ stillHeld: [], runs: { documents: 2, written: 1, unchanged: 1 } });
  expect(Object.keys(await stack.files())).toEqual(Object.keys(state));
  expect(await jsonIn(stack.root, "state/runs/busy.json")).toMatchObject(finished);
  expect(await jsonIn(stack.root, "state/runs/slow.json")).toEqual(run("slow", running));
  expect(await exportState(stack.sides)).toMatchObject({ files: 0, returned: [] });

  const again = await stack.cutover(outs);
  expect(again.fence?.unfinished).toEqual(["slow"]);
  expect(await importState({ ...stack.sides, stage: "final" })).toMatchObject({ quarantine: [] });
  expect(await verifyState({ ...stack.sides, exact: true })).toMatchObject({ holds: true });
  expect(await stack.runs.countDocuments()).toBe(3);
  expect(await stack.db.collection("pack_run_logs").countDocuments()).toBe(2);
});

it("a cutover leaves held runs aside: MongoDB goes on with them, and nothing is twice", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const outs = await up(before, stack.toFiles({ uri: undefined }));
  const again = await stack.cutover(outs);
  expect(again.fence?.unfinished).toEqual([]);
  expect(stack.said.at(-1)).toMatch(/^2 runs set aside .* stay in .*\/held: .*busy/);
  expect(await stack.files()).toHaveProperty(["held/state/runs/busy.json"]);
  expect(await importState({ ...stack.sides, stage: "final" })).toMatchObject({ quarantine: [] });
  expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(finished);
  expect(await verifyState(stack.sides)).toMatchObject({ holds: true, runs: { onlyInMongo: 2 } });

  expect((await up(again, stack.toFiles())).wayBack).toMatchObject({ held: [], inTheWay: [] });
  expect(Object.keys(await stack.files())).toEqual(Object.keys(state));
  expect(await jsonIn(stack.root, "state/runs/busy.json")).toMatchObject(finished);
});

it("a cutover that is killed at its fence and given up leaves nothing to be executed again", async () => {
  const outs = await up(await stack.cutover(), stack.toFiles({ uri: undefined }));
  await addFiles(stack.root, { "state/runs/new.json": JSON.stringify(run("new", running)) });
  // The engine does not save what it did.
  await stack.cutover(outs);
  expect(await changes(outs, stack.toFiles({ uri: undefined }))).toBe(false);
  const places = Object.keys(await stack.files()).filter((name) => /^state.runs/.test(name));
  expect(places).toEqual(["state/runs/done.json", "state/runs/new.json"]);
});

it("a cutover to a new MongoDB does not import what is held, and warns that nobody executes it", async () => {
  const outs = await up(await stack.cutover(), stack.toFiles({ uri: undefined }));
  await stack.db.dropDatabase();
  await claimMigration(stack.db);
  const again = await stack.cutover(outs);
  await importState({ ...stack.sides, stage: "final" });
  expect(await stack.runs.countDocuments()).toBe(1);
  expect(stack.said.at(-1)).toMatch(/^warning: 2 runs set aside .* not in this MongoDB.*busy/);

  const atRest = await up(undefined, stack.inputs({ stage: "rest" }));
  const back = await up(again, stack.toFiles());
  expect(back.wayBack).toMatchObject({ exported: {}, inTheWay: [] });
  expect((back.wayBack?.held as string[]).sort()).toEqual(["busy", "slow"]);
  await up(atRest, stack.toFiles({ stage: "rest" }));
  expect(await stack.files()).toHaveProperty(["held/state/runs/busy.json"]);
  const released = await up(back, stack.toFiles({ heldRuns: "release" }));
  expect(released.wayBack).toMatchObject({ held: [] });
  expect(await stack.files()).toEqual(state);
});

it("a held file whose place is taken stays held in a cutover, and is named", async () => {
  const before = await stack.cutover();
  const outs = await up(before, stack.toFiles({ uri: undefined }));
  const other = JSON.stringify(run("busy", finished));
  await addFiles(stack.root, { "state/runs/busy.json": other });
  await stack.cutover(outs);
  expect(stack.said.join("\n")).toMatch(/2 runs set aside .* stay in .*\/held: .*busy/);
  const files = await stack.files();
  expect(files["state/runs/busy.json"]).toBe(other);
  expect(files["held/state/runs/busy.json"]).toBe(state["state/runs/busy.json"]);
});

it("a held run that changed on both sides stays held, with MongoDB's content beside it", async () => {
  const before = await stack.cutover();
  await stack.advance();
  await up(before, stack.toFiles({ uri: undefined }));
  const changed = JSON.stringify(run("busy", { ...running, planHash: "x" }));
  await addFiles(stack.root, { "held/state/runs/busy.json": changed });
  const report = await exportState(stack.sides);
  expect(report).toMatchObject({ returned: ["slow"], stillHeld: ["busy"] });
  expect(report.conflicts).toMatchObject([{ id: "busy" }]);
  const files = await stack.files();
  expect(files["held/state/runs/busy.json"]).toBe(changed);
  expect(files).toHaveProperty(["held/state/runs/busy.mongo.json"]);
  expect(files).not.toHaveProperty(["state/runs/busy.json"]);
});

it("a server that is stopped holds runs in 5 s, and started again it brings them back", async () => {
  const before = await stack.cutover();
  await stack.advance();
  // The process has a connection from what was said before.
  expect(await changes(before, stack.toFiles())).toBe(true);
  await stack.server.stop();
  const started = Date.now();
  const outs = await up(before, stack.toFiles());
  expect(Date.now() - started).toBeLessThan(12_000);
  expect(outs.wayBack?.held).toHaveLength(2);

  await stack.server.start();
  expect((await exportState(stack.sides)).returned.sort()).toEqual(["busy", "slow"]);
  expect(await jsonIn(stack.root, "state/runs/busy.json")).toMatchObject(finished);
  expect(await verifyState(stack.sides)).toMatchObject({ holds: true, runs: { equal: 3 } });
}, 60_000);

it("a way back that is killed while it holds a run exports that run when MongoDB is up again", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const [place, held] = ["state", "held/state"].map((part) =>
    join(stack.root, part, "runs", "busy.json"),
  ) as [string, string];
  await mkdir(dirname(held), { recursive: true });
  await link(place, held);
  const outs = await up(before, stack.toFiles());
  expect(outs.wayBack).toMatchObject({ held: [], inTheWay: [] });
  expect(await jsonIn(stack.root, "state/runs/busy.json")).toMatchObject(finished);
  expect(await stack.files()).not.toHaveProperty(["held/state/runs/busy.json"]);
});
