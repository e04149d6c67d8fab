import { describe, expect, it } from "vitest";
import { Double, Int32, Long } from "mongodb";
import { buildSchema } from "../../components/contract";
import { sameValue } from "../../components/migration/planner/canonical";
import { MigrationConflict } from "../../components/migration/errors";
import type { Change } from "../../components/migration/planner/change";
import { toCommands } from "../../components/migration/planner/commands";
import { diff, foreign } from "../../components/migration/planner/diff";
import type { ObservedCollection } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { byAge, diffIndexes, commandsOf, databaseWith, observed, runSequence } from "./indexes";

const wanted = buildSchema(documentOptions);

describe("an empty database", () => {
  it("gets the collections, then the unique indexes, then the others", () => {
    const kinds = diff(wanted, new Map()).map(({ kind }) => kind);

    expect(kinds.slice(0, 4)).toEqual(Array(4).fill("create collection"));
    expect(kinds.slice(4)).toEqual(Array(9).fill("create index"));
  });
});

describe("a collection", () => {
  it("with a validator that means the same shows nothing", () => {
    const [runs] = wanted.collections;
    const shuffled = { $jsonSchema: reversed(runs?.validator.$jsonSchema) };

    expect(changesOfRuns({ validator: shuffled })).toEqual([]);
  });

  it("with another validator, level or action is modified", () => {
    expect(changesOfRuns({ validator: {} })[0]?.reason).toBe("its validator differs");
    expect(changesOfRuns({ validationLevel: "moderate" })[0]?.reason).toBe(
      "its validation level is moderate, not strict",
    );
    expect(changesOfRuns({ validationAction: "warn" })[0]?.reason).toBe(
      "its validation action is warn, not error",
    );
  });

  it("whose name belongs to a view is refused before anything changes", () => {
    expect(() => changesOfRuns({ type: "view" })).toThrow(MigrationConflict);
  });

  it("without validation says nothing of the server's default level", () => {
    const validation = { ...documentOptions.validation, enabled: false };
    const [runs] = buildSchema({ ...documentOptions, validation }).collections;

    expect(changesOfRuns({ validator: {} }, runs)).toEqual([]);
  });
});

describe("an index", () => {
  it("that is equal shows nothing, and the order of its key counts", () => {
    expect(diffIndexes(runSequence, observed(runSequence))).toEqual([]);
    const turned = observed(runSequence, { key: { sequence: 1, runId: 1 } });
    expect(diffIndexes(runSequence, turned)[0]?.reason).toBe(
      "an index of this name exists, but its key is { sequence: 1, runId: 1 }, " +
        "not { runId: 1, sequence: 1 }",
    );
  });

  it("that exists under another name is adopted, never built beside it", () => {
    const changes = diffIndexes(runSequence, observed(runSequence, { name: "ix_sequence" }));

    expect(changes).toMatchObject([{ kind: "adopt index", found: { name: "ix_sequence" } }]);
    expect(changes.flatMap(toCommands)).toEqual([]);
  });

  it("with an expiry set by somebody is left alone and not built again", () => {
    expect(diffIndexes(byAge, observed(byAge, { expireAfterSeconds: 60 }))).toEqual([]);
  });

  it("that is hidden is shown again in place", () => {
    expect(commandsOf(byAge, observed(byAge, { hidden: true }))).toEqual([
      { collMod: "pack_runs", index: { name: byAge.name, hidden: false } },
    ]);
  });

  it("becomes unique in place: prepared, tried, done, and taken back where that fails", () => {
    const commands = diffIndexes(runSequence, observed(runSequence, { unique: false })).flatMap(
      toCommands,
    );
    const index = (options: object) => ({
      collMod: "pack_run_logs",
      index: { name: runSequence.name, ...options },
    });

    expect(commands.map(({ command }) => command)).toEqual([
      index({ prepareUnique: true }),
      { ...index({ unique: true }), dryRun: true },
      index({ unique: true }),
    ]);
    expect(commands[0]?.onFailure).toEqual(index({ prepareUnique: false }));
  });

  it("left halfway to unique by an earlier run is reset if it is not to be unique", () => {
    expect(commandsOf(byAge, observed(byAge, { prepareUnique: true }))).toEqual([
      { collMod: "pack_runs", index: { name: byAge.name, prepareUnique: false } },
    ]);
  });

  it("that only another build can change is never missing: a bridge stands in", () => {
    expect(commandsOf(byAge, observed(byAge, { sparse: true }))).toEqual([
      {
        createIndexes: "pack_runs",
        indexes: [{ key: { updatedAt: -1, _id: 1 }, name: `${byAge.name}_bridge` }],
      },
      { dropIndexes: "pack_runs", index: byAge.name },
      { createIndexes: "pack_runs", indexes: [{ key: { updatedAt: -1 }, name: byAge.name }] },
      { dropIndexes: "pack_runs", index: `${byAge.name}_bridge` },
    ]);
  });

  it("that is unique keeps its uniqueness while it is replaced", () => {
    const [bridge] = commandsOf(runSequence, observed(runSequence, { sparse: true }));

    expect(bridge).toMatchObject({
      indexes: [{ unique: true, partialFilterExpression: { runId: { $exists: true } } }],
    });
  });

  it("whose replacement was interrupted is finished from where it stood", () => {
    const bridge = observed(byAge, {
      name: `${byAge.name}_bridge`,
      key: { updatedAt: -1, _id: 1 },
    });

    expect(commandsOf(byAge, bridge).map((command) => Object.keys(command)[0])).toEqual([
      "createIndexes",
      "dropIndexes",
    ]);
    expect(commandsOf(byAge, observed(byAge), bridge)).toEqual([
      { dropIndexes: "pack_runs", index: bridge.name },
    ]);
  });
});

it("what is not ours is listed and never touched", () => {
  const theirs = observed(byAge, { name: "theirs", key: { planHash: 1 } });
  const database = databaseWith({ pack_runs: [observed(byAge), theirs], invoices: [] });

  expect(foreign(wanted, database)).toMatchObject([
    { kind: "leave alone", collection: "pack_runs", index: "theirs" },
    { kind: "leave alone", collection: "invoices" },
  ]);
  expect(foreign(wanted, database).flatMap(toCommands)).toEqual([]);
});

describe("canonical comparison", () => {
  it("does not see the BSON type of a number", () => {
    expect(sameValue({ a: new Int32(1) }, { a: 1 })).toBe(true);
    expect(sameValue({ a: Long.fromNumber(1), b: new Double(2) }, { b: 2, a: 1 })).toBe(true);
  });

  it("sees another date and another pattern", () => {
    expect(sameValue({ a: new Date(1) }, { a: new Date(2) })).toBe(false);
    expect(sameValue({ a: new Date(1) }, { a: new Date(1) })).toBe(true);
    expect(sameValue({ a: /x/ }, { a: /y/ })).toBe(false);
  });

  it("keeps the order of an enumeration", () => {
    const levels = (...names: string[]) => ({
      $jsonSchema: { properties: { l: { enum: names } } },
    });

    expect(sameValue(levels("a", "b"), levels("b", "a"))).toBe(false);
  });
});

function changesOfRuns(
  found: Partial<ObservedCollection>,
  collection = wanted.collections[0],
): Change[] {
  if (!collection) throw new Error("the contract begins with pack_runs");
  const exists = { ...collection, type: "collection", indexes: [], ...found };
  return diff({ collections: [collection], indexes: [] }, new Map([["pack_runs", exists]]));
}

/** The same object with the order of every key, and of `required`, turned round. */
function reversed(value: unknown): unknown {
  if (Array.isArray(value)) return value as unknown[];
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).reverse() as [string, unknown][];
  return Object.fromEntries(
    entries.map(([key, member]) => [
      key,
      key === "required" ? [...(member as unknown[])].reverse() : reversed(member),
    ]),
  );
}
