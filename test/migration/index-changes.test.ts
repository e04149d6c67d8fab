import { expect, it } from "vitest";
import { buildSchema, type WantedIndex } from "../../components/contract";
import { checksumOf, sameValue } from "../../components/migration/planner/canonical";
import { diffExpiry, foreign } from "../../components/migration/planner/diff";
import type { ObservedIndex } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { byAge, diffIndexes, databaseWith, observed, runSequence } from "./indexes";

const bridge = `${byAge.name}_bridge`;
const schema = buildSchema(documentOptions);

it.each<[string, Partial<ObservedIndex>]>([
  ["its name", { key: { planHash: 1 } }],
  ["its bridge's name", { name: bridge, key: { planHash: 1 } }],
  ["its signature", { name: "theirs" }],
])("an index that is still being built and has %s is waited for, and nothing else", (_, has) => {
  const building = observed(byAge, { ...has, isBuilding: true });
  const changes = diffIndexes(byAge, observed(byAge, { sparse: true }), building);

  expect(changes).toMatchObject([{ kind: "await index", found: building }]);
  expect(changes[0]?.reason).toMatch(/^it is still being built .*setIndexCommitQuorum/);
});

it("a build of another index is not waited for", () => {
  const building = observed(byAge, { name: "x", key: { planHash: 1 }, isBuilding: true });

  expect(diffIndexes(byAge, observed(byAge), building)).toEqual([]);
});

it("of two equal indexes the one with the wanted name counts", () => {
  expect(diffIndexes(byAge, observed(byAge, { name: "theirs" }), observed(byAge))).toEqual([]);
});

it("an index with the bridge's name is no index to adopt", () => {
  const found = observed(byAge, { name: bridge });

  expect(diffIndexes(byAge, found)).toMatchObject([
    {
      kind: "replace index",
      old: undefined,
      bridge: found,
      final: undefined,
      reason: "an earlier replacement was interrupted",
    },
  ]);
});

it("an adopted index that is hidden is adopted and shown", () => {
  const found = observed(byAge, { name: "theirs", hidden: true });

  expect(diffIndexes(byAge, found)).toMatchObject([
    { kind: "adopt index", reason: "it exists already under the name theirs" },
    { kind: "modify index", set: "hidden", reason: "it is hidden from queries" },
  ]);
});

it("an index that is unique already was not left halfway", () => {
  expect(diffIndexes(runSequence, observed(runSequence, { prepareUnique: true }))).toEqual([]);
});

it("becomes unique in place, and a bridge that is left over goes when it is", () => {
  const found = observed(runSequence, { unique: false });
  const left = observed(runSequence, { name: `${runSequence.name}_bridge` });

  expect(diffIndexes(runSequence, found, left)).toMatchObject([
    { kind: "modify index", found, set: "unique", reason: "it is not unique yet" },
    {
      kind: "replace index",
      old: undefined,
      bridge: left,
      final: { ...found, unique: true },
      reason: "an earlier replacement left its bridge behind",
    },
  ]);
});

it.each<[string, Partial<ObservedIndex>]>([
  ["it is unique", { unique: true }],
  ["it is sparse", { sparse: true }],
  ["it has a partial filter", { partialFilterExpression: { planHash: "x" } }],
  ["it has a collation", { collation: { locale: "fr" } }],
])("an index cannot stay because %s", (why, found) => {
  expect(diffIndexes(byAge, observed(byAge, found))).toMatchObject([
    { kind: "replace index", reason: expect.stringMatching(`${why}$`) as string },
  ]);
});

it("an index cannot stay because it is not sparse, or neither sparse nor unique", () => {
  const sparse = { ...byAge, sparse: true };
  const both = { ...sparse, unique: true };
  const reason = (why: string) => ({ reason: expect.stringMatching(`${why}$`) as string });

  expect(diffIndexes(sparse, observed(byAge))).toMatchObject([reason("it is not sparse")]);
  expect(diffIndexes(both, observed(byAge))).toMatchObject([reason("it is not unique")]);
});

it("neither a bridge of ours nor an equal index is foreign", () => {
  const indexes = [observed(byAge, { name: bridge, key: { x: 1 } }), observed(byAge)];
  const adopted = observed(byAge, { name: "theirs" });

  expect(foreign(schema, databaseWith({ pack_runs: [...indexes, adopted] }))).toEqual([]);
  // An index of another collection of ours is foreign here.
  expect(foreign(schema, databaseWith({ pack_run_logs: [observed(byAge)] }))).toEqual([
    {
      kind: "leave alone",
      collection: "pack_run_logs",
      index: byAge.name,
      reason: "not an index of this schema",
    },
  ]);
});

const logs = "pack_run_logs";
const expiry: WantedIndex = {
  collection: logs,
  name: "timestamp",
  key: { timestamp: 1 },
  unique: false,
  sparse: false,
};
const expiryChanges = (days: number, found?: Partial<ObservedIndex>) =>
  diffExpiry(logs, days, databaseWith(found ? { [logs]: [observed(expiry, found)] } : {}));

it.each<[string, number, Partial<ObservedIndex> | undefined]>([
  ["entries expire as wanted", 30, { expireAfterSeconds: 30 * 86_400 }],
  ["entries never expire, as wanted", 0, {}],
  ["there is no collection", 30, undefined],
  ["there is no such index", 30, { key: { level: 1 } }],
])("changes no expiry if %s", (_what, days, found) => {
  expect(expiryChanges(days, found)).toEqual([]);
});

it.each([
  [30, undefined, 30 * 86_400, "log entries expire never, not after 30 days"],
  [30, 86_400, 30 * 86_400, "log entries expire after 1 days, not after 30 days"],
  [0, 90, 2_147_483_647, "log entries expire after 90 s, not never"],
  [1, 0, 86_400, "log entries expire after 0 days, not after 1 days"],
])("expiry after %i days, found %s, is set in place", (days, found, seconds, reason) => {
  const index = { name: "theirs", expireAfterSeconds: found };

  expect(expiryChanges(days, index)).toEqual([
    {
      kind: "modify index",
      wanted: expiry,
      found: observed(expiry, index),
      reason,
      set: { expireAfterSeconds: seconds },
    },
  ]);
});

it("an expiry waits for an index that is still being built", () => {
  expect(expiryChanges(30, { isBuilding: true })).toMatchObject([{ kind: "await index" }]);
});

it("the order of keys, and of required names only, is no difference", () => {
  expect(sameValue({ a: 1, b: { d: [1, 2], c: 3 } }, { b: { c: 3, d: [1, 2] }, a: 1 })).toBe(true);
  expect(sameValue({ required: ["a", "b"] }, { required: ["b", "a"] })).toBe(true);
  expect(sameValue({ required: "ab" }, { required: "ba" })).toBe(false);
  expect(sameValue({ other: ["a", "b"] }, { other: ["b", "a"] })).toBe(false);
  expect(sameValue([{ b: 1, a: null }], [{ a: null, b: 1 }])).toBe(true);
});

it("the checksum follows the order of an index key's fields", () => {
  const [index] = schema.indexes;
  const checksums = [{ a: 1, b: 1 } as const, { b: 1, a: 1 } as const].map((key) =>
    checksumOf({ collections: [], indexes: index ? [{ ...index, key }] : [] }),
  );
  expect(new Set(checksums).size).toBe(2);
});

it("the checksum follows what should exist, and neither order of keys nor other members", () => {
  const { collections, indexes } = schema;
  const changed = (change: object) =>
    checksumOf({ collections, indexes: indexes.map((index) => ({ ...index, ...change })) });
  const reordered = collections.map((one) => Object.fromEntries(Object.entries(one).reverse()));
  const checksum = checksumOf(schema);

  expect(checksum).toMatch(/^[0-9a-f]{64}$/);
  expect(checksumOf({ collections: reordered as never, indexes })).toBe(checksum);
  expect(changed({ note: "n" })).toBe(checksum);
  for (const change of [{ name: "n" }, { key: { a: 1 } }, { unique: true }, { sparse: true }]) {
    expect(changed(change), JSON.stringify(change)).not.toBe(checksum);
  }
  expect(checksumOf({ collections: collections.slice(1), indexes })).not.toBe(checksum);
});
