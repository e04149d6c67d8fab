import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Document, MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import {
  recordCutover,
  exportState,
  forgetUnlessHolds,
  runRollback,
  importState,
  verifyState,
} from "../../components/transfer";
import { describeVerification } from "../../components/transfer/describe/verification";
import { closeConnections } from "../../components/mongo";
import { requireServer } from "../../components/cluster/server";
import {
  applicationRole,
  migratorRole,
  buildSchema,
  type DatabaseRole,
} from "../../components/contract";
import { addCutover } from "../../components/ledger";
import { apply, setExpiry } from "../../components/migration";
import { reconcile, untilDone } from "../../components/migration/execute";
import { observe } from "../../components/migration/planner/observe";
import { diffExpiry } from "../../components/migration/planner/diff";
import { providers } from "../../components/migration/provider";
import { startMongo, type MongoServer } from "../../tools/parts";
import { bothEqual } from "../transfer/counts";
import { defaultSides } from "../transfer/database";
import { addFiles, run, twoRuns, writeState } from "../transfer/state";
import { documentOptions } from "../contract/options";

const database = "taskrunner";
const role = migratorRole(database);
const actions = role.privileges.flatMap((privilege) => privilege.actions);
const services = applicationRole(database, documentOptions);
const servicesActions = services.privileges[0]?.actions ?? [];

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
  await admin.command(services);
  for (const left of actions) await admin.command(roleWithout(role, left, `no_${left}`));
  for (const left of servicesActions) {
    await admin.command(roleWithout(services, left, `services_no_${left}`));
  }
  const less = [
    ...actions.map((action) => `no_${action}`),
    ...servicesActions.map((action) => `services_no_${action}`),
  ];
  const names = ["taskrunnerMigrator", "taskrunnerApplication", ...less];
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

function roleWithout(role: DatabaseRole, action: string, name: string): Document {
  const privileges = role.privileges.map((privilege) => ({
    ...privilege,
    actions: privilege.actions.filter((one) => one !== action),
  }));
  return { ...role, createRole: name, privileges };
}

const uriOf = (user: string) => `mongodb://${user}:pw@127.0.0.1:${server.port}/?authSource=admin`;

async function databaseAs(user: string) {
  const client = await new MongoClient(uriOf(user)).connect();
  clients.push(client);
  return client.db(database);
}

const claim = { stack: "s", ledger: "schema_migrations", adopt: false } as const;
const options = { ...claim, schema: documentOptions, onDataIssue: "fail" } as const;

/** Everything that a migration ever does: make, change in place, replace, expiry and cutover. */
async function everything(user: string): Promise<void> {
  const db = await databaseAs(user);
  const warn = { ...documentOptions.validation, action: "warn" } as const;
  await apply(db, options);
  await apply(db, { ...options, schema: { ...documentOptions, validation: warn } });
  await apply(db, { ...options, schema: { ...documentOptions, tenancy: "enforced" } });
  const planned = async () => diffExpiry("pack_run_logs", 30, await observe(db));
  await untilDone(db, planned, () => Promise.resolve());
  await addCutover(db, claim.ledger, { at: new Date(), stack: "storage/dev" });
  await db
    .collection("pack_run_logs")
    .insertOne({})
    .catch((error: unknown) => error);
}

const { collections } = documentOptions;

it.each(["listCollections", "find", "listIndexes", "collMod", "dropIndex"])(
  "a migrator without %s is refused before anything is changed",
  async (action) => {
    const user = `no_${action}`;
    const refusal = requireServer(await databaseAs(user), uriOf(user), collections);
    await expect(refusal).rejects.toMatchObject({
      name: "ServerRefused",
      message: expect.stringMatching(new RegExp(`user of mongoUri lacks ${action} on`)) as string,
    });
    const found = await (await databaseAs("taskrunnerMigrator")).listCollections().toArray();
    expect(found).toEqual([]);
  },
);

it("a migrator with its role passes the check of an empty database, which stays empty", async () => {
  const db = await databaseAs("taskrunnerMigrator");
  expect(await requireServer(db, uriOf("taskrunnerMigrator"), collections)).toMatch(/^\d+\.\d+/);
  expect(await db.listCollections().toArray()).toEqual([]);
});

it.each(actions)("the migrator needs %s", async (action) => {
  await expect(everything(`no_${action}`)).rejects.toThrow(/Unauthorized|lacks a privilege/);
});

it("the migrator needs no more than its role", async () => {
  await expect(everything("taskrunnerMigrator")).resolves.toBeUndefined();
});

it("the migrator needs no more than its role for a cutover and its rollback", async () => {
  const user = "taskrunnerMigrator";
  const db = await databaseAs(user);
  const root = await writeState(twoRuns);
  const sides = defaultSides(db, root);
  await apply(db, options);
  const expiry = { collection: "pack_run_logs", ledger: claim.ledger };
  await setExpiry(db, expiry, 0);
  expect(await importState(sides)).toMatchObject({ runs: { inserted: 2 } });
  const { cutoverRecord } = await recordCutover({
    ...sides,
    ledger: claim.ledger,
    stack: "storage/dev",
    cutover: 1,
    unfinishedCount: 2,
  });
  await addFiles(root, { "state/runs/r-3.json": JSON.stringify(run("r-3")) });
  const failed = await forgetUnlessHolds(sides, await verifyState(sides));
  expect(failed).toMatchObject({ holds: false, onlyInFiles: { runs: ["r-3"] } });
  expect(failed).not.toHaveProperty("notForgotten");
  expect(await importState({ ...sides, pass: "final" })).toMatchObject({
    unchangedFiles: 0,
    runs: { inserted: 1, unchanged: 2 },
  });
  expect(await verifyState(sides)).toMatchObject(bothEqual);
  await setExpiry(db, expiry, 24_855);
  await db.collection("pack_runs").updateOne({ planHash: "sha256:1" }, { $set: { planHash: "x" } });
  expect(await exportState(sides)).toMatchObject({ runs: { written: 1 } });
  const address = { uri: uriOf(user), name: database, ledger: claim.ledger };
  expect(
    await runRollback(sides, {
      ...address,
      cutoverAt: cutoverRecord.at,
      electionSeconds: 5,
    }),
  ).toMatchObject({
    exported: { runs: { unchanged: 3 } },
  });
});

it("a verification whose user may not write says so beside what it found", async () => {
  const sides = defaultSides(await databaseAs("no_update"), await writeState(twoRuns));
  await addFiles(sides.root, { "state/runs/r-4.json": JSON.stringify(run("r-4")) });
  const report = await forgetUnlessHolds(sides, await verifyState(sides));

  const notForgotten = expect.stringContaining("code 13") as string;
  expect(report).toMatchObject({ holds: false, runs: { missing: 1 }, notForgotten });
  const described = describeVerification(report, "root").join("\n");
  expect(described).toContain("r-4");
  expect(described).toContain(report.notForgotten);
});

it("what is missing is named: which action on what", async () => {
  const db = await databaseAs("taskrunnerApplication");
  const [runs] = buildSchema(documentOptions).collections;
  const indexes = [
    { collection: "pack_runs", name: "x", key: { x: 1 }, unique: false, sparse: false } as const,
  ];
  const asMigrator = await databaseAs("no_createIndex");

  expect(runs?.name).toBe("pack_runs");
  await expect(
    reconcile(asMigrator, { collections: [], indexes }, () => Promise.resolve()),
  ).rejects.toThrow("createIndex on taskrunner.pack_runs");
  await expect(db.command({ drop: "pack_runs" })).rejects.toMatchObject({ code: 13 });
});

/** The step after the last index, with the services' user; the worker is drained later. */
async function tried(user: string, days = 0, more: object = {}): Promise<unknown> {
  const schema = documentOptions;
  const inputs = { uri: uriOf(user), database, schema, days, isApart: false, ...more };
  return providers.ApplicationCheck.create({ direction: "forward", ...inputs });
}

it.each(servicesActions)("services that lack %s are named before the drain", async (action) => {
  await expect(tried(`services_no_${action}`)).rejects.toMatchObject({
    name: "ServerRefused",
    message: expect.stringMatching(
      new RegExp(`appMongoUri lacks ${action} on taskrunner\\.pack_runs, ${action} on`),
    ) as string,
  });
});

it("services that lack a privilege on a further collection are named before the drain", async () => {
  const more = { extraCollections: ["pack_run_provenance"] };
  await expect(tried("services_no_remove", 0, more)).rejects.toThrow(
    /appMongoUri lacks .*remove on taskrunner\.pack_run_provenance/,
  );
  await expect(tried("taskrunnerApplication", 0, more)).resolves.toBeDefined();
});

it("a services' user that cannot log in is named before the drain", async () => {
  await expect(tried("nobody")).rejects.toMatchObject({ name: "ConnectionError" });
});

it("what the services' user tries leaves nothing, and no service sees it", async () => {
  const migrator = await databaseAs("taskrunnerMigrator");
  for (const name of Object.values(collections)) {
    // Else the validator would keep out what a transaction has to.
    await migrator.command({ collMod: name, validationLevel: "off" });
  }
  const db = await databaseAs("taskrunnerApplication");
  const counts = () =>
    Promise.all(Object.values(collections).map((name) => db.collection(name).countDocuments()));
  const before = await counts();
  const seen: number[][] = [];
  const stop = new AbortController();
  const watching = (async () => {
    while (!stop.signal.aborted) seen.push(await counts());
  })();
  await expect(tried("taskrunnerApplication")).resolves.toBeDefined();
  stop.abort();
  await watching;

  expect(seen.length).toBeGreaterThan(1);
  expect(new Set(seen.map(String))).toEqual(new Set([String(before)]));
});

it("an index that a service creates at start and MongoDB refuses is named before the drain", async () => {
  const warnings = vi.spyOn(console, "log").mockReturnValue();
  const named = () =>
    warnings.mock.calls.flat().map((line) => /_ttl".*? with/.exec(String(line))?.[0]);
  // The cutover above has set an expiry: a service creates the index without it, or with its own.
  await tried("taskrunnerApplication", 24_855);
  expect(named()).toEqual(['_ttl"}]} with']);
  await tried("taskrunnerApplication", 30);
  expect(named().slice(1)).toEqual(['_ttl"}]} with', '_ttl","expireAfterSeconds":2592000}]} with']);
});

it("the services' user creates the indexes that exist, as the services do at start", async () => {
  const db = await databaseAs("taskrunnerApplication");
  // On the last of the log's indexes the cutover above has set an expiry.
  const same = buildSchema(documentOptions).indexes.filter(({ name }) => !name.endsWith("_ttl"));
  for (const { collection, name, key, unique, sparse } of same) {
    const index = {
      key,
      name,
      ...(unique && { unique }),
      ...(sparse && { sparse }),
    };
    await expect(
      db.command({ createIndexes: collection, indexes: [index] }),
    ).resolves.toMatchObject({ note: "all indexes already exist" });
  }
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
