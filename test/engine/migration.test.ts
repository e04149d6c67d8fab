import { Long } from "mongodb";
import { describe, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { valuesStack } from "./stacks";

const indexNames = { pack_runs_updatedAt_desc: "IX_updatedAt" };
const wanted = buildSchema({ ...documentOptions, indexNames });

const life = valuesStack({ runs: 0 });
const configure = (uri = life.server.uri) =>
  life.configure({ mongoUri: `${uri}/taskrunner`, mongo: { indexNames } });

describe("the migration on the real engine", () => {
  it("says in a preview which search was not finished in time, and goes on", async () => {
    await configure();
    await life.client.db("admin").command({
      configureFailPoint: "failCommand",
      mode: { times: 1 },
      data: { failCommands: ["aggregate"], errorCode: 50 },
    });
    const preview = await life.stack.pulumi("preview");
    expect(preview.failed).toBe(false);
    expect(preview.output).toMatch(
      /pack_run_logs_run_sequence .* time limit .*`pulumi up` .*\[data-not-checked\]/,
    );
  });

  it("is refused by a duplicate that the preview shows on the very index", async () => {
    const entry = { runId: "run-1", sequence: Long.fromNumber(7) };
    await life.db
      .collection("pack_run_logs")
      .insertMany([entry, { ...entry, timestamp: new Date() }]);

    const preview = await life.stack.pulumi("preview");
    expect(preview.output).toMatch(
      /Index \(taskrunner-pack_run_logs_run_sequence\):\n\s+warning: .* 1 key [^]*\[data-issue\]/,
    );
    const up = await life.stack.up();
    expect(up.failed).toBe(true);
    expect(up.output).toContain("blocking documents");
    expect([...(await observe(life.db)).keys()]).toEqual(["pack_run_logs"]);
    await life.db.dropCollection("pack_run_logs");
  });

  it("shows every collection and index in a preview, then makes exactly those", async () => {
    const preview = await life.stack.preview();
    for (const { name } of [...wanted.collections, ...wanted.indexes])
      expect(preview.output).toContain(`"${name}"`);

    await life.up();
    expect(diff(wanted, await observe(life.db))).toEqual([]);
    expect([...(await observe(life.db)).keys()].sort()).toEqual([
      "pack_artifacts",
      "pack_run_approvals",
      "pack_run_logs",
      "pack_runs",
      "schema_migrations",
    ]);
  });

  it("sees what was changed by hand, shows it, and fixes it", async () => {
    await life.db.collection("pack_runs").dropIndex("IX_updatedAt");
    await life.db.collection("pack_artifacts").dropIndex("pack_artifacts_run");
    const other = { key: { name: 1 }, name: "pack_artifacts_run" };
    await life.db.command({ createIndexes: "pack_artifacts", indexes: [other] });
    const validator = { createdAt: { $gt: new Date(0) } };
    await life.db.command({ collMod: "pack_runs", validator });

    await life.stack.pulumi("refresh", "--yes", "--skip-preview");
    const preview = await life.stack.preview();
    expect(preview.output).toMatch(/\+ 1 to create\n\s+~ 2 to update/);
    expect(preview.output).toMatch(/~ key\s+: "name:1" => "runId:1"/);
    await life.up();
    expect(diff(wanted, await observe(life.db))).toEqual([]);
  });

  it("leaves everything in MongoDB when the stack is destroyed", async () => {
    const destroy = await life.stack.pulumi("destroy", "--yes", "--skip-preview");

    expect(destroy.failed).toBe(false);
    expect(destroy.output).toContain(
      "Nothing was deleted in MongoDB or on disk. What Pulumi counts as deleted is only the stack's record.",
    );
    expect(diff(wanted, await observe(life.db))).toEqual([]);
  });

  it("goes on with a preview if MongoDB is unreachable, and says so", async () => {
    await configure("mongodb://127.0.0.1:1");
    const started = performance.now();
    const preview = await life.stack.preview();

    expect(preview.failed).toBe(false);
    expect(preview.output).toContain("127.0.0.1:1 failed");
    expect(preview.output).toContain("[data-not-compared]");
    expect(performance.now() - started).toBeLessThan(30_000);
  });
});
