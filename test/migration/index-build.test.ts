import { setTimeout as sleep } from "node:timers/promises";
import { Long, type Db, type Document } from "mongodb";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { buildSchema } from "../../components/contract";
import { migrationId, type LedgerRecord } from "../../components/ledger";
import { apply, plan, describePlan } from "../../components/migration";
import { reconcile } from "../../components/migration/execute";
import { observe } from "../../components/migration/planner/observe";
import { diff } from "../../components/migration/planner/diff";
import { indexSpec } from "../../components/migration/planner/index-spec";
import { providers } from "../../components/migration/provider";
import { watchBuild } from "../../components/migration/send";
import { keyToText } from "../../components/migration/schema-steps";
import { closeConnections } from "../../components/mongo";
import { documentOptions } from "../contract/options";
import { serverForTests } from "../server";
import { noting, playBuilds, type PlayedBuilds } from "./played-builds";

const current = serverForTests({ failPoints: true });
let builds: PlayedBuilds;
let db: Db;
let databases = 0;
beforeAll(async () => {
  builds = await playBuilds(current.server.port);
});
afterAll(async () => {
  await closeConnections();
  await builds.close();
});
beforeEach(() => {
  db = builds.client.db(`builds_${++databases}`);
});
afterEach(() => {
  builds.end();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const ledger = "schema_migrations";
const options = {
  ledger,
  schema: documentOptions,
  stack: "storage/dev",
  adopt: false,
  onDataIssue: "fail" as const,
};
const wanted = buildSchema(documentOptions);
const [runSequence] = wanted.indexes;
const byAge = wanted.indexes.find(({ name }) => name === "pack_runs_updatedAt_desc");
const nothing = () => Promise.resolve();
const record = () => db.collection<LedgerRecord>(ledger).findOne({ _id: migrationId });

it("the ledger is completed only when an index that is being built is there", async () => {
  await reconcile(db, wanted, nothing);
  if (byAge) builds.begin("pack_runs", indexSpec(byAge));
  const applying = apply(db, options);
  await sleep(1_500);
  expect(await record()).toMatchObject({ finishedAt: null });
  builds.end();
  await applying;

  expect((await record())?.finishedAt).toBeInstanceOf(Date);
});

it("a build that fails is begun again: the index is there when the ledger is completed", async () => {
  await reconcile(
    db,
    { ...wanted, indexes: wanted.indexes.filter((one) => one !== byAge) },
    nothing,
  );
  if (byAge) builds.begin("pack_runs", indexSpec(byAge));
  const applying = apply(db, options);
  await sleep(500);
  builds.end();
  await applying;

  expect(diff(wanted, await observe(db))).toEqual([]);
  expect(await record()).toMatchObject({ commands: [{ reason: "it does not exist" }] });
});

it("an index that is being built is neither made unique, nor hidden, nor replaced meanwhile", async () => {
  if (!runSequence) throw new Error("the contract has a unique index");
  await reconcile(db, wanted, nothing);
  builds.begin("pack_run_logs", { ...indexSpec(runSequence), unique: false });
  const changes = diff(wanted, await observe(db));

  expect(changes).toMatchObject([{ kind: "await index", found: { unique: false } }]);
});

it("a build that fails on duplicates fails the index step, whose error names the key", async () => {
  if (!runSequence) throw new Error("the contract has a unique index");
  const { key, ...index } = runSequence;
  const entry = { runId: "r", sequence: Long.fromNumber(1) };
  await db.collection("pack_run_logs").insertMany([{ ...entry }, { ...entry }]);
  builds.begin("pack_run_logs", indexSpec(runSequence));
  const creating = providers.Index.create({
    ...index,
    key: keyToText(key),
    direction: "forward",
    onDataIssue: "fail",
    uri: builds.uri,
    database: db.databaseName,
    ledger,
  }).catch((error: unknown) => error);
  await sleep(500);
  builds.end();

  expect(await creating).toMatchObject({
    name: "MigrationError",
    code: 11000,
    message: expect.stringContaining('runId: "r", sequence: 1') as string,
  });
});

it("a plan and a preview name a build in progress, and do not wait for it", async () => {
  await reconcile(db, wanted, nothing);
  if (byAge) builds.begin("pack_runs", indexSpec(byAge));
  const planned = await plan(db, { schema: documentOptions, ledger });

  expect(describePlan("d", planned)).toMatch(/wait for index pack_runs_updatedAt_desc /);
});

it("every command has a majority's write concern with a time limit, and a build a majority's quorum", async () => {
  const commands: Document[] = [];
  await reconcile(noting(db, commands), wanted, nothing);
  const changing = commands.filter((command) => !("hello" in command));

  expect(changing.length).toBe(wanted.collections.length + wanted.indexes.length);
  for (const command of changing) {
    expect(command).toMatchObject({ writeConcern: { w: "majority", j: true, wtimeout: 60_000 } });
    const isBuild = "createIndexes" in command;
    expect(command.commitQuorum).toBe(isBuild ? "majority" : undefined);
  }
});

it("a standalone server, which refuses a quorum, is asked for none", async () => {
  const commands: Document[] = [];
  const standalone = noting(db, commands);
  vi.spyOn(db, "command").mockResolvedValue({ ok: 1 });
  const indexes = wanted.indexes.slice(0, 1);
  await reconcile(standalone, { collections: [], indexes }, nothing);

  expect(commands.at(-1)).toHaveProperty("createIndexes");
  expect(commands.at(-1)).not.toHaveProperty("commitQuorum");
});

it("a majority that does not confirm in time is tried again, from a fresh look", async () => {
  const data = { failCommands: ["createIndexes"], writeConcernError: { code: 64, errmsg: "late" } };
  const point = { configureFailPoint: "failCommand", mode: { times: 2 }, data };
  await current.client.db("admin").command(point);
  await reconcile(db, wanted, nothing);

  expect(diff(wanted, await observe(db))).toEqual([]);
});

it("a build says every ten seconds how long it takes", async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval", "Date"] });
  const printed = vi.spyOn(console, "warn").mockReturnValue();
  const stop = watchBuild({ databaseName: "d" }, "pack_runs", "by_age");
  await vi.advanceTimersByTimeAsync(20_000);
  stop();
  await vi.advanceTimersByTimeAsync(20_000);

  expect(printed.mock.calls.flat()).toEqual([
    expect.stringMatching(/^Building index by_age on d\.pack_runs: 10 s .*setIndexCommitQuorum/),
    expect.stringContaining(" 20 s "),
  ]);
});
