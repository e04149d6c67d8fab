import { Long, MongoClient, ObjectId, type CommandStartedEvent, type Document } from "mongodb";
import { describe, expect, it } from "vitest";
import { collections, type WantedIndex } from "../../components/contract";
import { closeConnections } from "../../components/mongo";
import {
  describeDataIssue,
  describeNotChecked,
  previewScan,
} from "../../components/migration/issues/data-issues";
import { findDuplicateKeys } from "../../components/migration/issues/duplicate-keys";
import { plan } from "../../components/migration/plan";
import { providers } from "../../components/migration/provider";
import { documentOptions } from "../contract/options";
import { emptyDatabasePerTest } from "../server";

const current = emptyDatabasePerTest({ failPoints: true });

const at = (second: number) => new Date(Date.UTC(2025, 10, 6, 12, 0, second));
const id = (number: number) => new ObjectId(number.toString(16).padStart(24, "0"));
const entry = (number: number, sequence: number) => ({
  _id: id(number),
  runId: "run-1",
  sequence: Long.fromNumber(sequence),
  timestamp: at(number),
  level: "info",
  eventType: "step.started",
  message: "started",
});
const wordsOf = async () => {
  const { issues } = await plan(current.db, {
    schema: documentOptions,
    ledger: "schema_migrations",
  });
  return issues.map(describeDataIssue).join("\n");
};

it("a duplicate log entry is named before the unique index is built", async () => {
  await current.db.collection("pack_run_logs").insertMany([entry(1, 7), entry(2, 7), entry(3, 8)]);

  expect(await wordsOf()).toBe(
    [
      "The unique index pack_run_logs_run_sequence cannot be built: 1 key of pack_run_logs " +
        "occurs more than once, in 2 documents. For example:",
      '  runId "run-1", sequence 7: 000000000000000000000001 (2025-11-06T12:00:01.000Z), ' +
        "000000000000000000000002 (2025-11-06T12:00:02.000Z)",
    ].join("\n"),
  );
});

it("a missing key and a null are one key to an index", async () => {
  await current.db.collection("pack_artifacts").insertMany([
    { _id: id(1), runId: "r" },
    { _id: id(2), runId: "r", name: null },
  ]);

  expect(await wordsOf()).toContain('runId "r", name null: 0');
});

it("three examples are shown of many, and all are counted", async () => {
  const twice = Array.from({ length: 10 }, (_, sequence) => [
    entry(2 * sequence + 1, sequence),
    entry(2 * sequence + 2, sequence),
  ]).flat();
  await current.db.collection("pack_run_logs").insertMany(twice);

  const words = await wordsOf();
  expect(words).toMatch(/ 10 keys of pack_run_logs .* 20 documents/);
  expect(words.match(/^ {2}runId/gm)).toHaveLength(3);
});

it("documents that break a validator are counted by field and rule", async () => {
  await current.db
    .collection("pack_run_logs")
    .insertMany([
      entry(1, 1),
      { ...entry(2, 2), level: "INFO" },
      { ...entry(3, 3), level: "fatal", metadata: { attempt: 2 } },
      { ...entry(4, 4), stepId: null, extra: true },
      { _id: id(5), runId: "run-1", sequence: 5 },
    ]);

  expect(await wordsOf()).toBe(
    [
      "The validator of pack_run_logs cannot be strict: 3 documents break it.",
      "  sequence must be a long: 1 document, for example 000000000000000000000005",
      "  timestamp must be a date: 1 document, for example 000000000000000000000005",
      "  level must be one of trace, debug, info, warn, error: 3 documents, for example " +
        "000000000000000000000002, 000000000000000000000003, 000000000000000000000005",
      "  eventType must be a string: 1 document, for example 000000000000000000000005",
      "  message must be a string: 1 document, for example 000000000000000000000005",
      "  metadata must be an object of strings only or null: 1 document, for example " +
        "000000000000000000000003",
    ].join("\n"),
  );
});

it("what stands in no change's way is no issue", async () => {
  await current.db.collection("pack_run_logs").insertMany([entry(1, 1), entry(2, 2)]);

  const { issues, changes } = await plan(current.db, {
    schema: documentOptions,
    ledger: "schema_migrations",
  });
  expect(issues).toEqual([]);
  expect(changes.length).toBeGreaterThan(0);
});

const runSequence: WantedIndex = {
  collection: "pack_run_logs",
  name: "pack_run_logs_run_sequence",
  key: collections.logs.indexes[0]?.key ?? {},
  unique: true,
  sparse: false,
};
const key = { runId: 1, sequence: 1 } as const;

const build = (index: Document) =>
  current.db.command({ createIndexes: runSequence.collection, indexes: [index] });

/** The commands that a search sends for the log entries, with what it found. */
async function searched(options: object = {}) {
  const sent: Document[] = [];
  const client = new MongoClient(current.server.uri, { monitorCommands: true });
  client.on("commandStarted", ({ command }: CommandStartedEvent) => void sent.push(command));
  const db = client.db(current.db.databaseName);
  const found = await findDuplicateKeys(db, "logs", runSequence, options);
  await client.close();
  const ofVerb = (verb: string) => sent.filter((command) => verb in command);
  return { found, aggregates: ofVerb("aggregate"), finds: ofVerb("find") };
}

describe("the search for duplicates", () => {
  it("reads an index that begins with the key, in its order", async () => {
    const logs = current.db.collection("pack_run_logs");
    await build({ key: { runId: 1 }, name: "shorter" });
    await build({ key: { ...key, level: 1 }, name: "longer" });
    await logs.insertMany([entry(1, 7), entry(2, 8), entry(3, 7), entry(4, 7)]);

    const { found, aggregates } = await searched();
    expect(aggregates).toMatchObject([{ hint: "longer" }]);
    expect(aggregates[0]?.pipeline).toMatchObject([
      { $setWindowFields: { sortBy: key } },
      {},
      {},
      {},
    ]);
    expect(found).toMatchObject({ keys: 1, documents: 3 });
  });

  it.each([
    ["sparse", { sparse: true }],
    ["partial", { partialFilterExpression: { runId: { $exists: true } } }],
    ["collated", { collation: { locale: "en" } }],
  ])("does not trust a %s index, which may lack documents", async (_word, options) => {
    const logs = current.db.collection("pack_run_logs");
    await build({ key, name: "other", ...options });
    await logs.insertMany([{ level: "info" }, { level: "warn" }]);

    const { found, aggregates } = await searched();
    expect(aggregates.map(({ hint }) => hint as unknown)).toEqual([undefined]);
    expect(found).toMatchObject({ keys: 1, documents: 2 });
  });

  it("searches without an index that is not built yet", async () => {
    const logs = current.db.collection("pack_run_logs");
    await build({ key, name: "building" });
    await logs.insertMany([entry(1, 7), entry(2, 7)]);
    await failNext("aggregate", 2);

    const { found, aggregates } = await searched();
    expect(aggregates.map(({ hint }) => hint as unknown)).toEqual(["building", undefined]);
    expect(found).toMatchObject({ keys: 1 });
  });

  it("has the bounds of a preview in each scan, also for the examples", async () => {
    await current.db.collection("pack_run_logs").insertMany([entry(1, 7), entry(2, 7)]);

    const { aggregates, finds } = await searched(previewScan);
    expect([aggregates.length, finds.length]).toEqual([1, 1]);
    for (const command of [...aggregates, ...finds]) {
      expect(command).toMatchObject({
        maxTimeMS: 10_000,
        $readPreference: { mode: "secondaryPreferred" },
      });
    }
  });
});

const failNext = (verb: string, errorCode: number, times = 1) =>
  current.client.db("admin").command({
    configureFailPoint: "failCommand",
    mode: { times },
    data: { failCommands: [verb], errorCode },
  });

describe("a search that the server's limits stop", () => {
  it.each([
    [50, "time"],
    [292, "memory"],
    [5414201, "memory"],
  ])("is named with its code %i, and the others go on", async (code, limit) => {
    await current.db.collection("pack_artifacts").insertMany([
      { _id: id(1), runId: "r" },
      { _id: id(2), runId: "r" },
    ]);
    await failNext("aggregate", code);

    const { issues, notChecked } = await plan(current.db, {
      schema: documentOptions,
      ledger: "schema_migrations",
    });
    expect(notChecked.map(describeNotChecked)).toEqual([
      "Not checked for blocking documents: modify the validator of pack_artifacts. MongoDB stopped the " +
        `search at its ${limit} limit (code ${code}).`,
    ]);
    expect(issues).toMatchObject([{ kind: "duplicate keys", index: "pack_artifacts_run_name" }]);
  });

  it("leaves it to the build, whose error names the key", async () => {
    await current.db
      .collection("pack_run_logs")
      .insertMany([entry(1, 7), entry(2, 7), entry(3, 8)]);
    await failNext("aggregate", 292);

    const creating = providers.Index.create({
      direction: "forward",
      uri: current.server.uri,
      database: current.db.databaseName,
      ledger: "schema_migrations",
      role: "logs",
      onDataIssue: "report",
      ...runSequence,
      key: "runId:1, sequence:1",
    });
    await expect(creating).rejects.toMatchObject({
      code: 11000,
      message: expect.stringMatching(/pack_run_logs_run_sequence,.*run-1/s) as string,
    });
    await closeConnections();
  });
});
