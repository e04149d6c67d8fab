import { link, mkdir, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { exportState, runRollback, importState, verifyState } from "../../components/transfer";
import { steps } from "../../components/transfer/provider";
import { readCutoverRecord } from "../../components/state";
import { type AnyStep, workInPod } from "../../components/step";
import { version } from "../../package.json";
import { bothEqual } from "./counts";
import { claimMigration, ledgerCollection } from "./database";
import { addFiles, run } from "./state";
import {
  RollbackStack,
  diffHandover,
  finished,
  previewStep,
  running,
  sampleFiles,
  unreachable,
  runStep,
  upSecond,
} from "./rollback-stack";

const stack = new RollbackStack();

it.each([unreachable, { uri: undefined }])(
  "with MongoDB unreachable ($uri) unfinished runs are held and named; nothing is lost",
  async (where) => {
    const before = await stack.cutover();
    await stack.advance();
    expect(await previewStep(before, stack.toFiles(where))).toBe(true);
    expect(stack.printed.join("\n")).toMatch(/warning: .*\/held\. .* 2 runs .*\[would-hold\]/);
    stack.printed.length = 0;
    const outs = await runStep(before, stack.toFiles(where));
    expect(outs.rollback?.held.count).toBe(2);
    expect(outs.rollback).not.toHaveProperty("exported");
    const text = stack.printed.join("\n");
    expect(text).not.toContain("would");
    expect(text).toMatch(/warning: .*\[not-exported\]/);
    expect(text).toMatch(/warning: 2 runs .*\/held, .*busy.*\[runs-held\]/);
    expect(text).not.toContain("secret");
    expect(await stack.files()).toEqual({
      "held/state/runs/busy.json": sampleFiles["state/runs/busy.json"],
      "held/state/runs/slow.json": sampleFiles["state/runs/slow.json"],
      "logs/runs/busy.ndjson": sampleFiles["logs/runs/busy.ndjson"],
      "state/runs/done.json": sampleFiles["state/runs/done.json"],
    });
    expect(await diffHandover(outs, stack.toFiles({ ...where, cutover: 1 }))).toBe(false);
  },
);

it("a run that was finished on disk since the cutover is not held", async () => {
  const before = await stack.cutover();
  await addFiles(stack.root, { "state/runs/busy.json": run("busy", finished) });
  expect((await stack.rollBack(before, { uri: undefined })).rollback?.held.cases).toEqual(["slow"]);
});

it("a run that web wrote to files after the handover is held: MongoDB has it by the final pass", async () => {
  const before = await stack.cutover();
  await addFiles(stack.root, { "state/runs/late.json": run("late", running) });
  await stack.finalPass(before);
  const outs = await stack.rollBack(before, { uri: undefined });
  expect(outs.rollback?.held.cases.toSorted()).toEqual(["busy", "late", "slow"]);
});

it("the first rollback ends the cutover, and from then on a second one holds nothing", async () => {
  const before = await stack.cutover();
  await stack.rollBack(before, { uri: undefined });
  expect(await readCutoverRecord(stack.root)).toHaveProperty("endedAt");
  await stack.moveHeldBack();

  // Its engine was killed, so that the stack does not know of it.
  const again = await stack.rollBack(before, { uri: undefined });
  expect(again.rollback).toMatchObject({ held: { count: 0 } });
  const second = stack.second(before, { direction: "back", uri: undefined });
  expect((await upSecond(undefined, second)).rollback).toMatchObject({
    held: { count: 0 },
  });
  expect(await stack.files()).toEqual(sampleFiles);
});

it("later the export brings held runs back, and holds none with which the worker is at work", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const { cutoverRecord } = await stack.rollBack(before, { uri: undefined });
  const atWork = run("busy-since", running);
  await addFiles(stack.root, { "state/runs/busy-since.json": atWork });
  const { uri, database: name } = stack.inputs();
  const cutoverAt = cutoverRecord?.at;
  const options = {
    uri,
    name,
    cutoverAt,
    ledger: ledgerCollection,
    electionSeconds: 5,
  } as const;

  expect(await runRollback(stack.sides, { ...options, ...unreachable })).toMatchObject({
    held: { cases: ["busy", "slow"] },
  });
  expect(await runRollback(stack.sides, options)).toMatchObject({ held: { count: 0 } });
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect(await stack.onDisk("busy-since")).toEqual(atWork);
});

it("where only the cluster reaches it, each later update tries again, until it was exported", async () => {
  const before = await stack.cutover();
  const outs = await stack.rollBack(before, { uri: undefined });
  const byJob = stack.toFiles({ job: {}, cutover: 1 });
  expect(await diffHandover(outs, byJob)).toBe(true);
  // A Job's answer may lack the names.
  const settled = { ...outs, rollback: { held: { count: 2, cases: [] } } };
  expect(await diffHandover(settled, byJob)).toBe(true);
  const earlier = { ...outs, rollback: { held: [], heldCount: 2 } };
  expect(await diffHandover(earlier, byJob)).toBe(true);
  const nothingHeld = { ...outs, rollback: { held: { count: 0, cases: [] } } };
  expect(await diffHandover(nothingHeld, byJob)).toBe(false);
  expect(await diffHandover(settled, stack.toFiles({ cutover: 1 }))).toBe(false);
});

it("a Job that fails later is a warning, and the services' next update holds nothing", async () => {
  const before = await stack.cutover();
  const outs = await stack.rollBack(before, { uri: undefined });
  const job = { kubeconfig: join(stack.root, "none"), namespace: "apps" };
  const kept = { cutoverRecord: outs.cutoverRecord, rollback: outs.rollback, applied: true };
  expect(await stack.rollBack(outs, { job })).toMatchObject(kept);
  expect(stack.printed.at(-1)).toMatch(
    /^warning: What changed in MongoDB is still only there\. .*kubeconfig/,
  );

  await addFiles(stack.root, { "state/runs/since.json": run("since", running) });
  const unfinished = { ...outs, applied: false };
  const later = await stack.rollBack(unfinished, { uri: undefined });
  expect(later.rollback?.held.cases).toEqual(["busy", "slow"]);
  expect(await stack.onDisk("since")).toEqual(run("since", running));
});

it("a Job's pod that cannot export later warns too, because it knows of the first rollback", async () => {
  const before = await stack.cutover();
  const outs = await stack.rollBack(before, { uri: undefined });
  await rm(stack.root, { recursive: true });
  const { priorOutputs = [] } = steps.handover.job as { priorOutputs?: readonly string[] };
  const known = Object.entries(outs).filter(([key]) => priorOutputs.includes(key));
  const { uri, ...inputs } = stack.toFiles();
  const request = { version, inputs, state: Object.fromEntries(known) as object };
  const answer = await workInPod(steps.handover as unknown as AnyStep, request, uri ?? "");
  expect(answer).toMatchObject({
    results: { cutoverRecord: outs.cutoverRecord, rollback: outs.rollback },
  });
  expect(stack.printed.at(-1)).toMatch(/^warning: .*\[not-exported\]$/);
});

it("held runs come back by an export, as MongoDB has them, and go forward again", async () => {
  const before = await stack.cutover();
  await stack.advance();
  await stack.forget("slow");
  const outs = await stack.rollBack(before, { uri: undefined });
  expect(await exportState(stack.sides)).toMatchObject({
    returned: { cases: ["busy"] },
    stillHeld: { cases: ["slow"] },
  });
  await stack.moveHeldBack();
  const report = await exportState(stack.sides);
  expect(report).toMatchObject({ stillHeld: { count: 0 }, runs: { documents: 2, unchanged: 2 } });
  expect(Object.keys(await stack.files())).toEqual(Object.keys(sampleFiles));
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect(await stack.onDisk("slow")).toEqual(run("slow", running));
  expect(await exportState(stack.sides)).toMatchObject({ files: 0, returned: { count: 0 } });

  const again = await stack.cutover(outs);
  expect(again.cutoverRecord).toMatchObject({ unfinishedCount: 1 });
  expect(await importState({ ...stack.sides, pass: "final" })).toMatchObject({ quarantine: [] });
  expect(await verifyState(stack.sides)).toMatchObject(bothEqual);
  expect(await stack.runs.countDocuments()).toBe(3);
  expect(await stack.db.collection("pack_run_logs").countDocuments()).toBe(2);
});

it("a cutover leaves held runs aside: MongoDB goes on with them, and nothing is twice", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const outs = await stack.rollBack(before, { uri: undefined });
  const again = await stack.cutover(outs);
  expect(again.cutoverRecord).toMatchObject({ unfinishedCount: 0 });
  expect(stack.printed.at(-1)).toMatch(/ 2 runs in .*\/held: .*busy/);
  expect(await stack.files()).toHaveProperty(["held/state/runs/busy.json"]);
  expect(await importState({ ...stack.sides, pass: "final" })).toMatchObject({ quarantine: [] });
  expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(finished);
  expect(await verifyState(stack.sides)).toMatchObject({ holds: true, runs: { onlyInMongo: 2 } });

  expect((await stack.rollBack(again)).rollback).toMatchObject({
    held: { count: 0 },
    exported: { destinationTaken: { count: 0 } },
  });
  expect(Object.keys(await stack.files())).toEqual(Object.keys(sampleFiles));
  expect(await stack.onDisk("busy")).toMatchObject(finished);
});

it("a cutover that is killed while it is recorded, then abandoned, leaves no step to execute again", async () => {
  const outs = await stack.rollBack(await stack.cutover(), { uri: undefined });
  await addFiles(stack.root, { "state/runs/new.json": run("new", running) });
  // The engine does not save what it did.
  await stack.cutover(outs);
  expect(await diffHandover(outs, stack.toFiles({ uri: undefined, cutover: 1 }))).toBe(false);
  const locations = Object.keys(await stack.files()).filter((name) => /^state.runs/.test(name));
  expect(locations).toEqual(["state/runs/done.json", "state/runs/new.json"]);
});

it("a cutover to a new MongoDB does not import what is held, and warns that nobody executes it", async () => {
  const outs = await stack.rollBack(await stack.cutover(), { uri: undefined });
  await stack.db.dropDatabase();
  await claimMigration(stack.db);
  const again = await stack.cutover(outs);
  expect(stack.printed.at(-1)).toMatch(/^warning: 2 runs .*busy.*\[held-runs-unknown\]$/);

  const second = await stack.finalPass(again);
  expect(await stack.runs.countDocuments()).toBe(1);
  const back = await stack.rollBack(again);
  expect(back.rollback).toMatchObject({ exported: { destinationTaken: { count: 0 } } });
  expect(back.rollback?.held.cases.toSorted()).toEqual(["busy", "slow"]);
  await upSecond(second, stack.second(back, { direction: "back" }));
  expect(await stack.files()).toHaveProperty(["held/state/runs/busy.json"]);
  await stack.moveHeldBack();
  expect(await stack.files()).toEqual(sampleFiles);
});

it("a held copy whose run has another file that a cutover imports is superseded, and named", async () => {
  const before = await stack.cutover();
  const outs = await stack.rollBack(before, { uri: undefined });
  const other = JSON.stringify(run("busy", finished));
  await addFiles(stack.root, { "state/runs/busy.json": other });
  await stack.cutover(outs);
  expect(stack.printed.join("\n")).toMatch(/busy\. .*\/superseded/);
  expect(stack.printed.join("\n")).toMatch(/ 1 run in .*\/held: slow/);
  const files = await stack.files();
  expect(files["state/runs/busy.json"]).toBe(other);
  expect(files).not.toHaveProperty(["held/state/runs/busy.json"]);
  expect(files["superseded/state/runs/busy.json"]).toBe(sampleFiles["state/runs/busy.json"]);
});

it("a held run that changed on both sides stays held, with a conflict copy of MongoDB's content", async () => {
  const before = await stack.cutover();
  await stack.advance();
  await stack.rollBack(before, { uri: undefined });
  const changed = JSON.stringify(run("busy", { ...running, planHash: "x" }));
  await addFiles(stack.root, { [stack.held("state/runs/busy.json", before)]: changed });
  const report = await exportState(stack.sides);
  expect(report).toMatchObject({ returned: { cases: ["slow"] }, stillHeld: { cases: ["busy"] } });
  expect(report.conflicts.cases).toMatchObject([{ id: "busy" }]);
  const files = await stack.files();
  expect(files["held/state/runs/busy.json"]).toBe(changed);
  expect(files).toHaveProperty(["conflicts/state/runs/busy.json"]);
  expect(files).not.toHaveProperty(["state/runs/busy.json"]);
});

it("a server that is stopped holds runs in 5 s, and started again it brings them back", async () => {
  const before = await stack.cutover();
  await stack.advance();
  // The process has a connection from what was said before.
  expect(await diffHandover(before, stack.toFiles())).toBe(true);
  await stack.server.stop();
  const started = Date.now();
  const outs = await stack.rollBack(before);
  expect(Date.now() - started).toBeLessThan(12_000);
  expect(outs.rollback?.held.count).toBe(2);

  await stack.server.start();
  expect((await exportState(stack.sides)).returned.cases.toSorted()).toEqual(["busy", "slow"]);
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect(await verifyState(stack.sides)).toMatchObject({ holds: true, runs: { equal: 3 } });
}, 60_000);

it("a rollback that is killed while it holds a run exports that run when MongoDB is up again", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const location = join(stack.root, "state/runs/busy.json");
  const held = join(stack.root, stack.held("state/runs/busy.json", before));
  await mkdir(dirname(held), { recursive: true });
  await link(location, held);
  const outs = await stack.rollBack(before);
  expect(outs.rollback).toMatchObject({
    held: { count: 0 },
    exported: { destinationTaken: { count: 0 } },
  });
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect(await stack.files()).not.toHaveProperty(["held/state/runs/busy.json"]);
});
