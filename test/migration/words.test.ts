import { MongoServerError } from "mongodb";
import { expect, it } from "vitest";
import { MigrationConflict, MigrationError } from "../../components/migration/errors";
import type { Command } from "../../components/migration/planner/change";

const building: Command = {
  command: { createIndexes: "pack_runs", indexes: [{ key: { updatedAt: -1 }, name: "by_age" }] },
  ...{ reason: "it does not exist yet", blocksWrites: false, loses: false },
};

it.each([
  [13, "The user of mongoUri lacks a privilege: grant createIndex on taskrunner.pack_runs."],
  [11000, "Two documents have the same key: delete or fix one of them and run it again."],
  [359, "Two documents have the same key: delete or fix one of them and run it again."],
  [86, "Another index blocks it: drop the other index and run it again."],
  [8000, "Fix the cause and run it again: what was done stays, and the rest follows."],
])("a command that fails with code %i says what to do", (code, advice) => {
  const cause = new MongoServerError({ message: "no", code });
  expect(new MigrationError("taskrunner", building, cause).message).toBe(
    "createIndexes on taskrunner.pack_runs, index by_age, (it does not exist yet) failed " +
      `with server code ${code}: no. ${advice}`,
  );
});

it("a name that a view has says what to do", () => {
  expect(new MigrationConflict("pack_runs", "view").message).toBe(
    "The collection pack_runs cannot be created: a view of this name exists. " +
      "Set another name in mongo.collections, or rename the view.",
  );
});
