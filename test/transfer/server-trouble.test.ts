import { afterEach, describe, expect, it } from "vitest";
import type { Db, Document } from "mongodb";
import { recordCutover, exportByHand, importState, verifyState } from "../../components/transfer";
import { ServerTroubleError, isDocumentCode } from "../../components/mongo";
import { collections } from "../../components/contract";
import { importCounts } from "./counts";
import {
  databasePerTest,
  defaultSides,
  endState,
  ledgerCollection,
  migrate,
  sidesOf,
} from "./database";
import { addFiles, approval, artifact, logLine, run, writeState } from "./state";
import { failingCommands, hurryRetries } from "./fail-point";

const current = databasePerTest({ failPoints: true });
const { fail, recover } = failingCommands(current);
hurryRetries();
const { sides } = sidesOf(current);
afterEach(recover);

const log = "logs/runs/r.ndjson";

const state = {
  "state/runs/r-1.json": run("r-1"),
  "state/runs/r-2.json": run("r-2"),
  "state/approvals/r-1.json": [approval("gate")],
  "logs/runs/r-1.ndjson": [logLine(1), logLine(2)],
  "logs/runs/r-2.ndjson": [logLine(1)],
  "artifacts/r-1/artifact-manifest.json": { outputs: [artifact("a")] },
};

/** The files of a second import, in which documents are replaced. */
const changed = {
  "state/runs/r-1.json": run("r-1", { planHash: "sha256:2" }),
  "state/approvals/r-1.json": [approval("gate", { status: "approved" })],
};

describe("trouble that passes", () => {
  /** Both imports, the second one of changed files; what they report and leave. */
  async function importTwice(database: Db, root: string, disturb: () => Promise<void>) {
    const reports: object[] = [];
    for (const files of [state, changed]) {
      await addFiles(root, files);
      await disturb();
      const report = await importState({ ...defaultSides(database, root), pass: "delta" });
      reports.push({ ...report, elapsedMs: 0 });
    }
    await recover();
    expect(await verifyState(defaultSides(database, root))).toMatchObject({ holds: true });
    return [reports, await endState(database, ["seen", "inode", "changed", "modified"])];
  }

  it.each<[string, Document]>([
    ["a primary that stepped down", { errorCode: 189 }],
    ["an operation that a step-down interrupts", { errorCode: 11602 }],
    ["a server that is not primary any more", { errorCode: 10107 }],
    ["a closed connection", { closeConnection: true }],
    [
      "a write concern that is not met in time",
      { writeConcernError: { code: 64, errmsg: "late" } },
    ],
    ["a throttling reply of Cosmos DB", { errorCode: 16500 }],
    ["a throttling reply of MongoDB", { errorCode: 462 }],
    ["a command that took too long", { errorCode: 262 }],
    ["a cache under pressure", { errorCode: 365 }],
    ["a shard without a primary", { errorCode: 133 }],
  ])(
    "%s changes neither state nor counts",
    async (_what, how) => {
      const { db: database } = current;
      const other = database.client.db(`${database.databaseName}_undisturbed`);
      await migrate(other);
      const nothing = () => Promise.resolve();
      const undisturbed = await importTwice(other, await writeState({}), nothing);

      // The driver tries twice: alone it does not get over five failures.
      const disturb = () => fail(["insert", "update", "find"], { times: 5 }, how);
      expect(await importTwice(database, await writeState({}), disturb)).toEqual(undisturbed);
      expect(undisturbed[0]).toMatchObject([
        { logs: { inserted: 3 } },
        { runs: { updated: 1 }, approvals: { updated: 1 } },
      ]);
    },
    60_000,
  );
});

it("the cutover in the ledger is read again if the server steps down meanwhile", async () => {
  const root = await writeState(state);
  await importState(sides(root));
  const ledger = ledgerCollection;
  const cutover = { ledger, stack: "storage/test", cutover: 1, unfinishedCount: 0 };
  for (const work of [
    () => recordCutover({ ...sides(root), ...cutover }),
    () => exportByHand(sides(root), { ledger, electionSeconds: 5 }),
    () => exportByHand({ ...sides(root), all: true }, { ledger, electionSeconds: 5 }),
  ]) {
    await fail(["find"], { times: 5 }, { errorCode: 10107 });
    await work();
  }
});

it("what a majority confirms only later counts as inserted and updated", async () => {
  const root = await writeState(state);
  const how = { writeConcernError: { code: 64, errmsg: "late" } };
  await fail(["insert"], { times: 2 }, how);
  expect(await importState(sides(root))).toMatchObject({ runs: importCounts(2, { inserted: 2 }) });
  await addFiles(root, changed);
  // The first update says what is going to be written.
  await fail(["update"], { skip: 1, times: 2 }, how);
  const report = await importState({ ...sides(root), pass: "delta" });
  expect(report.runs).toEqual(importCounts(2, { updated: 1, unchanged: 1 }));
});

describe("trouble that stays", () => {
  it.each([
    [14031, /code 14031 .*Free space/],
    [13, /code 13 .*Grant the user/],
    [8000, /code 8000 .*quota/],
  ])(
    "code %i stops at once with what to do, and a later import finishes",
    async (errorCode, words) => {
      const root = await writeState(state);
      await fail(["insert"], { times: 1 }, { errorCode });
      const stopped: unknown = await importState(sides(root)).catch((error: unknown) => error);
      expect(stopped).toBeInstanceOf(ServerTroubleError);
      expect(String(stopped)).toMatch(words);
      expect(String(stopped)).toMatch(
        /: Importing \w+ into test_\d+\.pack_\w+ from \S+( line| entry) 1 on failed: /,
      );
      expect(String(stopped)).not.toMatch(/entry 1|mongodb:/);
      const later = await importState(sides(root));
      expect(later).toMatchObject({ runs: { inserted: 2 }, logs: { read: 3 } });
      expect(await verifyState(sides(root))).toMatchObject({ holds: true });
    },
  );

  it("a document that an update makes too large is not tried again", async () => {
    const root = await writeState(state);
    await fail(["update"], "alwaysOn", { errorCode: 17420 });
    await expect(importState(sides(root))).rejects.toThrow(/ failed: .*code 17420/);
  });

  it("a batch that is not written leaves no checkpoint: a later import takes it", async () => {
    const root = await writeState(state);
    await importState(sides(root));
    await addFiles(root, { "state/runs/r-3.json": run("r-3") });
    await fail(["insert"], { times: 1 }, { errorCode: 13 });
    await expect(importState(sides(root))).rejects.toThrow("code 13");
    expect((await importState(sides(root))).runs).toEqual(
      importCounts(3, { inserted: 1, unchanged: 2 }),
    );
  });

  it("trouble that does not pass ends after the last retry", async () => {
    const root = await writeState(state);
    await fail(["insert"], "alwaysOn", { errorCode: 16500 });
    await expect(importState({ ...sides(root), retries: 2 })).rejects.toThrow(
      /failed 3 times: .*code 16500/,
    );
  });

  it("a majority that does not answer counts, also where a document is refused", async () => {
    const root = await writeState({ [log]: [logLine(1), logLine(2)] });
    const validator = { message: { $ne: "entry 2" } };
    await current.db.command({ collMod: collections.logs.name, validator });
    const writeConcernError = { code: 64, errmsg: "late" };
    await fail(["insert"], "alwaysOn", { writeConcernError });
    await expect(importState({ ...sides(root), retries: 1 })).rejects.toThrow("code 64");
    await recover();
    const report = await importState(sides(root));
    expect(report.logs).toEqual(importCounts(2, { unchanged: 1, quarantined: 1 }));
  });

  it.each(["find", "update"])("a checkpoint whose %s fails is named", async (command) => {
    const root = await writeState({ [log]: [logLine(1)] });
    await importState(sides(root));
    await addFiles(root, { [log]: [logLine(1), logLine(2)] });
    // Before, the forms and one document of each collection are looked for, and entries of absent runs are withdrawn.
    const skip = command === "find" ? 5 : 2;
    await fail([command], { skip, times: 1 }, { errorCode: 13 });
    await expect(importState(sides(root))).rejects.toThrow(
      /(Reading|Saving) checkpoints .*pack_run_backfill failed: /,
    );
  });
});

it("of a batch that is refused because of one document only that one is quarantined", async () => {
  const root = await writeState({ [log]: [logLine(1), logLine(2), logLine(3)] });
  await fail(["insert"], { times: 2 }, { errorCode: 10334 });
  const report = await importState(sides(root));
  expect(report.logs).toEqual(importCounts(3, { inserted: 2, quarantined: 1 }));
  expect(report.quarantine).toMatchObject([
    { line: 1, reason: "server", detail: expect.stringContaining("code 10334") as string },
  ]);
  expect((await importState(sides(root))).logs).toEqual(
    importCounts(3, { inserted: 1, unchanged: 2 }),
  );
});

it.each([2, 9, 22, 52, 53, 54, 55, 56, 57, 66, 121, 10334, 11000, 17280, 17419, 17420])(
  "code %i is of a document",
  (code) => {
    expect(isDocumentCode(code)).toBe(true);
  },
);

it.each([
  ["a server that is over its limit", 365],
  ["a collection that is not there in this version", 82],
  ["no privilege", 13],
  ["an error without a code", undefined],
])("%s (%s) is not of a document: no record is quarantined for it", (_what, code) => {
  expect(isDocumentCode(code)).toBe(false);
});
