import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { closeConnections } from "../../components/connection";
import { migrationId, recordFence, type LedgerRecord } from "../../components/ledger";
import { complete } from "../../components/migration/ledger";
import { providers } from "../../components/migration/provider";
import { documentOptions } from "../contract/options";
import { serverForTests } from "../server";
import { type BorrowedServer, borrowServer } from "../pool";

const current = serverForTests();
const { LedgerClaim } = providers;
let folder: string;
let other: BorrowedServer;
let otherClient: MongoClient;
let database: string;
let databases = 0;
const said: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "move-"));
  other = await borrowServer();
  otherClient = await new MongoClient(other.uri).connect();
});
afterAll(async () => {
  await closeConnections();
  await otherClient.close();
  await other.release();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  database = `move_${++databases}`;
  said.length = 0;
  vi.spyOn(console, "log").mockImplementation((line: string) => void said.push(line));
});
afterEach(() => vi.restoreAllMocks());

const ledger = "schema_migrations";
const at = (uri: string | undefined, fields: object = {}) => ({
  ...{ uri, database, ledger, schema: documentOptions, onDataIssue: "fail", checksum: "a" },
  ...{ stack: "storage/dev", toolVersion: "1.0.0", adopt: false, ...fields },
});
const here = (options = "") => `${current.server.uri}/${options}`;
const there = () => `${other.uri}/?appName=geheim`;

interface Stack {
  readonly inputs: object;
  readonly outs: object;
}

/** What the engine does: check, diff, then create or update; without a difference outputs stay. */
async function up(stack: Stack | undefined, news: { uri: string | undefined }): Promise<Stack> {
  const isWayBack = news.uri === undefined;
  const get = () => (isWayBack ? "filesystem" : "mongo");
  await LedgerClaim.configure({ config: { get, require: get } });
  const inputs = (await LedgerClaim.check(stack?.inputs ?? {}, news)).inputs as object;
  if (!stack) return { inputs, outs: (await LedgerClaim.create(inputs)).outs as object };
  const { changes } = await LedgerClaim.diff("", stack.outs, inputs);
  if (!changes) return { inputs, outs: stack.outs };
  return { inputs, outs: (await LedgerClaim.update("", stack.outs, inputs)).outs as object };
}

type Client = MongoClient;
const records = (client: Client) => client.db(database).collection<LedgerRecord>(ledger);
const record = (client: Client) => records(client).findOne({ _id: migrationId });
/** What mongodump and mongorestore do, for the one collection that counts here. */
async function copy(from: Client, to: Client): Promise<void> {
  const found = await records(from).find().toArray();
  await records(to).deleteMany({});
  await records(to).insertMany(found);
}

it("another, empty server is refused while the services work on the first, before anything is changed", async () => {
  const stack = await up(undefined, at(here()));
  const refusal = await up(stack, at(there())).catch((error: unknown) => error);

  expect(refusal).toMatchObject({ name: "MoveRefused" });
  const { message } = refusal as Error;
  expect(message).toContain(
    `Going on with database ${database} on 127.0.0.1:${other.port}, in the place of database ` +
      `${database} on 127.0.0.1:${current.server.port}, is refused; nothing was changed.`,
  );
  expect(message).toMatch(/no record of the migration.*[^]*storageMode: filesystem[^]*copy/);
  expect(message).not.toContain("geheim");
  expect(await otherClient.db(database).listCollections().toArray()).toEqual([]);
  expect(said.join("\n")).toBe(`warning: \`pulumi up\` will stop here. ${message}`);
});

it("another database of the same server is refused as well", async () => {
  const stack = await up(undefined, at(here()));
  const news = at(here(), { database: `${database}_other` });
  await expect(up(stack, news)).rejects.toThrow(/Going on with database move_\d+_other/);
});

it("a copy is taken, and from then on the server that stays behind is refused", async () => {
  const stack = await up(undefined, at(here()));
  await complete(current.client.db(database), ledger, "a");
  await copy(current.client, otherClient);
  const moved = await up(stack, at(there()));

  expect(said).toEqual([]);
  expect(await record(otherClient)).toMatchObject({ movedAt: expect.any(Date) as Date });
  await expect(up(moved, at(here()))).rejects.toThrow(/older than that of/);
  await copy(otherClient, current.client);
  expect((await up(moved, at(here()))).outs).toMatchObject({ uri: here() });
});

it("after a way back a cutover may go to any server", async () => {
  const stack = await up(undefined, at(here()));
  const onFiles = await up(stack, at(undefined));
  const forward = await up(onFiles, at(there()));

  expect(said).toEqual([]);
  expect(forward.outs).toMatchObject({ uri: there(), cutover: 2 });
  expect(await record(otherClient)).toMatchObject({ checksum: "a" });
  await expect(up(forward, at(here()))).rejects.toThrow(/another record than the former's/);
});

it("another environment's database is no copy, however new its record is", async () => {
  const stack = await up(undefined, at(here()));
  await up(undefined, at(there(), { stack: "storage/staging" }));
  await recordFence(otherClient.db(database), ledger, new Date());
  await recordFence(current.client.db(database), ledger, new Date());

  await expect(up(stack, at(there()))).rejects.toThrow(
    /its schema_migrations has another record than the former's, of stack storage\/staging\./,
  );
  expect(await record(otherClient)).not.toHaveProperty("movedAt");
});

it("after a second cutover to the same server another one is refused as well", async () => {
  const stack = await up(undefined, at(here()));
  const again = await up(await up(stack, at(undefined)), at(here()));

  expect(again.outs).toMatchObject({ uri: here(), cutover: 2 });
  expect(await up(again, at(here()))).toEqual(again);
  await expect(up(again, at(there()))).rejects.toThrow(/is refused/);
  expect(await otherClient.db(database).listCollections().toArray()).toEqual([]);
});

it("a second cutover to a server that lost the record stops, and makes none", async () => {
  const onFiles = await up(await up(undefined, at(here())), at(undefined));
  await records(current.client).deleteMany({});

  await expect(up(onFiles, at(here()))).rejects.toThrow(
    /^Claiming the migration 2025.* in move_\d+\.schema_migrations.* Run `taskrunner-storage apply`/,
  );
  expect(await record(current.client)).toBeNull();
});

it("a cutover that stopped before its fence goes back to where the services are", async () => {
  const stack = await up(undefined, at(here()));
  await recordFence(current.client.db(database), ledger, new Date());
  const forward = await up(await up(stack, at(undefined)), at(there()));

  expect((await up(forward, at(here()))).outs).toMatchObject({ uri: here() });
  await recordFence(otherClient.db(database), ledger, new Date());
  await records(current.client).updateOne({}, { $unset: { movedAt: "" } });
  await expect(up(forward, at(here()))).rejects.toThrow(/another record than the former's/);
});

it("a ledger that is renamed takes the fences along, to a record that is there too", async () => {
  const stack = await up(undefined, at(here()));
  const db = current.client.db(database);
  const [first, last] = [new Date("2026-11-25T10:00:00Z"), new Date("2026-12-01T00:00:00Z")];
  await recordFence(db, ledger, first);
  const renamed = await up(stack, at(here(), { ledger: "renamed" }));
  await recordFence(db, "renamed", last);
  await up(renamed, at(here()));

  const found = await db.collection<LedgerRecord>("renamed").findOne({ _id: migrationId });
  for (const one of [found, await record(current.client)]) {
    expect(one).toMatchObject({ fencedAt: last, fences: [first, last] });
  }
});

it("a copy is looked for under the former name of a ledger that is renamed with the move", async () => {
  const stack = await up(undefined, at(here()));
  await recordFence(current.client.db(database), ledger, new Date("2026-11-25T10:00:00Z"));
  await copy(current.client, otherClient);
  const moved = await up(stack, at(there(), { ledger: "renamed" }));

  await up(moved, at(there(), { ledger: "again" }));
  const again = otherClient.db(database).collection<LedgerRecord>("again");
  expect(await again.findOne({})).toHaveProperty("fences", [new Date("2026-11-25T10:00:00Z")]);
});

it("a rotated user or other options are no other server", async () => {
  const stack = await up(undefined, at(here()));
  const rotated = here("?appName=rotated");

  expect((await up(stack, at(rotated))).outs).toEqual({ ...stack.outs, uri: rotated });
  expect(await record(current.client)).not.toHaveProperty("movedAt");
});

it("another name of the same server is no other server: the record is there", async () => {
  const stack = await up(undefined, at(here()));
  const alias = here().replace("127.0.0.1", "localhost");
  expect((await up(stack, at(alias))).outs).toMatchObject({ uri: alias });
});

it.each([
  ["works on MongoDB: refused as well", true],
  ["is on files: its cutover goes to any server", false],
])("a stack of an older version that %s", async (_words, onMongo) => {
  const { outs } = await up(undefined, at(here()));
  const isNew = ([key]: [string, unknown]) => ["cutover", "claimedAt", "identity"].includes(key);
  const older = Object.fromEntries(Object.entries(outs).filter((entry) => !isNew(entry)));
  const stack = { inputs: at(onMongo ? here() : undefined), outs: older };

  const again = (await up(stack, at(here()))).outs;
  if (onMongo) expect(again).toEqual(older);
  else expect(again).toMatchObject({ uri: here(), cutover: 2 });
  if (onMongo) await expect(up(stack, at(there()))).rejects.toThrow(/is refused/);
  else expect((await up(stack, at(there()))).outs).toMatchObject({ uri: there() });
});

it("a preview that does not know or reach the other server says nothing of it", async () => {
  const { outs } = await up(undefined, at(here()));
  for (const uri of ["04da6b54-80e4-46f7-96ec-b56ff0331ba9", "mongodb://127.0.0.1:1/"]) {
    expect(await LedgerClaim.diff("", outs, at(uri, { cutover: 1 }))).toEqual({ changes: true });
  }
  expect(said).toEqual([]);
});
