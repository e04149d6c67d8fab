import { describe, expect, it } from "vitest";
import { buildSchema, type WantedSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { MigrationError } from "../../components/migration/errors";
import { reconcile } from "../../components/migration/execute";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { emptyDatabasePerTest } from "../server";

const current = emptyDatabasePerTest();

const wanted = buildSchema(documentOptions);
const createIndex = (collection: string, key: object, name: string) =>
  current.db.command({ createIndexes: collection, indexes: [{ key, name }] });
const nothing = () => Promise.resolve();

describe("on a real server", () => {
  it("an empty database becomes what is wanted, and a second run changes nothing", async () => {
    await reconcile(current.db, wanted, nothing);

    expect(diff(wanted, await observe(current.db))).toEqual([]);
    expect(await reconcile(current.db, wanted, nothing)).toEqual([]);
  });

  it("the validators accept what a .NET driver writes and refuse what the document excludes", async () => {
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

  it("an index made by the service under another name is adopted", async () => {
    await createIndex("pack_runs", { updatedAt: -1 }, "IX_updatedAt");
    await reconcile(current.db, wanted, nothing);

    const names = (await current.db.collection("pack_runs").listIndexes().toArray()).map(
      ({ name }: { name?: string }) => name,
    );
    expect(names.sort()).toEqual(["IX_updatedAt", "_id_", "pack_runs_tenant_updatedAt_desc"]);
    expect(diff(wanted, await observe(current.db)).map(({ kind }) => kind)).toEqual([
      "adopt index",
    ]);
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

  it("an index changed by hand is mended", async () => {
    await reconcile(current.db, wanted, nothing);
    const runs = current.db.collection("pack_runs");
    await runs.dropIndex("pack_runs_updatedAt_desc");
    await createIndex("pack_runs", { createdAt: -1 }, "pack_runs_updatedAt_desc");
    await reconcile(current.db, wanted, nothing);
    expect(diff(wanted, await observe(current.db))).toEqual([]);
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

  it("tenancy that becomes enforced makes the index full, and no bridge stays", async () => {
    await reconcile(current.db, wanted, nothing);
    await reconcile(current.db, buildSchema({ ...documentOptions, tenancy: "enforced" }), nothing);

    const { indexes = [] } = (await observe(current.db)).get("pack_runs") ?? {};
    expect(Object.fromEntries(indexes.map(({ name, sparse }) => [name, sparse]))).toEqual({
      pack_runs_updatedAt_desc: false,
      pack_runs_tenant_updatedAt_desc: false,
    });
  });

  it("a duplicate stops the unique index with the collection, the code and what to do", async () => {
    const logs = current.db.collection("pack_run_logs");
    await logs.insertMany([
      { runId: "r", sequence: 1 },
      { runId: "r", sequence: 1 },
    ]);

    const failure = await reconcile(current.db, wanted, nothing).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(MigrationError);
    expect(String(failure)).toMatch(
      /createIndexes on test_\d+\.pack_run_logs, index pack_run_logs_run_sequence,.*code 11000/s,
    );
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

  it("two runners at once end as one", async () => {
    await Promise.all([1, 2, 3].map(() => reconcile(current.db, wanted, nothing)));

    expect(diff(wanted, await observe(current.db))).toEqual([]);
  });
});
