import { cp } from "node:fs/promises";
import { join } from "node:path";
import { Long, MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { makeStack, type TestStack } from "./stack";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;
const wanted = buildSchema(documentOptions);

let stack: TestStack;
let server: BorrowedServer;
let client: MongoClient;
let db: Db;

beforeAll(async () => {
  stack = await makeStack();
  server = await borrowServer();
  client = await new MongoClient(server.uri).connect();
  db = client.db("taskrunner");
  const directory = join(stack.folder, "rollout");
  await cp("tools/sample/rollout", directory, { recursive: true });
  await stack.configure({
    mongoUri: `${server.uri}/taskrunner`,
    migration: { onDataIssue: "report" },
    rollout: { target: "values", directory, confirm: "none" },
  });
}, 15 * minutes);
afterAll(async () => {
  await client.close();
  await server.release();
  await stack.remove();
});

it(
  "with onDataIssue: report what can be set is set, and the rest is listed",
  async () => {
    const entry = { runId: "run-1", sequence: Long.fromNumber(7) };
    await db.collection("pack_run_logs").insertMany([{ ...entry }, { ...entry }]);
    const up = await stack.up();

    expect(up.failed).toBe(false);
    expect(up.output).toMatch(
      /Index \(taskrunner-pack_run_logs_run_sequence\):\n\s+warning: .* 1 key [^]*\[data-issue\]/,
    );
    expect(up.output).toMatch(
      /Collection \(taskrunner-pack_run_logs\):\n\s+warning: .*validator .* 2 documents [^]*\[data-issue\]/,
    );
    // Services that create the others at start, by their keys in order, are not refused.
    expect(up.output).not.toMatch(/refuses .* with code 8[56]/);
    expect(diff(wanted, await observe(db))).toMatchObject([
      { kind: "modify validator", found: { validationLevel: "moderate" } },
      { kind: "create index" },
    ]);
  },
  3 * minutes,
);

it(
  "what was held back is done once the data are mended",
  async () => {
    await db.collection("pack_run_logs").deleteMany({});
    const up = await stack.pulumi("up", "--yes", "--skip-preview", "--refresh");

    expect(up.output).not.toContain("[data-issue]");
    expect(diff(wanted, await observe(db))).toEqual([]);
  },
  2 * minutes,
);
