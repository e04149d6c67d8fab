import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { formatPrinted } from "../../components/text";
import { writeCutoverRecord } from "../../components/state";
import { migrationId, addCutover, type LedgerRecord } from "../../components/ledger";
import { claim } from "../../components/migration/record";
import { providers } from "../../components/migration/provider";
import { type BorrowedServer, borrowServer } from "../pool";
import { claimInputs, claimsPerTest, ledger } from "./claims";

const current = claimsPerTest();
const { printed } = current;
const { LedgerClaim } = providers;
let other: BorrowedServer;
let otherClient: MongoClient;

beforeAll(async () => {
  other = await borrowServer();
  otherClient = await new MongoClient(other.uri).connect();
});
afterAll(async () => {
  await otherClient.close();
  await other.release();
});

const at = (uri: string | undefined, fields: object = {}) => claimInputs(current, uri, fields);
const onFiles = () => at(undefined, { direction: "back" });
const here = (options = "") => `${current.server.uri}/${options}`;
const there = () => `${other.uri}/?appName=geheim`;

const cutoverAt = "2026-11-25T10:00:00.123Z";
const cutoverRecord = { at: cutoverAt, unfinishedCount: 1 };
const drawn = { at: new Date(cutoverAt), stack: "storage/dev" };
const ended = { ...cutoverRecord, endedAt: "2026-12-01T00:00:00.000Z" };
/** What accepts the database on the other server for a cutover. */
const accepting = (at: string, name = current.database) => ({
  acceptDatabase: `${at}@127.0.0.1:${other.port}/${name}`,
});

interface Stack {
  readonly inputs: object;
  readonly outs: object;
}

/** What the engine does: check, diff, then create or update; without a difference outputs stay. */
async function up(stack: Stack | undefined, news: object): Promise<Stack> {
  const inputs = (await LedgerClaim.check(stack?.inputs ?? {}, news)).inputs as object;
  if (!stack) return { inputs, outs: (await LedgerClaim.create(inputs)).outs as object };
  const { changes } = await LedgerClaim.diff("", stack.outs, inputs);
  if (!changes) return { inputs, outs: stack.outs };
  return { inputs, outs: (await LedgerClaim.update("", stack.outs, inputs)).outs as object };
}

/** A stack whose services work on MongoDB. */
async function onMongo(): Promise<Stack> {
  const stack = await up(undefined, at(here()));
  await writeCutoverRecord(current.root, cutoverRecord);
  return stack;
}

const records = (client: MongoClient, name = ledger) =>
  client.db(current.database).collection<LedgerRecord>(name);
const record = (client: MongoClient, name = ledger) =>
  records(client, name).findOne({ _id: migrationId });
const nothingThere = async () => {
  expect(await otherClient.db(current.database).listCollections().toArray()).toEqual([]);
};

it("another server is refused while the services work on the first, before anything is changed", async () => {
  const stack = await onMongo();
  const refusal = await up(stack, at(there())).catch((error: unknown) => error);

  expect(refusal).toMatchObject({ name: "ClaimStopped" });
  const { message } = refusal as Error;
  expect(message).toContain(
    `Refusing to switch to database 127.0.0.1:${other.port}/${current.database}/${ledger}: it is not a copy of ` +
      `127.0.0.1:${current.server.port}/${current.database}/${ledger}, which the services have used since ` +
      `${cutoverAt}. Nothing was changed.`,
  );
  expect(message).toMatch(/storageMode: filesystem[^]*copy/);
  expect(message).toContain(`advanced.acceptDatabase: ${accepting(cutoverAt).acceptDatabase}`);
  expect(message).not.toContain("geheim");
  await nothingThere();
  expect(printed.join("\n")).toBe(
    formatPrinted({ severity: "stop", code: "other-database", text: message }),
  );
});

it.each([
  ["database of the same server", () => ({ database: `${current.database}_other` })],
  ["ledger of the same database", () => ({ ledger: "renamed" })],
])("another %s is refused as well", async (_words, fields) => {
  const stack = await onMongo();
  await expect(up(stack, at(here(), fields()))).rejects.toMatchObject({ name: "ClaimStopped" });
});

it("another database that is accepted for this cutover is used, and its ledger gets the cutover", async () => {
  const stack = await onMongo();
  const moved = await up(stack, at(there(), accepting(cutoverAt)));

  expect(printed).toEqual([]);
  expect(moved.outs).toMatchObject({ uri: there(), applied: true });
  const noted = { cutoverAt: new Date(cutoverAt), cutovers: [drawn] };
  expect(await record(otherClient)).toMatchObject({ checksum: "a", ...noted });
  expect(await record(current.client)).not.toHaveProperty("cutoverAt");

  const settings = at(there(), accepting(cutoverAt));
  expect(await LedgerClaim.diff("", moved.outs, settings)).toEqual({ changes: false });
  await expect(up(moved, at(here(), accepting(cutoverAt)))).rejects.toMatchObject({
    name: "ClaimStopped",
  });
});

it.each([
  ["another cutover", () => accepting("2026-11-24T00:00:00.000Z")],
  ["another database", () => accepting(cutoverAt, `${current.database}_other`)],
  ["another server", () => ({ acceptDatabase: `${cutoverAt}@127.0.0.1:1/${current.database}` })],
])("what accepts %s accepts nothing", async (_words, accepted) => {
  const stack = await onMongo();
  await expect(up(stack, at(there(), accepted()))).rejects.toMatchObject({ name: "ClaimStopped" });
  await nothingThere();
});

it("a ledger that is renamed takes the cutover along, if that is accepted", async () => {
  const stack = await onMongo();
  const acceptDatabase = `${cutoverAt}@127.0.0.1:${current.server.port}/${current.database}`;
  await up(stack, at(here(), { ledger: "renamed", acceptDatabase }));
  expect(await record(current.client, "renamed")).toMatchObject({ cutovers: [drawn] });
});

it("another environment's database is not taken over, although it is accepted", async () => {
  const stack = await onMongo();
  await claim(otherClient.db(current.database), ledger, {
    checksum: "b",
    stack: "storage/staging",
    adopt: false,
  });
  await expect(up(stack, at(there(), accepting(cutoverAt)))).rejects.toMatchObject({
    name: "ClaimRefused",
  });
  const { cutovers } = (await record(otherClient)) ?? {};
  expect(cutovers).toEqual([]);
});

it.each([
  ["without a record, because the cutover stopped before that", undefined],
  ["whose cutover a rollback ended", ended],
])("a state %s goes to any server", async (_words, left) => {
  const stack = await up(undefined, at(here()));
  if (left) await writeCutoverRecord(current.root, left);
  expect((await up(stack, at(there()))).outs).toMatchObject({ uri: there() });
  expect(printed).toEqual([]);
  expect(await record(otherClient)).toMatchObject({ checksum: "a", cutovers: [] });
});

it("a stack without files on disk goes to any server", async () => {
  await writeCutoverRecord(current.root, cutoverRecord);
  const stack = await up(undefined, at(here(), { root: undefined }));
  const moved = await up(stack, at(there(), { root: undefined }));
  expect(moved.outs).toMatchObject({ uri: there() });
});

/** What the settings name after a rollback. */
const next = { cutover: 2 };

it("after a rollback a cutover goes to any server, and holds on to it once it is recorded", async () => {
  const stack = await onMongo();
  await writeCutoverRecord(current.root, ended);
  const back = await up(stack, onFiles());
  const forward = await up(back, at(there(), next));

  expect(printed).toEqual([]);
  expect(forward.outs).toMatchObject({ uri: there(), cutover: 2 });
  expect((await up(forward, at(here(), next))).outs).toMatchObject({ uri: here() });
  await writeCutoverRecord(current.root, cutoverRecord);
  await expect(up(forward, at(here(), next))).rejects.toMatchObject({ name: "ClaimStopped" });
});

it("after a second cutover to the same server another one is refused as well", async () => {
  const stack = await up(undefined, at(here()));
  const again = await up(await up(stack, onFiles()), at(here(), next));
  await writeCutoverRecord(current.root, cutoverRecord);

  expect(again.outs).toMatchObject({ uri: here(), cutover: 2 });
  expect(await up(again, at(here(), next))).toEqual(again);
  await expect(up(again, at(there(), next))).rejects.toMatchObject({ name: "ClaimStopped" });
  await nothingThere();
});

it("a second cutover to a server that lost the record stops, and makes none", async () => {
  const back = await up(await up(undefined, at(here())), onFiles());
  await records(current.client).deleteMany({});

  await expect(up(back, at(here(), next))).rejects.toThrow(
    /place_\d+\.schema_migrations.*taskrunner-storage apply/,
  );
  expect(await record(current.client)).toBeNull();
});

it("a rotated user or other options are no other server", async () => {
  const stack = await onMongo();
  const rotated = here("?appName=rotated");
  expect((await up(stack, at(rotated))).outs).toEqual({ ...stack.outs, uri: rotated });
});

it("another name of the same server is refused until it is accepted", async () => {
  const stack = await onMongo();
  const alias = here().replace("127.0.0.1", "localhost");
  await expect(up(stack, at(alias))).rejects.toMatchObject({ name: "ClaimStopped" });
  const acceptDatabase = `${cutoverAt}@localhost:${current.server.port}/${current.database}`;
  expect((await up(stack, at(alias, { acceptDatabase }))).outs).toMatchObject({ uri: alias });
  expect(await record(current.client)).toMatchObject({ cutovers: [drawn] });
});

it("a preview that does not know the other server says nothing of it", async () => {
  const { outs } = await onMongo();
  const unknown = at("04da6b54-80e4-46f7-96ec-b56ff0331ba9");
  expect(await LedgerClaim.diff("", outs, unknown)).toEqual({ changes: true });
  expect(printed).toEqual([]);
});

it("a rollback skips it: it connects to nothing, whatever the settings name", async () => {
  const { outs } = await onMongo();
  const back = at("mongodb://127.0.0.1:1/", { direction: "back", checksum: "b" });
  expect(await LedgerClaim.diff("", outs, back)).toEqual({ changes: false });
  expect(await LedgerClaim.update("", outs, back)).toEqual({ outs });
});

describe("a stack without a state", () => {
  /** Why a preview refuses it. */
  const refusal = async (news: object) =>
    ((await LedgerClaim.check({}, news)).failures ?? []).map(({ reason }) => reason).join();

  it("is refused a database that does not know the cutover in force, in a preview too, until it is accepted", async () => {
    await writeCutoverRecord(current.root, cutoverRecord);
    const words = new RegExp(`no record of the cutover of ${cutoverAt} in cutover\\.json`);
    expect(await refusal(at(there()))).toMatch(words);
    await expect(up(undefined, at(there()))).rejects.toThrow(words);
    await nothingThere();
    expect(await refusal(onFiles())).toBe("");

    const accepted = at(there(), accepting(cutoverAt));
    expect(await refusal(accepted)).toBe("");
    await up(undefined, accepted);
    expect(await record(otherClient)).toMatchObject({ cutovers: [drawn] });
    await up(undefined, at(there()));
  });

  it("is refused a database in which another stack has recorded a cutover, until it is accepted", async () => {
    await up(undefined, at(here(), { stack: "storage/prod", root: undefined }));
    const theirs = { at: new Date(cutoverAt), stack: "storage/prod" };
    await addCutover(current.client.db(current.database), ledger, theirs);
    const words =
      /stack storage\/prod has recorded a cutover .* does not know.* Nothing was changed/;
    expect(await refusal(at(here()))).toMatch(words);
    await expect(up(undefined, at(here()))).rejects.toThrow(words);

    const acceptDatabase = `${cutoverAt}@127.0.0.1:${current.server.port}/${current.database}`;
    await up(undefined, at(here(), { acceptDatabase }));
    // The next cutover of the directory has it among its former ones.
    await writeCutoverRecord(current.root, {
      ...ended,
      at: "2026-12-02T00:00:00.000Z",
      former: [cutoverAt],
    });
    await up(undefined, at(here()));
  });

  it("continues if its own cutover is only in the ledger: it was killed before cutover.json", async () => {
    const stack = await up(undefined, at(here()));
    await addCutover(current.client.db(current.database), ledger, drawn);
    expect(await refusal(at(here()))).toBe("");
    await up(await up(stack, onFiles()), at(here(), next));
  });
});
