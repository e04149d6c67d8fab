import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CommandStartedEvent, Db, type Document, Timestamp } from "mongodb";
import { afterEach, expect, it, vi } from "vitest";
import { closeConnections, databaseAt } from "../../components/mongo";
import { recordCutover } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { ledgerCollection } from "./database";
import { failingCommands, hurryRetries, unacknowledged } from "./fail-point";
import { addFiles, run } from "./state";
import {
  type Outs,
  RollbackStack,
  finished,
  running,
  sampleFiles,
  runStep,
} from "./rollback-stack";

const stack = new RollbackStack();
const { fail, recover } = failingCommands(stack);
hurryRetries();
afterEach(async () => {
  await recover();
  await closeConnections();
});

/** A rollback's inputs, and what its connection sends to MongoDB from now on, without a driver's own. */
async function watched(fields: object = {}) {
  const uri = `${stack.server.uri.replace(/\/?$/, "/")}?monitorCommands=true&directConnection=true`;
  const asked: CommandStartedEvent[] = [];
  const address = { uri, database: stack.database };
  const { client } = await databaseAt(address, { selectionTimeoutMs: 5_000 });
  client.on("commandStarted", (event) => {
    if (!["ping", "endSessions"].includes(event.commandName)) asked.push(event);
  });
  return { asked, back: stack.toFiles({ uri, ...fields }) };
}

it("a rollback proves that it reads what is current: by a majority's write, after which it reads", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const { asked, back } = await watched();
  // What a preview says changes nothing, and proves nothing.
  const { rollback } = await runStep(before, back);
  expect(rollback).toMatchObject({ exported: { runs: { written: 1 } } });

  const confirmation = asked.findIndex(({ command }) => command.update === ledgerCollection);
  expect(asked[confirmation - 1]).toMatchObject({ commandName: "hello" });
  expect(asked[confirmation]?.command).toMatchObject({
    updates: [{ q: { "cutovers.at": new Date(before.cutoverRecord?.at ?? "") } }],
    writeConcern: { w: "majority", j: true, wtimeout: 5_000 },
  });
  const reads = asked
    .slice(confirmation)
    .filter(({ commandName }) => ["find", "aggregate"].includes(commandName));
  expect(reads.length).toBeGreaterThan(5);
  for (const { command } of reads) {
    const { level, afterClusterTime } = command.readConcern as Document;
    expect([level, afterClusterTime instanceof Timestamp]).toEqual(["majority", true]);
    // The driver's own way to a secondary.
    expect(command).not.toHaveProperty("$readPreference");
  }
  expect(asked.slice(0, confirmation).map(({ command }) => command.find as unknown)).not.toContain(
    "pack_runs",
  );
  expect(await stack.db.collection(ledgerCollection).findOne({})).toHaveProperty("exportedAt");
});

it("an export by hand proves the same", async () => {
  await stack.cutover();
  await stack.advance();
  await fail(["update"], "alwaysOn", unacknowledged);
  await expect(stack.exportByHand({}, 1)).rejects.toThrow(/No majority .* code 64/);
  expect(await stack.files()).toEqual(sampleFiles);
  await recover();
  expect(await stack.exportByHand()).toMatchObject({ runs: { written: 1 } });
});

it("a cutover waits no longer than for an election while the worker is stopped", async () => {
  await addFiles(stack.root, sampleFiles);
  await fail(["update"], "alwaysOn", unacknowledged);
  const started = Date.now();
  const handover = providers.Handover.create(stack.inputs({ electionSeconds: 1 }));
  await expect(handover).rejects.toThrow(/code 64/);
  expect(Date.now() - started).toBeLessThan(20_000);
});

it("a primary that steps down right before its confirmation is waited for", async () => {
  await stack.cutover();
  await stack.advance();
  const command = Reflect.get(Db.prototype, "command");
  let asked = 0;
  vi.spyOn(Db.prototype, "command").mockImplementation(async function (this: Db, what, options) {
    asked += "hello" in what ? 1 : 0;
    const answer: Document = await command.call(this, what, options);
    return "hello" in what && asked <= 2 ? { ...answer, isWritablePrimary: false } : answer;
  });
  expect(await stack.exportByHand()).toMatchObject({ runs: { written: 1 } });
  expect(asked).toBe(3);
});

/** A MongoDB that can be read and takes no write that a majority has. */
const unwritable: [string, Document][] = [
  ["a majority that lags", unacknowledged],
  ["writes that are blocked", { errorCode: 371 }],
  ["a quota of Atlas", { errorCode: 8000 }],
  ["a full disk", { errorCode: 14031 }],
  ["a shard without a primary", { errorCode: 133 }],
];

it.each(unwritable)("%s stops a rollback with the ways out", async (_what, how) => {
  const before = await stack.cutover();
  const at = before.cutoverRecord?.at ?? "";
  await stack.advance();
  await fail(["update"], "alwaysOn", how);
  const back = stack.toFiles({ electionSeconds: 1 });
  const refused = await runStep(before, back).then(() => "it went on", String);
  const isRefused = [371, 8000, 14031].includes(how.errorCode as number);
  expect(refused).toMatch(isRefused ? /refused a write .* code \d+/ : /No majority .* code \d+/);
  expect(refused.includes("rs.remove")).toBe(!isRefused);
  expect(refused).toMatch(new RegExp(`exportUnconfirmed .*\\(${at}\\)`));
  expect(refused).toContain(`abandonMongo: "${at}"`);
  const another = { ...back, exportUnconfirmed: "2025-11-06T12:00:00.000Z" };
  await expect(runStep(before, another)).rejects.toThrow(/No majority|refused a write/);
  expect(await stack.files()).toEqual(sampleFiles);

  const { rollback } = await runStep(before, { ...back, exportUnconfirmed: at });
  expect(rollback).toMatchObject({
    held: { count: 0 },
    exported: { runs: { written: 1 }, withoutMergeBase: { count: 1, cases: ["busy"] } },
  });
  expect(stack.printed.at(-1)).toMatch(/warning: 1 .*: busy\. .*\[not-recorded\]/);
  expect(await stack.onDisk("busy")).toMatchObject(finished);
});

it("what no majority has is read from the primary itself, and is no merge base for a later export", async () => {
  const before = await stack.cutover();
  const old = await stack.runs.findOne({ _id: "busy" });
  await stack.advance();
  const fields = { exportUnconfirmed: before.cutoverRecord?.at, electionSeconds: 5 };
  await fail(["update"], "alwaysOn", { errorCode: 371 });
  const { asked, back } = await watched(fields);
  await runStep(before, back);
  const reads = asked.filter(
    ({ command }) => "find" in command && command.find !== ledgerCollection,
  );
  expect(reads.length).toBeGreaterThan(0);
  for (const { command } of reads) expect(command.readConcern).toEqual({ level: "local" });
  expect(asked.some(({ command }) => command.update === "pack_run_backfill")).toBe(false);

  // The members that come back roll back what no majority had.
  await recover();
  await stack.runs.replaceOne({ _id: "busy" }, old ?? {});
  await stack.exportByHand();
  expect(await stack.onDisk("busy")).toMatchObject(finished);
});

it("reads that fail after the confirmation stop a rollback with the way out", async () => {
  const before = await stack.cutover();
  const at = before.cutoverRecord?.at ?? "";
  await stack.advance();
  await fail(["aggregate"], "alwaysOn", { errorCode: 133 });
  const back = stack.toFiles({ electionSeconds: 1 });
  await expect(runStep(before, back)).rejects.toThrow(`abandonMongo: "${at}"`);

  const { rollback } = await runStep(before, { ...back, abandonMongo: at });
  expect(rollback).toMatchObject({ held: { cases: ["busy", "slow"] } });
});

it("a MongoDB that is given up for this cutover is not asked", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const { asked, back } = await watched({ abandonMongo: before.cutoverRecord?.at });
  const { rollback } = await runStep(before, back);
  expect(rollback).toMatchObject({ held: { cases: ["busy", "slow"] } });
  expect(asked).toEqual([]);
});

it("a merge base that cannot be written stops no file: it is counted and named", async () => {
  const before = await stack.cutover();
  await stack.advance();
  // The first write is the confirmation.
  await fail(["update"], { skip: 1, times: 1_000_000 }, { errorCode: 14031 });
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({
    held: { count: 0 },
    exported: {
      runs: { written: 1, unchanged: 2 },
      withoutMergeBase: { count: 1, cases: ["busy"] },
      baseTrouble: expect.stringContaining("code 14031") as string,
    },
  });
  expect(stack.printed.at(-1)).toMatch(/warning: 1 .*: busy\. .*\[not-recorded\]/);
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  await recover();
  expect(await stack.exportByHand()).toMatchObject({
    files: 0,
    withoutMergeBase: { count: 0 },
  });
});

it("a cutover asks for the runs that are held in several queries: a command has 16 MiB", async () => {
  const names = Array.from({ length: 5_001 }, (_, at) => `held/f/state/runs/r-${at}.json`);
  await addFiles(stack.root, { ...sampleFiles, "held/f/state/runs/r-0.json": "{}" });
  await Promise.all(names.slice(1).map((name) => writeFile(join(stack.root, name), "{}")));
  const { asked, back } = await watched();
  const { client } = await databaseAt(
    { uri: String(back.uri), database: stack.database },
    { selectionTimeoutMs: 5_000 },
  );
  const sides = { ...stack.sides, database: client.db(stack.database) };
  const { unknown } = await recordCutover({
    ...sides,
    ledger: ledgerCollection,
    stack: "storage/dev",
    cutover: 1,
    unfinishedCount: 0,
  });
  expect(unknown).toHaveLength(names.length);
  const lengths = asked
    .filter(({ command }) => command.find === "pack_runs")
    .map(({ command }) => (command.filter as { _id: { $in: unknown[] } })._id.$in.length);
  expect(lengths).toEqual([5_000, 1]);
}, 120_000);

it("trouble in the middle of a rollback is waited for no longer than an election", async () => {
  const before: Outs = await stack.cutover();
  await stack.advance();
  await fail(["aggregate"], "alwaysOn", { errorCode: 11601 });
  const started = Date.now();
  await expect(stack.rollBack(before, { electionSeconds: 2 })).rejects.toThrow(/code 11601/);
  expect(Date.now() - started).toBeLessThan(10_000);
  expect(await stack.onDisk("busy")).toEqual(run("busy", running));
});
