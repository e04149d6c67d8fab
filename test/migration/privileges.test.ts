import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Document, MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  exportState,
  forgetWhereMissing,
  runRollback,
  importState,
  verifyState,
} from "../../components/transfer";
import { drawFence } from "../../components/transfer/rollback/fence";
import { describeVerification } from "../../components/transfer/describe";
import { closeConnections } from "../../components/mongo";
import { applicationRole, migratorRole, wantedSchema } from "../../components/contract";
import { recordFence } from "../../components/ledger";
import { apply, setExpiry } from "../../components/migration";
import { reconcile, untilDone } from "../../components/migration/execute";
import { observe } from "../../components/migration/planner/observe";
import { diffExpiry } from "../../components/migration/planner/diff";
import { type MongoServer, startMongo } from "../../tools/parts";
import { twoRuns } from "../backfill/database";
import { sidesOf } from "../backfill/export-sides";
import { addFiles, run, stateRoot } from "../backfill/state";
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
  await closeConnections();
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

const uriOf = (user: string) => `mongodb://${user}:pw@127.0.0.1:${server.port}/?authSource=admin`;

async function databaseAs(user: string) {
  const client = await new MongoClient(uriOf(user)).connect();
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

it("the migrator needs no more than its role for a cutover and its rollback", async () => {
  const user = "taskrunnerMigrator";
  const db = await databaseAs(user);
  const root = await stateRoot(twoRuns);
  const sides = sidesOf(db, root);
  await apply(db, options);
  const expiry = { collection: "pack_run_logs", ledger: claim.ledger };
  await setExpiry(db, expiry, 0);
  expect(await importState(sides)).toMatchObject({ runs: { inserted: 2 } });
  const { fence } = await drawFence({ ...sides, ledger: claim.ledger });
  await addFiles(root, { "state/runs/r-3.json": JSON.stringify(run("r-3")) });
  const failed = await forgetWhereMissing(sides, await verifyState(sides));
  expect(failed).toMatchObject({ holds: false, runs: { onlyInFiles: ["r-3"] } });
  expect(failed).not.toHaveProperty("notForgotten");
  expect(await importState({ ...sides, stage: "final" })).toMatchObject({
    unchangedFiles: 0,
    runs: { inserted: 1, unchanged: 2 },
  });
  expect(await verifyState({ ...sides, exact: true })).toMatchObject({ holds: true });
  await setExpiry(db, expiry, 24_855);
  await db.collection("pack_runs").updateOne({ planHash: "sha256:1" }, { $set: { planHash: "x" } });
  expect(await exportState(sides)).toMatchObject({ runs: { written: 1 } });
  const address = { uri: uriOf(user), name: database, ledger: claim.ledger };
  expect(
    await runRollback(sides, {
      ...{ ...address, fencedAt: fence.at, heldRuns: "hold", electionSeconds: 5 },
    }),
  ).toMatchObject({
    exported: { runs: { unchanged: 3 } },
  });
});

it("a verification whose user may not write says so beside what it found", async () => {
  const sides = sidesOf(await databaseAs("no_update"), await stateRoot(twoRuns));
  await addFiles(sides.root, { "state/runs/r-4.json": JSON.stringify(run("r-4")) });
  const report = await forgetWhereMissing(sides, await verifyState(sides));

  expect(report).toMatchObject({ holds: false, runs: { missing: 1 } });
  expect(describeVerification(report, "root").join("\n")).toMatch(
    /1 of 3 runs on disk is not in MongoDB: r-4\.[^]*The next import will trust .*: Forgetting checkpoints in taskrunner\.pack_run_backfill failed: MongoDB answers with code 13 /,
  );
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
