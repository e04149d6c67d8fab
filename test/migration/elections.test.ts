import { Long, MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { buildSchema, type WantedSchema } from "../../components/contract";
import { migrationId, type LedgerRecord } from "../../components/ledger";
import { reconcile } from "../../components/migration/execute";
import { setExpiry } from "../../components/migration";
import { indexSpec } from "../../components/migration/planner/index-spec";
import { observe } from "../../components/migration/planner/observe";
import { providers } from "../../components/migration/provider";
import { keyToText } from "../../components/migration/schema-steps";
import { closeConnections } from "../../components/mongo";
import { documentOptions } from "../contract/options";
import { playElection, type Election } from "../mongo/election";
import { serverForTests } from "../server";

const current = serverForTests();
let election: Election;
/** A client that goes through the elections. */
let client: MongoClient;
let databases = 0;
let db: Db;
beforeAll(async () => {
  election = await playElection(current.server.uri);
  client = await new MongoClient(election.uri).connect();
});
afterAll(async () => {
  await client.close();
  await closeConnections();
  await election.close();
});
beforeEach(() => {
  db = client.db(`elections_${++databases}`);
});

type How = "answer lost" | number;
/** A server's answers to a command that an election interrupts, or no answer. */
const ways: [How][] = [["answer lost"], [11602]];
const seconds = 0.2;

const ledger = "schema_migrations";
const nothing = () => Promise.resolve();
const wanted = buildSchema(documentOptions);
const enforced = buildSchema({ ...documentOptions, tenancy: "enforced" });
const [runSequence] = wanted.indexes;
if (!runSequence) throw new Error("the contract has a unique index");
const onlyUnique: WantedSchema = { collections: [], indexes: [runSequence] };

/** All schema steps of a cutover with the command that changes something in each. */
function stepsOf(uri: string, database: string) {
  const shared = { direction: "forward", cutover: 1, uri, database, ledger, onDataIssue: "fail" };
  const checksum = "c";
  const claim = { schema: documentOptions, checksum, stack: "storage/dev" };
  return [
    {
      command: "insert",
      run: () => providers.LedgerClaim.create({ ...shared, ...claim, adopt: false }),
    },
    ...wanted.collections.map((collection) => ({
      command: "create",
      run: () => providers.Collection.create({ ...shared, ...collection }),
    })),
    ...wanted.indexes.map(({ key, ...index }) => ({
      command: "createIndexes",
      run: () => providers.Index.create({ ...shared, ...index, key: keyToText(key) }),
    })),
    { command: "update", run: () => providers.LedgerCompletion.create({ ...shared, checksum }) },
    {
      command: "collMod",
      run: () =>
        providers.LogRetention.create({ ...shared, collection: "pack_run_logs", days: 30 }),
    },
  ];
}

/** What a cutover's schema steps leave, without times. */
async function left(database: string) {
  const found = current.client.db(database);
  const record = await found.collection<LedgerRecord>(ledger).findOne({ _id: migrationId });
  const { checksum, stack, finishedAt } = record ?? {};
  return { schema: await observe(found), checksum, stack, isFinished: finishedAt instanceof Date };
}

describe.each(ways)("an election in the middle of a command (%s)", (how) => {
  it("of each schema step of a cutover: the end is that of an undisturbed one", async () => {
    for (const { run } of stepsOf(current.server.uri, "undisturbed")) await run();
    const before = election.played;
    const steps = stepsOf(election.uri, db.databaseName);
    for (const { command, run } of steps) {
      election.beginOn(command, seconds, how);
      await run();
    }

    expect(election.played - before).toBe(steps.length);
    expect(await left(db.databaseName)).toEqual(await left("undisturbed"));
  }, 120_000);

  it.each([0, 1, 2])("of a change to unique, command %i: the index becomes unique", async (at) => {
    const indexes = [{ ...indexSpec(runSequence), unique: false }];
    await db.command({ createIndexes: runSequence.collection, indexes });
    await interrupted(onlyUnique, ["collMod", "collMod", "collMod"], at, how);

    const { indexes: found = [] } = (await observe(db)).get(runSequence.collection) ?? {};
    expect(found).toMatchObject([{ unique: true }]);
  });

  it.each([0, 1, 2, 3])("of a replacement, command %i: it is finished", async (at) => {
    await reconcile(db, wanted, nothing);
    const commands = ["createIndexes", "dropIndexes", "createIndexes", "dropIndexes"];
    await interrupted(enforced, commands, at, how);

    expect((await observe(db)).get("pack_runs")?.indexes).toMatchObject([
      { name: "pack_runs_tenant_updatedAt_desc", sparse: false },
      { name: "pack_runs_updatedAt_desc" },
    ]);
  });

  /** Makes a database as wanted, with an election in the middle of one of the commands. */
  async function interrupted(schema: WantedSchema, commands: string[], at: number, by: How) {
    const before = election.played;
    let executed = 0;
    const arm = () => {
      if (executed === at) election.beginOn(commands[at] ?? "", seconds, by);
      executed += 1;
      return Promise.resolve();
    };
    await arm();
    await reconcile(db, schema, arm);
    expect(election.played - before).toBe(1);
  }
});

it.each([10107, 13435, 189, 91, 64, 12587])(
  "a command that is refused for what passes by itself (code %i) is sent again",
  async (code) => {
    election.beginOn("createIndexes", 0, code);
    await reconcile(db, onlyUnique, nothing);

    const { indexes: found = [] } = (await observe(db)).get(runSequence.collection) ?? {};
    expect(found).toMatchObject([{ name: runSequence.name, unique: true }]);
  },
);

it("an election while the expiry of before is looked at: the new one is set", async () => {
  const { collection } = runSequence;
  const expiring = { key: { timestamp: 1 }, name: "timestamp", expireAfterSeconds: 86_400 };
  await db.command({ createIndexes: collection, indexes: [expiring] });
  election.beginOn("listIndexes", 0, 10107);
  await setExpiry(db, { collection, ledger: "schema_migrations" }, 30);

  const { indexes = [] } = (await observe(db)).get(collection) ?? {};
  expect(indexes).toMatchObject([{ expireAfterSeconds: 30 * 86_400 }]);
});

it("an election while a change to unique is undone: the services insert again, and why it failed stays", async () => {
  const indexes = [{ ...indexSpec(runSequence), unique: false }];
  await db.command({ createIndexes: runSequence.collection, indexes });
  const entry = { runId: "r", sequence: Long.fromNumber(1) };
  const logs = db.collection(runSequence.collection);
  await logs.insertMany([{ ...entry }, { ...entry }]);
  const begin = () => {
    // The dry run finds duplicates (359) when one election begins, and another one stops the undo.
    election.beginOn("collMod", seconds, 359);
    election.beginOn("collMod", seconds, 11602);
    return Promise.resolve();
  };

  await expect(reconcile(db, onlyUnique, begin)).rejects.toMatchObject({ code: 359 });
  expect((await observe(db)).get(runSequence.collection)?.indexes).toMatchObject([
    { unique: false, prepareUnique: false },
  ]);
  await logs.insertOne({ ...entry });
});
