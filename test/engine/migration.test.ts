import { cp } from "node:fs/promises";
import { join } from "node:path";
import { Long, MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { disguisedServer } from "../cluster/disguised-server";
import { type EngineRun, makeStack, type TestStack } from "./stack";
import { type BorrowedServer, borrowServer } from "../pool";

const indexNames = { pack_runs_updatedAt_desc: "IX_updatedAt" };
const wanted = buildSchema({ ...documentOptions, indexNames });
const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  stack = await makeStack();
  server = await borrowServer();
  client = await new MongoClient(server.uri).connect();
  db = client.db("taskrunner");
  await cp("tools/sample/rollout", directory(), { recursive: true });
}, 15 * minutes);
afterAll(async () => {
  await client.close();
  await server.release();
  await stack.remove();
});

const directory = () => join(stack.folder, "rollout");
const configure = (uri: string) =>
  stack.configure({
    mongoUri: `${uri}/taskrunner`,
    mongo: { indexNames },
    rollout: { target: "values", directory: directory(), confirm: "none" },
  });

/** On a busy machine the program may not get to its connection within the time that it has for it. */
async function previewInReach(tries = 4): Promise<EngineRun> {
  const preview = await stack.pulumi("preview");
  const isLate = preview.output.includes("Server selection timed out");
  return isLate && tries > 1 ? previewInReach(tries - 1) : preview;
}

describe("the migration on the real engine", () => {
  it(
    "shows in the preview that a server is too old, on its check",
    async () => {
      const older = await disguisedServer(server.port, { version: "5.0.31", standalone: true });
      await configure(`mongodb://127.0.0.1:${older.port}`);
      const preview = await previewInReach();
      await older.stop();
      expect(preview.failed).toBe(false);
      expect(preview.output).toMatch(
        /mongo:ServerCheck \(taskrunner-server-check\):\n\s+warning: .* 5\.0\.31[^]*\[stop: server-version\]\n\s+warning: [^]*server-standalone\]/,
      );
    },
    2 * minutes,
  );

  it(
    "says in a preview which search was not finished in time, and goes on",
    async () => {
      await configure(server.uri);
      await client.db("admin").command({
        configureFailPoint: "failCommand",
        mode: { times: 1 },
        data: { failCommands: ["aggregate"], errorCode: 50 },
      });
      const preview = await stack.pulumi("preview");
      expect(preview.failed).toBe(false);
      expect(preview.output).toMatch(
        /pack_run_logs_run_sequence .* time limit .*`pulumi up` .*\[data-not-checked\]/,
      );
    },
    minutes,
  );

  it(
    "is refused by a duplicate that the preview shows on the very index",
    async () => {
      await configure(server.uri);
      const entry = { runId: "run-1", sequence: Long.fromNumber(7) };
      await db.collection("pack_run_logs").insertMany([entry, { ...entry, timestamp: new Date() }]);

      const preview = await stack.pulumi("preview");
      expect(preview.output).toMatch(
        /Index \(taskrunner-pack_run_logs_run_sequence\):\n\s+warning: .* 1 key [^]*\[data-issue\]/,
      );
      const up = await stack.up();
      expect(up.failed).toBe(true);
      expect(up.output).toContain("blocking documents");
      expect([...(await observe(db)).keys()]).toEqual(["pack_run_logs"]);
      await db.dropCollection("pack_run_logs");
    },
    2 * minutes,
  );

  it(
    "shows every collection and index in a preview, then makes exactly those",
    async () => {
      const preview = await stack.preview();
      for (const { name } of [...wanted.collections, ...wanted.indexes]) {
        expect(preview.output).toContain(`"${name}"`);
      }

      expect(await stack.up()).toMatchObject({ failed: false });
      expect(diff(wanted, await observe(db))).toEqual([]);
      expect([...(await observe(db)).keys()].sort()).toEqual([
        "pack_artifacts",
        "pack_run_approvals",
        "pack_run_logs",
        "pack_runs",
        "schema_migrations",
      ]);
    },
    2 * minutes,
  );

  it(
    "changes nothing a second time",
    async () => {
      const up = await stack.up();

      expect(up.output).toMatch(/Resources:\n\s+\d+ unchanged\n/);
    },
    minutes,
  );

  it(
    "sees what was changed by hand, shows it, and mends it",
    async () => {
      await db.collection("pack_runs").dropIndex("IX_updatedAt");
      await db.collection("pack_artifacts").dropIndex("pack_artifacts_run");
      const other = { key: { name: 1 }, name: "pack_artifacts_run" };
      await db.command({ createIndexes: "pack_artifacts", indexes: [other] });
      const validator = { createdAt: { $gt: new Date(0) } };
      await db.command({ collMod: "pack_runs", validator });

      await stack.pulumi("refresh", "--yes", "--skip-preview");
      const preview = await stack.preview();
      expect(preview.output).toMatch(/\+ 1 to create\n\s+~ 2 to update/);
      expect(preview.output).toMatch(/~ key\s+: "name:1" => "runId:1"/);
      await stack.up();
      expect(diff(wanted, await observe(db))).toEqual([]);
    },
    2 * minutes,
  );

  it(
    "leaves everything in MongoDB when the stack is destroyed",
    async () => {
      const destroy = await stack.pulumi("destroy", "--yes", "--skip-preview");

      expect(destroy.failed).toBe(false);
      expect(diff(wanted, await observe(db))).toEqual([]);
    },
    minutes,
  );

  it(
    "goes on with a preview if MongoDB is unreachable, and says so",
    async () => {
      await configure("mongodb://127.0.0.1:1");
      const started = performance.now();
      const preview = await stack.preview();

      expect(preview.failed).toBe(false);
      expect(preview.output).toContain("127.0.0.1:1 failed");
      expect(preview.output).toContain("[data-not-compared]");
      expect(performance.now() - started).toBeLessThan(30_000);
    },
    minutes,
  );
});
