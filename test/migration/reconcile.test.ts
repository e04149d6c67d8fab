import { expect, it } from "vitest";
import { buildSchema, type WantedSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { reconcile } from "../../components/migration/execute";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { emptyDatabasePerTest } from "../server";

const current = emptyDatabasePerTest();

const wanted = buildSchema(documentOptions);
const createIndex = (collection: string, key: object, name: string) =>
  current.db.command({ createIndexes: collection, indexes: [{ key, name }] });
const nothing = () => Promise.resolve();

it("the validators accept what a .NET driver writes and refuse what the specification excludes", async () => {
  await reconcile(current.db, wanted, nothing);
  const artifacts = current.db.collection("pack_artifacts");
  const written = { runId: "r", type: "evidence", notes: null, capturedAt: new Date() };

  await artifacts.insertOne({ ...written, name: "n", status: "copied", extra: 1 });
  await artifacts.insertOne({ ...written, name: "m", status: "missing" });
  await expect(artifacts.insertOne({ ...written, name: "o", status: 1 })).rejects.toMatchObject({
    code: 121,
  });
});

it("a log entry's sequence must be a long", async () => {
  await reconcile(current.db, wanted, nothing);
  const entry = {
    runId: "r",
    timestamp: new Date(),
    level: "info",
    eventType: "e",
    message: "m",
  };

  await expect(
    current.db.collection("pack_run_logs").insertOne({ ...entry, sequence: 1 }),
  ).rejects.toMatchObject({ code: 121 });
});

it("an index has the name that a site gives it, and one that exists keeps its name", async () => {
  const indexNames = {
    pack_runs_updatedAt_desc: "IX_updatedAt",
    pack_artifacts_run: "IX_run",
  };
  await createIndex("pack_artifacts", { runId: 1 }, "pack_artifacts_run");
  const named = buildSchema({ ...documentOptions, indexNames });
  await reconcile(current.db, named, nothing);

  const namesIn = async (collection: string) => {
    const indexes = await current.db.collection(collection).listIndexes().toArray();
    return indexes.map(({ name }: { name?: string }) => name).sort();
  };
  expect(await namesIn("pack_runs")).toEqual([
    "IX_updatedAt",
    "_id_",
    "pack_runs_tenant_updatedAt_desc",
  ]);
  expect(await namesIn("pack_artifacts")).toEqual([
    "_id_",
    "pack_artifacts_run",
    "pack_artifacts_run_name",
  ]);
  const again = await reconcile(current.db, named, nothing);
  expect(again.map(({ kind }) => kind)).toEqual(["adopt index"]);
});

it("an index hidden by hand is seen", async () => {
  await reconcile(current.db, wanted, nothing);
  await current.db.collection("pack_artifacts").dropIndex("pack_artifacts_run");
  const hidden = { key: { runId: 1 }, name: "pack_artifacts_run", hidden: true };
  await current.db.command({ createIndexes: "pack_artifacts", indexes: [hidden] });

  expect(diff(wanted, await observe(current.db))).toMatchObject([
    { kind: "modify index", set: "hidden" },
  ]);
});

it("a change to unique that finds duplicates leaves the index as it was", async () => {
  const logs = current.db.collection("pack_run_logs");
  await createIndex("pack_run_logs", { runId: 1, sequence: 1 }, "pack_run_logs_run_sequence");
  await logs.insertMany([
    { runId: "r", sequence: 1 },
    { runId: "r", sequence: 1 },
  ]);
  const runSequence: WantedSchema = { collections: [], indexes: wanted.indexes.slice(0, 1) };

  await expect(reconcile(current.db, runSequence, nothing)).rejects.toMatchObject({ code: 359 });
  await expect(logs.insertOne({ runId: "r", sequence: 1 })).resolves.toBeDefined();
  await logs.deleteMany({});
  await reconcile(current.db, runSequence, nothing);
  expect(diff(runSequence, await observe(current.db))).toEqual([]);
});

it("the collation that an index has from its collection does not show", async () => {
  const collation = { locale: "en", strength: 2 };
  await current.db.createCollection("pack_runs", { collation });
  // MongoDB lists the collection's collation on each of its indexes.
  const inherited = { key: { updatedAt: -1 }, name: "pack_runs_updatedAt_desc", collation };
  await current.db.command({ createIndexes: "pack_runs", indexes: [inherited] });
  const byAge = wanted.indexes.filter(({ name }) => name === inherited.name);

  expect(byAge).toHaveLength(1);
  expect(diff({ collections: [], indexes: byAge }, await observe(current.db))).toEqual([]);
});
