import type { Db } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { setExpiry } from "../../components/migration";
import { diff, diffExpiry } from "../../components/migration/planner/diff";
import { reconcile, untilDone } from "../../components/migration/execute";
import { observe } from "../../components/migration/planner/observe";
import { providers } from "../../components/migration/provider";
import { closeConnections } from "../../components/mongo";
import { documentOptions } from "../contract/options";
import { serverForTests } from "../server";

const current = serverForTests();
let db: Db;

beforeAll(async () => {
  db = current.client.db("retention");
  await reconcile(db, wanted, nothing);
});
afterAll(() => closeConnections());

const { LogRetention } = providers;
const wanted = buildSchema(documentOptions);
const nothing = () => Promise.resolve();
const expireAfter = (days: number) =>
  untilDone(db, async () => diffExpiry("pack_run_logs", days, await observe(db)), nothing);
const rawExpiry = async () => {
  const indexes = await db.collection("pack_run_logs").listIndexes().toArray();
  return (indexes as { name: string; expireAfterSeconds?: number }[]).find(
    ({ name }) => name === "pack_run_logs_timestamp_ttl",
  )?.expireAfterSeconds;
};

it("an expiry is set, changed and lifted in place", async () => {
  expect(await rawExpiry()).toBeUndefined();
  expect((await expireAfter(30))[0]?.reason).toMatch(/never,.* 30 days/);
  expect(await rawExpiry()).toBe(2_592_000);
  expect((await expireAfter(7))[0]?.reason).toMatch(/30 days.* 7 days/);
  expect(await rawExpiry()).toBe(604_800);
  await expireAfter(0);
  expect(await rawExpiry()).toBe(2_147_483_647);
});

it("an expiry that was lifted is none, and a second time there is nothing to do", async () => {
  expect(await expireAfter(0)).toEqual([]);
});

it("an expiry that no index can have is an error, and lifting it is not", async () => {
  const address = { collection: "pack_run_logs", ledger: "schema_migrations" };
  const other = current.client.db("without_index");
  await other.createCollection("pack_run_logs");
  await expect(setExpiry(other, address, 30)).rejects.toThrow(/no index .*--refresh/);
  await expect(setExpiry(other, address, 0)).resolves.toBeUndefined();
});

it("the index itself does not report the expiry, and is never built a second time", async () => {
  await expireAfter(30);

  expect(diff(wanted, await observe(db))).toEqual([]);
});

it("a refresh sees an expiry that was changed by hand, and nothing before that", async () => {
  const address = { uri: current.server.uri, database: "retention", ledger: "schema_migrations" };
  const inputs = { ...address, collection: "pack_run_logs", direction: "forward", cutover: 1 };
  const outs = (await LogRetention.create({ ...inputs, days: 30 })).outs as object;
  expect(await LogRetention.read("id", outs)).toEqual({ id: "id", props: outs });
  await expireAfter(7);
  expect(await rawExpiry()).toBe(604_800);
  expect(await LogRetention.read("id", outs)).toMatchObject({ props: { days: 7 } });
  await expireAfter(0);
  expect(await LogRetention.read("id", outs)).toMatchObject({ props: { days: 0 } });
});
