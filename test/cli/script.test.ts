import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { apply, mongoshScript, plan } from "../../components/migration";
import { observe } from "../../components/migration/planner/observe";
import { startMongo, type MongoServer } from "../../tools/parts";
import { documentOptions } from "../contract/options";

let folder: string;
let server: MongoServer;
let client: MongoClient;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "script-"));
  server = await startMongo({ directory: join(folder, "data") });
  client = await new MongoClient(server.uri).connect();
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

const ledger = "schema_migrations";

/** Runs the script in the real shell, as a site would. */
async function mongosh(database: string): Promise<string> {
  const file = join(folder, `${database}.js`);
  await writeFile(file, mongoshScript(documentOptions, database, ledger));
  const shell = resolve(__dirname, "../../node_modules/.bin/mongosh");
  const args = [server.uri, "--quiet", "--file", file];
  const { all } = await execa(shell, args, { all: true, env: { HOME: folder } });
  return all;
}

async function applied(db: Db): Promise<void> {
  const claim = { stack: "s", toolVersion: "1", adopt: false, onDataIssue: "fail" } as const;
  await apply(db, { ...claim, schema: documentOptions, ledger });
}

it("the script run by mongosh gives the state that apply gives, twice", async () => {
  expect(await mongosh("by_script")).toBe("20251106-task-runner-baseline: done");
  await mongosh("by_script");
  await applied(client.db("by_apply"));

  const byScript = await observe(client.db("by_script"));
  expect(byScript).toEqual(await observe(client.db("by_apply")));
  const { changes } = await plan(client.db("by_script"), { schema: documentOptions, ledger });
  expect(changes).toEqual([]);
}, 120_000);
