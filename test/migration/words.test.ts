import { MongoServerError } from "mongodb";
import { expect, it } from "vitest";
import type { LedgerRecord } from "../../components/ledger";
import { MigrationConflict, MigrationError } from "../../components/migration/errors";
import { ClaimRefused } from "../../components/migration/ledger";
import type { Command } from "../../components/migration/planner/change";

const building: Command = {
  command: { createIndexes: "pack_runs", indexes: [{ key: { updatedAt: -1 }, name: "by_age" }] },
  reason: "it does not exist yet",
  blocksWrites: false,
  loses: false,
};

const duplicate = "Two documents have the same key: delete or fix one of them and run it again.";

it.each([
  [13, "The user of mongoUri lacks a privilege: grant createIndex on taskrunner.pack_runs."],
  [11000, duplicate],
  [359, duplicate],
  [86, "Another index blocks it: drop the other index and run it again."],
  [8000, "Fix the cause and run it again: what was done stays, and the rest follows."],
])("a command that fails with code %i says what to do", (code, advice) => {
  const cause = new MongoServerError({ message: "no", code });
  expect(new MigrationError("taskrunner", building, cause).message).toBe(
    "createIndexes on taskrunner.pack_runs, index by_age, (it does not exist yet) failed " +
      `with server code ${code}: no. ${advice}`,
  );
});

const claim = { checksum: "a".repeat(64), stack: "storage/prod", adopt: false };

it.each<[string, Partial<LedgerRecord>, string]>([
  [
    "another stack",
    { checksum: "b".repeat(64), stack: "storage/dev" },
    "stack storage/dev holds it with other settings (checksum bbbbbbbbbbbb, here aaaaaaaaaaaa). Nothing was changed. " +
      "Give both stacks the same settings or different databases",
  ],
  [
    "another runner",
    { appliedAt: new Date(), runner: "platform" } as object,
    "another runner wrote its record, which has appliedAt, runner and no checksum. Nothing was changed. " +
      "Set advanced.ledger to a collection of its own",
  ],
])("a record of %s says whose it is and what to do", (_, held, words) => {
  expect(new ClaimRefused("taskrunner", claim, held).message).toBe(
    "Stack storage/prod cannot claim the migration 20251106-task-runner-baseline of database taskrunner: " +
      `${words}, or set migration.adopt: true to take it over.`,
  );
});

it("a name that a view has says what to do", () => {
  expect(new MigrationConflict("pack_runs", "view").message).toBe(
    "The collection pack_runs cannot be created: a view of this name exists. " +
      "Set another name in mongo.collections, or rename the view.",
  );
});
