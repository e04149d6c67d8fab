import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Long, MongoClient, ObjectId, type Document } from "mongodb";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { exportState, importState, verifyState } from "../../components/backfill";
import { providers } from "../../components/backfill/provider";
import { closeConnections } from "../../components/connection";
import { startMongo, type MongoServer } from "../../tools/parts";
import { documentOptions } from "../contract/options";
import { filesIn, jsonIn, sidesOf } from "./export-sides";
import { layout } from "./layout";
import { addFiles, lines, logLine, run } from "./state";

let folder: string;
let server: MongoServer;
let client: MongoClient;
let tests = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "way-back-"));
  server = await startMongo({ directory: join(folder, "data") });
  client = await new MongoClient(server.uri).connect();
});
afterAll(async () => {
  await closeConnections();
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

let root: string;
let database: string;
let said: string[];
beforeEach(() => {
  database = `way_back_${++tests}`;
  root = join(folder, database);
  said = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});
afterEach(() => vi.restoreAllMocks());

const { Export } = providers;
const sides = () => sidesOf(client.db(database), root);
const runs = () => client.db(database).collection<Document & { _id: string }>("pack_runs");
const running = { steps: [{ stepId: "build", status: "Running", attempts: 1 }] };
const finished = { steps: [{ stepId: "build", status: "Succeeded", attempts: 1 }] };

const state = {
  "logs/runs/busy.ndjson": lines(logLine(1)),
  "state/runs/busy.json": JSON.stringify(run("busy", running)),
  "state/runs/done.json": JSON.stringify(run("done")),
  "state/runs/slow.json": JSON.stringify(run("slow", running)),
};

const inputs = (fields: object = {}) => ({
  uri: server.uri as string | undefined,
  database,
  mode: "mongo",
  root,
  layout,
  collections: documentOptions.collections,
  approvals: true,
  checkpoints: "pack_run_backfill",
  stage: "export",
  heldRuns: "hold",
  ...fields,
});
const toFiles = (fields: object = {}) => inputs({ mode: "filesystem", ...fields });
const unreachable = "mongodb://user:secret@127.0.0.1:1/?directConnection=true";

const changes = async (olds: object, news: object) => (await Export.diff("id", olds, news)).changes;
/** What the engine does: check, then create or, where there is a difference, update. */
async function up(olds: Outs | undefined, news: object): Promise<Outs> {
  const checked = (await Export.check(olds ?? {}, news)).inputs as object;
  if (!olds) return (await Export.create(checked)).outs as Outs;
  if (!(await changes(olds, checked))) return olds;
  return (await Export.update("id", olds, checked)).outs as Outs;
}
interface Outs {
  readonly fence?: { at: string; unfinished: string[] };
  readonly wayBack?: Document;
}

/** A cutover as far as the worker's rollout. */
async function cutover(olds?: Outs): Promise<Outs> {
  if (!olds) await addFiles(root, state);
  await importState({ ...sides(), stage: "delta" });
  return up(olds, inputs());
}
/** The worker goes on in Mongo mode. */
async function advance() {
  await runs().updateOne({ _id: "busy" }, { $set: finished });
  const entry = await client.db(database).collection("pack_run_logs").findOne({ runId: "busy" });
  const second = { ...entry, _id: new ObjectId(), sequence: Long.fromNumber(2) };
  await client.db(database).collection("pack_run_logs").insertOne(second);
}

/** MongoDB has no such run, and nothing says that it ever had. */
async function forget(runId: string) {
  await runs().deleteOne({ _id: runId });
  const known = client.db(database).collection<{ _id: string }>("pack_run_backfill");
  await known.deleteMany({ _id: { $regex: runId } });
}

it("a cutover draws the fence once, and the next one again", async () => {
  const first = await cutover();
  expect(first.fence?.unfinished.sort()).toEqual(["busy", "slow"]);
  expect(Math.abs(Date.now() - Date.parse(first.fence?.at ?? ""))).toBeLessThan(60_000);
  expect(JSON.stringify(first)).not.toContain("mongodb:");
  expect(await changes(first, inputs({ cutover: 1, heldRuns: "release" }))).toBe(false);
  expect(await changes(first, inputs({ cutover: 2 }))).toBe(true);
  expect(await changes(first, inputs({ cutover: 1, root: "elsewhere" }))).toBe(true);
  await addFiles(root, { "state/runs/busy.json": JSON.stringify(run("busy")) });
  const again = await Export.update("id", first, inputs({ cutover: 2 }));
  expect(again.outs).toMatchObject({ fence: { unfinished: ["slow"] } });
});

it("a stack that begins on files does nothing, and neither does its second up", async () => {
  await addFiles(root, state);
  const outs = await up(undefined, toFiles({ uri: unreachable }));
  expect(outs).not.toHaveProperty("fence");
  expect(outs).not.toHaveProperty("wayBack");
  expect(await changes(outs, toFiles({ uri: unreachable }))).toBe(false);
  expect(await filesIn(root)).toEqual(state);
});

it("the way back exports what changed in MongoDB, and a second up changes nothing", async () => {
  const before = await cutover();
  await advance();
  const outs = await up(before, toFiles());
  expect(outs.wayBack).toMatchObject({
    exported: { runs: { written: 1, unchanged: 2 }, logs: { written: 1 }, conflicts: [] },
    held: [],
  });
  expect(said.at(-1)).toBe(`Exported to ${root}: 1 run, 1 log entry.`);
  expect(await jsonIn(root, "state/runs/busy.json")).toMatchObject(finished);
  expect(await changes(outs, toFiles())).toBe(false);
  expect(await verifyState(sides())).toMatchObject({ holds: true, runs: { equal: 3 } });
});

it("conflicts do not stop the way back: they are in the outputs and in a warning", async () => {
  const before = await cutover();
  await advance();
  await addFiles(root, { "state/runs/busy.json": JSON.stringify(run("busy", { planHash: "x" })) });
  const outs = await up(before, toFiles());
  expect(outs.wayBack).toMatchObject({ exported: { conflicts: [{ id: "busy" }] } });
  expect(said.join("\n")).toContain("warning: 1 changed on both sides");
});

it.each([unreachable, undefined])(
  "with MongoDB out of reach (%s) unfinished runs are held and named; nothing is lost",
  async (uri) => {
    const before = await cutover();
    await advance();
    const started = Date.now();
    const outs = await up(before, toFiles({ uri }));
    // 5 s for what a preview says, and 5 s for the way back itself.
    expect(Date.now() - started).toBeLessThan(13_000);
    expect(outs.wayBack?.held).toHaveLength(2);
    expect(outs.wayBack).not.toHaveProperty("exported");
    const text = said.join("\n");
    expect(text).toMatch(/warning: 2 runs would be set aside in .*\/held: .*busy/);
    expect(text).toMatch(/warning: Nothing was exported\. .* is left behind/);
    expect(text).toMatch(/warning: 2 runs set aside in .*\/held, .*busy/);
    expect(text).not.toContain("secret");
    expect(await filesIn(root)).toEqual({
      "held/state/runs/busy.json": state["state/runs/busy.json"],
      "held/state/runs/slow.json": state["state/runs/slow.json"],
      "logs/runs/busy.ndjson": state["logs/runs/busy.ndjson"],
      "state/runs/done.json": state["state/runs/done.json"],
    });
    expect(await changes(outs, toFiles({ uri }))).toBe(false);
  },
);

it("a run that was finished on disk since the fence is not held", async () => {
  const before = await cutover();
  await addFiles(root, { "state/runs/busy.json": JSON.stringify(run("busy", finished)) });
  expect((await up(before, toFiles({ uri: undefined }))).wayBack?.held).toEqual(["slow"]);
});

it("a run that web wrote to files after the fence is held: MongoDB has it by the final import", async () => {
  const before = await cutover();
  await addFiles(root, { "state/runs/late.json": JSON.stringify(run("late", running)) });
  await importState({ ...sides(), stage: "final" });
  const outs = await up(before, toFiles({ uri: undefined }));
  expect((outs.wayBack?.held as string[]).sort()).toEqual(["busy", "late", "slow"]);
});

it("nothing is held later: the worker on files is at work on what was released", async () => {
  const before = await cutover();
  const released = await up(before, toFiles({ uri: undefined, heldRuns: "release" }));
  expect(await changes(released, toFiles({ uri: undefined }))).toBe(false);
});

it("released runs stay in their places, and come back where they were held before", async () => {
  const before = await cutover();
  const options = { uri: undefined, heldRuns: "release" };
  expect((await up(before, toFiles(options))).wayBack?.held).toEqual([]);
  expect(await filesIn(root)).toEqual(state);
  const held = await up(before, toFiles({ uri: undefined }));
  expect(held.wayBack?.held).toHaveLength(2);
  expect((await up(held, toFiles(options))).wayBack?.held).toEqual([]);
  expect(await filesIn(root)).toEqual(state);
});

it("held runs come back by an export, as MongoDB has them, and go forward again", async () => {
  const before = await cutover();
  await advance();
  await forget("slow");
  const outs = await up(before, toFiles({ uri: undefined }));
  const report = await exportState(sides());
  expect(report.returned.sort()).toEqual(["busy", "slow"]);
  expect(report).toMatchObject({ stillHeld: [], runs: { documents: 2, written: 1, unchanged: 1 } });
  expect(Object.keys(await filesIn(root))).toEqual(Object.keys(state));
  expect(await jsonIn(root, "state/runs/busy.json")).toMatchObject(finished);
  expect(await jsonIn(root, "state/runs/slow.json")).toEqual(run("slow", running));
  expect(await exportState(sides())).toMatchObject({ files: 0, returned: [] });

  const again = await cutover(outs);
  expect(again.fence?.unfinished).toEqual(["slow"]);
  expect(await importState({ ...sides(), stage: "final" })).toMatchObject({ quarantine: [] });
  expect(await verifyState({ ...sides(), exact: true })).toMatchObject({ holds: true });
  expect(await runs().countDocuments()).toBe(3);
  expect(await client.db(database).collection("pack_run_logs").countDocuments()).toBe(2);
});

it("a cutover puts held runs back before it draws the fence, and nothing is twice", async () => {
  const before = await cutover();
  await advance();
  const outs = await up(before, toFiles({ uri: undefined }));
  const again = await cutover(outs);
  expect(again.fence?.unfinished.sort()).toEqual(["busy", "slow"]);
  expect(Object.keys(await filesIn(root))).toEqual(Object.keys(state));
  expect(await importState({ ...sides(), stage: "final" })).toMatchObject({ quarantine: [] });
  expect(await runs().findOne({ _id: "busy" })).toMatchObject(finished);
  expect(await verifyState(sides())).toMatchObject({ holds: true });
});

it("a held file whose place is taken stays held in a cutover, and is named", async () => {
  const before = await cutover();
  const outs = await up(before, toFiles({ uri: undefined }));
  const other = JSON.stringify(run("busy", finished));
  await addFiles(root, { "state/runs/busy.json": other });
  await cutover(outs);
  expect(said.join("\n")).toMatch(/warning: 1 run could not be moved, .*: busy\./);
  const files = await filesIn(root);
  expect(files["state/runs/busy.json"]).toBe(other);
  expect(files["held/state/runs/busy.json"]).toBe(state["state/runs/busy.json"]);
});

it("a held run that changed on both sides stays held, with MongoDB's content beside it", async () => {
  const before = await cutover();
  await advance();
  await up(before, toFiles({ uri: undefined }));
  const changed = JSON.stringify(run("busy", { ...running, planHash: "x" }));
  await addFiles(root, { "held/state/runs/busy.json": changed });
  const report = await exportState(sides());
  expect(report).toMatchObject({ returned: ["slow"], stillHeld: ["busy"] });
  expect(report.conflicts).toMatchObject([{ id: "busy" }]);
  const files = await filesIn(root);
  expect(files["held/state/runs/busy.json"]).toBe(changed);
  expect(files).toHaveProperty(["held/state/runs/busy.mongo.json"]);
  expect(files).not.toHaveProperty(["state/runs/busy.json"]);
});

it("a way back that fails in the middle is unfinished, and goes on in the next up", async () => {
  const before = await cutover();
  await advance();
  await addFiles(root, { artifacts: "in the way" });
  await client.db(database).collection("pack_artifacts").insertOne({ runId: "busy", name: "a" });
  const failed = up(before, toFiles());
  await expect(failed).rejects.toMatchObject({
    name: "UnfinishedStep",
    properties: { applied: false, mode: "mongo", fence: before.fence },
    reasons: [expect.stringMatching(/^Export to .* run `pulumi up` again/)],
  });
  await rm(join(root, "artifacts"));
  const { properties } = (await failed.catch((error: unknown) => error)) as { properties: Outs };
  expect((await up(properties, toFiles())).wayBack).toMatchObject({
    exported: { artifacts: { written: 1 } },
  });
});

it("the export of the rest draws no fence and brings what web still wrote", async () => {
  const rest = { stage: "rest" };
  await cutover();
  const before = await up(undefined, inputs(rest));
  expect(before).not.toHaveProperty("fence");
  await up(await cutover(), toFiles());
  await runs().updateOne({ _id: "slow" }, { $set: { planHash: "by web" } });
  expect((await up(before, toFiles(rest))).wayBack).toMatchObject({
    exported: { runs: { written: 1 } },
  });
});

it("a server that is stopped holds runs in 5 s, and started again it brings them back", async () => {
  const before = await cutover();
  await advance();
  // The process has a connection from the cutover's steps.
  const connected = await up(undefined, inputs({ stage: "rest" }));
  await up(connected, toFiles({ stage: "rest", root: join(folder, "elsewhere") }));
  await server.stop();
  const started = Date.now();
  const outs = await up(before, toFiles());
  expect(Date.now() - started).toBeLessThan(12_000);
  expect(outs.wayBack?.held).toHaveLength(2);

  server = await startMongo({ directory: join(folder, "data"), port: server.port });
  expect((await exportState(sides())).returned.sort()).toEqual(["busy", "slow"]);
  expect(await jsonIn(root, "state/runs/busy.json")).toMatchObject(finished);
  expect(await verifyState(sides())).toMatchObject({ holds: true, runs: { equal: 3 } });
});
