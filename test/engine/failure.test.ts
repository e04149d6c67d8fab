import { cp } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { makeStack, type StackSettings, type TestStack } from "./stack";
import { type BorrowedServer, borrowServer } from "../pool";

const wanted = buildSchema(documentOptions);
const minutes = 60_000;

let stack: TestStack;
let other: TestStack;
let server: BorrowedServer;
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  stack = await makeStack("dev");
  other = await makeStack("other");
  server = await borrowServer();
  client = await new MongoClient(server.uri).connect();
  db = client.db("taskrunner");
}, 15 * minutes);
afterAll(async () => {
  await client.close();
  await server.release();
  await stack.remove();
  await other.remove();
});

async function configure(of: TestStack, settings: StackSettings = {}): Promise<void> {
  const directory = join(of.folder, "rollout");
  await cp("tools/sample/rollout", directory, { recursive: true, force: false });
  await of.configure({
    mongoUri: `${server.uri}/taskrunner`,
    rollout: { target: "values", directory, confirm: "none" },
    ...settings,
  });
}

describe("a migration that fails on the real engine", () => {
  it(
    "says in a preview which search was not finished in time, and goes on",
    async () => {
      await configure(stack);
      await client.db("admin").command({
        configureFailPoint: "failCommand",
        mode: { times: 1 },
        data: { failCommands: ["aggregate"], errorCode: 50 },
      });

      const preview = await stack.preview();
      expect(preview.failed).toBe(false);
      expect(preview.output).toMatch(
        /pack_run_logs_run_sequence .* time limit .*`pulumi up` .*\[data-not-checked\]/,
      );
    },
    minutes,
  );

  it(
    "says what failed and what to do, and the next up finishes it",
    async () => {
      await configure(stack);
      await client.db("admin").command({
        configureFailPoint: "failCommand",
        mode: { skip: 4, times: 1 },
        data: { failCommands: ["createIndexes"], errorCode: 8000 },
      });

      const failed = await stack.up();
      expect(failed.failed).toBe(true);
      expect(failed.output).toMatch(/createIndexes .*pack_runs_tenant_updatedAt_desc.* 8000/);
      expect(failed.output).toContain("the rest follows");
      expect(await stack.state()).toContain("pack_runs_updatedAt_desc");

      expect(await stack.up()).toMatchObject({ failed: false });
      expect(diff(wanted, await observe(db))).toEqual([]);
    },
    3 * minutes,
  );

  it(
    "of two stacks with different wanted states the second is refused, by both names",
    async () => {
      await configure(other, { tenancy: "enforced" });

      const refused = await other.up();
      expect(refused.failed).toBe(true);
      expect(refused.output).toContain("taskrunner-storage/other cannot claim");
      expect(refused.output).toContain("taskrunner-storage/dev holds it");
      expect(diff(wanted, await observe(db))).toEqual([]);
    },
    minutes,
  );

  it(
    "a stack that may adopt it takes it over",
    async () => {
      await configure(other, { tenancy: "enforced", migration: { adopt: true } });

      expect(await other.up()).toMatchObject({ failed: false });
      const enforced = buildSchema({ ...documentOptions, tenancy: "enforced" });
      expect(diff(enforced, await observe(db))).toEqual([]);
    },
    minutes,
  );
});

describe("the expiry of log entries", () => {
  const expiry = async () => {
    const indexes = (await observe(db)).get("pack_run_logs")?.indexes ?? [];
    return indexes.find(({ name }) => name.endsWith("_ttl"))?.expireAfterSeconds;
  };
  const settings = { tenancy: "enforced", migration: { adopt: true } };

  it(
    "is set as one resource in place",
    async () => {
      await configure(other, { ...settings, logRetentionDays: 30 });
      expect((await other.up()).output).toMatch(/Resources:\n\s+~ 1 updated/);
      expect(await expiry()).toBe(2_592_000);
    },
    3 * minutes,
  );

  it(
    "changed by hand is seen by up --refresh, and mended",
    async () => {
      const index = { name: "pack_run_logs_timestamp_ttl", expireAfterSeconds: 86_400 };
      await db.command({ collMod: "pack_run_logs", index });

      const up = await other.pulumi("up", "--yes", "--skip-preview", "--refresh");
      expect(up.output).toMatch(/~ 1 updated/);
      expect(await expiry()).toBe(2_592_000);
    },
    minutes,
  );
});
