import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient, type Db, type Document } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { WantedIndex } from "../../components/contract";
import { reconcile } from "../../components/migration/execute";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { bridgeSpec, indexSpec, sameSpec } from "../../components/migration/planner/index-spec";
import { serverForTests } from "../server";

const current = serverForTests();
let clients: MongoClient[];
beforeAll(async () => {
  clients = await Promise.all([1, 2].map(() => new MongoClient(current.server.uri).connect()));
});
afterAll(async () => {
  await Promise.all(clients.map((client) => client.close()));
});

const plain: WantedIndex = {
  collection: "things",
  name: "by_a",
  key: { a: 1 },
  unique: false,
  sparse: false,
};
const unique: WantedIndex = { ...plain, unique: true };
const other = { key: { x: 1 }, name: `${plain.name}_bridge` };
const spec = indexSpec(plain);

/** What each replacement finds: the indexes of the collection, and what is wanted. */
const replacements: Record<string, [WantedIndex, ...Document[]]> = {
  "another key": [plain, { ...spec, key: { b: 1 } }],
  "another order": [plain, { ...spec, key: { a: -1 } }],
  "sparse no more": [plain, { ...spec, sparse: true }],
  "sparse from now on": [{ ...plain, sparse: true }, spec],
  "a partial filter": [plain, { ...spec, partialFilterExpression: { a: { $gt: 5 } } }],
  "a collation": [plain, { ...spec, collation: { locale: "en", strength: 2 } }],
  "unique no more": [plain, { ...spec, unique: true }],
  "unique of another key": [unique, { ...spec, key: { b: 1 } }],
  "unique and sparse no more": [unique, { ...spec, unique: true, sparse: true }],
  "unique in place": [unique, spec],
  "a bridge that was left behind": [plain, spec, bridgeSpec(plain)],
  "a bridge and no index": [plain, bridgeSpec(plain)],
  "a unique bridge and no index": [unique, bridgeSpec(unique)],
  "a bridge of another index": [plain, { ...spec, sparse: true }, other],
};
const kinds = Object.entries(replacements);
const races = 100;
const atOnce = 5;

const documents = Array.from({ length: 100 }, (_, at) => ({ a: at, b: -at, x: at % 7 }));

/** A full collection with indexes as somebody left them. */
async function prepared(db: Db, indexes: readonly Document[]): Promise<void> {
  await db.collection(plain.collection).insertMany(documents.map((one) => ({ ...one })));
  for (const one of indexes) await db.command({ createIndexes: plain.collection, indexes: [one] });
}

/**
 * A runner's database: what it drops is looked at, by one runner at a time, so that a finished index or
 * the last one that serves its queries is seen to go.
 */
function watched(db: Db, wanted: WantedIndex, turns: Turns, wrong: string[]): Db {
  const indexesOf = async () =>
    (await observe(db, [plain.collection])).get(plain.collection)?.indexes ?? [];
  const drop = async (asked: Document) => {
    const dropped = (await indexesOf()).find(({ name }) => name === asked.index);
    const isFinished = dropped && sameSpec(indexSpec(dropped), indexSpec(wanted));
    if (isFinished) wrong.push(`dropped the finished ${dropped.name}`);
    const reply = await db.command(asked);
    if ((await indexesOf()).length === 0) wrong.push("left the collection without an index");
    return reply;
  };
  const command = (asked: Document) =>
    turns.next(() => ("dropIndexes" in asked ? drop(asked) : db.command(asked)));
  return new Proxy(db, {
    get: (target, name) => {
      if (name === "command") return command;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? (member.bind(target) as unknown) : member;
    },
  });
}

/** Work that is done one after the other. */
class Turns {
  private last: Promise<unknown> = Promise.resolve();

  next<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.last.then(work);
    this.last = mine.catch(() => undefined);
    return mine;
  }
}

it("a runner whose plan another one has done meanwhile drops nothing that is finished", async () => {
  const db = current.client.db("race_overtaken");
  await prepared(db, [{ ...spec, key: { b: 1 } }]);
  const turns = new Turns();
  const wrong = [] as string[];
  const schema = { collections: [], indexes: [plain] };
  let overtake = async () => {
    overtake = () => Promise.resolve();
    await reconcile(db, schema, () => Promise.resolve());
  };
  await reconcile(watched(db, plain, turns, wrong), schema, () => overtake());

  expect(wrong).toEqual([]);
  expect(diff(schema, await observe(db))).toEqual([]);
  await db.dropDatabase();
});

it("two runners over every kind of replacement end as one, and drop nothing that is finished", async () => {
  const pools = Array.from({ length: atOnce }, async (_, pool) => {
    for (let at = pool; at < races; at += atOnce) await race(at);
  });
  await Promise.all(pools);
}, 120_000);

async function race(at: number): Promise<void> {
  const [kind, [wanted, ...indexes]] = kinds[at % kinds.length] ?? ["", [plain]];
  const db = current.client.db(`race_${at}`);
  await prepared(db, indexes);
  const turns = new Turns();
  const wrong = [] as string[];
  const schema = { collections: [], indexes: [wanted] };
  // Each runner pauses between its commands, so that the other one gets ahead with any of them.
  const pause = () => sleep(Math.random() * 20).then(() => undefined);
  const runs = clients.map((client) =>
    reconcile(watched(client.db(db.databaseName), wanted, turns, wrong), schema, pause),
  );
  const outcomes = await Promise.allSettled(runs);

  expect({ kind, outcomes, wrong }).toMatchObject({
    wrong: [],
    outcomes: [{ status: "fulfilled" }, { status: "fulfilled" }],
  });
  expect(diff(schema, await observe(db))).toEqual([]);
  expect((await observe(db)).get(plain.collection)?.indexes).toHaveLength(1);
  await db.dropDatabase();
}
