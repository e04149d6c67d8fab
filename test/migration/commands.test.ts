import { expect, it } from "vitest";
import type { WantedCollection, WantedIndex } from "../../components/contract";
import { toCommands } from "../../components/migration/planner/commands";
import { bridgeName, bridgeSpec, indexSpec } from "../../components/migration/planner/index-spec";
import { byAge, diffIndexes, observed, runSequence } from "./indexes";

const runs: WantedCollection = {
  name: "pack_runs",
  validator: { planHash: { $type: "string" } },
  validationLevel: "moderate",
  validationAction: "warn",
};
const collection = { ...runs, type: "collection", indexes: [] };
const reason = "why";
const harmless = { reason, blocksWrites: false, loses: false };
const bySparseAge: WantedIndex = { ...byAge, sparse: true };

it("creates a collection with its validator, and without validation with nothing of it", () => {
  const create = (wanted: WantedCollection) =>
    toCommands({ kind: "create collection", wanted, reason });
  const { validator, validationLevel, validationAction } = runs;

  expect(create(runs)).toEqual([
    {
      command: { create: "pack_runs", validator, validationLevel, validationAction },
      ...harmless,
    },
  ]);
  expect(create({ ...runs, validator: {} })).toEqual([
    { command: { create: "pack_runs" }, ...harmless },
  ]);
});

it("modifies a validator also to none", () => {
  const wanted = { ...runs, validator: {} };
  const { validationLevel, validationAction } = runs;
  const command = { collMod: "pack_runs", validator: {}, validationLevel, validationAction };

  expect(toCommands({ kind: "modify validator", wanted, found: collection, reason })).toEqual([
    { command, ...harmless },
  ]);
});

it("creates an index with its options only", () => {
  const create = (wanted: WantedIndex) => toCommands({ kind: "create index", wanted, reason });
  const key = { updatedAt: -1 };
  const { name } = byAge;

  expect(create(byAge)).toEqual([
    { command: { createIndexes: "pack_runs", indexes: [{ key, name }] }, ...harmless },
  ]);
  expect(create({ ...bySparseAge, unique: true })).toMatchObject([
    { command: { indexes: [{ key, name, unique: true, sparse: true }] } },
  ]);
});

it("only the last step to unique blocks writers, and none of them loses anything", () => {
  const commands = diffIndexes(runSequence, observed(runSequence, { unique: false })).flatMap(
    toCommands,
  );

  expect(commands.map(({ blocksWrites }) => blocksWrites)).toEqual([false, false, true]);
  expect(commands.map(({ loses }) => loses)).toEqual([false, false, false]);
});

it.each([
  [60, true],
  [2_147_483_647, false],
])("an expiry of %d s loses entries: %s", (expireAfterSeconds, loses) => {
  const found = observed(byAge, { name: "theirs" });
  const set = { expireAfterSeconds };
  const index = { name: "theirs", expireAfterSeconds };

  expect(toCommands({ kind: "modify index", wanted: byAge, found, set, reason })).toEqual([
    { command: { collMod: "pack_runs", index }, ...harmless, loses },
  ]);
});

it("records the migration in one command, which takes nothing from a record that exists", () => {
  const ledger = "schema_migrations";
  const commands = toCommands({ kind: "record ledger", ledger, checksum: "c", reason });
  const _id = "20251106-task-runner-baseline";
  const made = { _id, checksum: "c", startedAt: "$$NOW", finishedAt: "$$NOW" };
  const kept = { stack: "mongosh", toolVersion: "script", commands: [] };
  const u = [{ $replaceWith: { $mergeObjects: [kept, "$$ROOT", made] } }];

  expect(commands).toEqual([
    { command: { update: ledger, updates: [{ q: { _id }, u, upsert: true }] }, ...harmless },
  ]);
});

const bridge = { key: { updatedAt: -1, _id: 1 }, name: bridgeName(byAge) };
const made = { key: { updatedAt: -1 }, name: byAge.name };
const bridgeFound = observed(byAge, {
  name: bridge.name,
  key: { ...byAge.key, _id: 1 },
});

it("each drop of a replacement requires what it drops and what takes its place", () => {
  const old = observed(byAge, { sparse: true });
  const commands = diffIndexes(byAge, old).flatMap(toCommands);

  expect(commands.map(({ requires }) => requires)).toEqual([
    undefined,
    [{ ...made, sparse: true }, bridge],
    undefined,
    [bridge, made],
  ]);
  expect(commands.map(({ loses }) => loses)).toEqual([false, true, false, false]);
  expect(commands.map((command) => command.reason)).toEqual([
    expect.stringMatching(/^a bridge, because .* it is sparse$/),
    "the bridge has taken its place",
    expect.stringMatching(/ it is sparse$/),
    "the new index has taken its place",
  ]);
});

it("a bridge of another index is replaced first, and only if it is still that one", () => {
  const other = observed(byAge, { name: bridge.name, key: { updatedAt: -1 }, hidden: true });
  const commands = diffIndexes(byAge, observed(byAge, { sparse: true }), other).flatMap(toCommands);

  expect(commands.map(({ command }) => Object.keys(command)[0])).toEqual([
    "dropIndexes",
    "createIndexes",
    "dropIndexes",
    "createIndexes",
    "dropIndexes",
  ]);
  expect(commands[0]).toEqual({
    blocksWrites: false,
    loses: false,
    reason: "a bridge of another index",
    command: { dropIndexes: "pack_runs", index: bridge.name },
    requires: [{ ...made, name: bridge.name, hidden: true }],
  });
});

it("a usable bridge is not built again", () => {
  const commands = diffIndexes(byAge, observed(byAge, { sparse: true }), bridgeFound).flatMap(
    toCommands,
  );

  expect(commands.map(({ command }) => command)).toEqual([
    { dropIndexes: "pack_runs", index: byAge.name },
    { createIndexes: "pack_runs", indexes: [made] },
    { dropIndexes: "pack_runs", index: bridge.name },
  ]);
});

it("the end of a bridge requires the bridge and the index as they are", () => {
  const adopted = observed(byAge, { name: "theirs", expireAfterSeconds: 60 });
  const other = observed(byAge, { name: bridge.name, key: { planHash: 1 } });

  for (const [left, spec] of [
    [bridgeFound, bridge],
    [other, { key: { planHash: 1 }, name: bridge.name }],
  ] as const) {
    expect(diffIndexes(byAge, adopted, left).flatMap(toCommands)).toEqual([
      {
        command: { dropIndexes: "pack_runs", index: bridge.name },
        blocksWrites: false,
        loses: false,
        reason: expect.any(String) as string,
        requires: [spec, { ...made, name: "theirs", expireAfterSeconds: 60 }],
      },
    ]);
  }
});

it("an index is built again with all that it had", () => {
  const rest = { partialFilterExpression: { a: 1 }, collation: { locale: "fr" } };
  const found = observed(bySparseAge, { ...rest, hidden: true, expireAfterSeconds: 0 });

  expect(indexSpec(found)).toEqual({
    ...made,
    ...rest,
    sparse: true,
    hidden: true,
    expireAfterSeconds: 0,
  });
});

it("the bridge of a unique index covers what has its first field", () => {
  expect(bridgeSpec(runSequence)).toEqual({
    key: { runId: 1, sequence: 1 },
    name: "pack_run_logs_run_sequence_bridge",
    unique: true,
    partialFilterExpression: { runId: { $exists: true } },
  });
});
