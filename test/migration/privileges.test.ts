import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient, type Document } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { wantedSchema } from "../../components/contract";
import { recordFence } from "../../components/ledger";
import { applicationRole, migratorRole } from "../../components/contract";
import { apply } from "../../components/migration";
import { reconcile, untilDone } from "../../components/migration/execute";
import { observe } from "../../components/migration/planner/observe";
import { diffExpiry } from "../../components/migration/planner/retention";
import { startMongo, type MongoServer } from "../../tools/parts";
import { documentOptions } from "../contract/options";

const database = "taskrunner";
const role = migratorRole(database);
const actions = role.privileges.flatMap((privilege) => privilege.actions);

let folder: string;
let server: MongoServer;
const clients: MongoClient[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "privileges-"));
  const directory = join(folder, "data");
  const open = await startMongo({ directory });
  const client = await new MongoClient(open.uri).connect();
  const admin = client.db("admin");
  await admin.command(role);
  await admin.command(applicationRole(database, documentOptions));
  for (const left of actions) await admin.command(roleWithout(left));
  const names = ["taskrunnerMigrator", "taskrunnerApplication", ...actions.map((a) => `no_${a}`)];
  for (const name of names) {
    await admin.command({ createUser: name, pwd: "pw", roles: [name] });
  }
  await client.close();
  await open.stop();
  server = await startMongo({ directory, auth: true });
});
afterAll(async () => {
  for (const client of clients) await client.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

function roleWithout(action: string): Document {
  const privileges = role.privileges.map((privilege) => ({
    ...privilege,
    actions: privilege.actions.filter((one) => one !== action),
  }));
  return { ...role, createRole: `no_${action}`, privileges };
}

async function databaseAs(user: string) {
  const uri = `mongodb://${user}:pw@127.0.0.1:${server.port}/?authSource=admin`;
  const client = await new MongoClient(uri).connect();
  clients.push(client);
  return client.db(database);
}

const claim = { stack: "s", toolVersion: "1", ledger: "schema_migrations", adopt: false } as const;
const options = { ...claim, schema: documentOptions, onDataIssue: "fail" } as const;

/** Everything that a migration ever does: make, change in place, replace, expiry and fence. */
async function everything(user: string): Promise<void> {
  const db = await databaseAs(user);
  const warn = { ...documentOptions.validation, action: "warn" } as const;
  await apply(db, options);
  await apply(db, { ...options, schema: { ...documentOptions, validation: warn } });
  await apply(db, { ...options, schema: { ...documentOptions, tenancy: "enforced" } });
  const planned = async () => diffExpiry("pack_run_logs", 30, await observe(db));
  await untilDone(db, planned, () => Promise.resolve());
  await recordFence(db, claim.ledger, new Date());
  await db
    .collection("pack_run_logs")
    .insertOne({})
    .catch((error: unknown) => error);
}

it.each(actions)("the migrator needs %s", async (action) => {
  await expect(everything(`no_${action}`)).rejects.toThrow(/not authorized|lacks a privilege/);
});

it("the migrator needs no more than its role", async () => {
  await expect(everything("taskrunnerMigrator")).resolves.toBeUndefined();
});

it("what is missing is named: which action on what", async () => {
  const db = await databaseAs("taskrunnerApplication");
  const [runs] = wantedSchema(documentOptions).collections;
  const indexes = [
    { collection: "pack_runs", name: "x", key: [["x", 1]], unique: false, sparse: false } as const,
  ];
  const asMigrator = await databaseAs("no_createIndex");

  expect(runs?.name).toBe("pack_runs");
  await expect(
    reconcile(asMigrator, { collections: [], indexes }, () => Promise.resolve()),
  ).rejects.toThrow("grant it createIndex on taskrunner.pack_runs");
  await expect(db.command({ drop: "pack_runs" })).rejects.toMatchObject({ code: 13 });
});

it("the services' user reads and writes documents, and cannot change the schema", async () => {
  const db = await databaseAs("taskrunnerApplication");
  const approvals = db.collection("pack_run_approvals");
  const approval = { runId: "r", approvalId: "a", status: "pending", requestedAt: new Date() };

  await approvals.insertOne({ ...approval });
  await approvals.updateOne({ runId: "r" }, { $set: { status: "approved" } });
  expect(await approvals.findOne({ runId: "r" })).toMatchObject({ status: "approved" });
  await approvals.deleteOne({ runId: "r" });
  for (const command of [
    { create: "other" },
    { collMod: "pack_run_approvals", validator: {} },
    { dropIndexes: "pack_run_approvals", index: "*" },
  ]) {
    await expect(db.command(command)).rejects.toMatchObject({ code: 13 });
  }
});
