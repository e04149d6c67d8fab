import { Long, ObjectId } from "mongodb";
import { expect, it } from "vitest";
import { dataIssueInWords } from "../../components/migration/issues/data-issues";
import { plan } from "../../components/migration/plan";
import { documentOptions } from "../contract/options";
import { emptyDatabasePerTest } from "../server";

const current = emptyDatabasePerTest();

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
  return issues.map(dataIssueInWords).join("\n");
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
  expect(words).toContain("10 keys of pack_run_logs occur more than once, in 20 documents");
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
