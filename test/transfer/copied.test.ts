import type { Db } from "mongodb";
import { expect, it } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { documentOptions } from "../contract/options";
import { importCounts } from "./counts";
import { databasePerTest, defaultSides, readEverything } from "./database";
import { twoRuns, writeState } from "./state";

const current = databasePerTest();
const records = Object.values(documentOptions.collections);

/** A database after a cutover: a run went on, and one is new; the files are those of the cutover. */
async function afterCutover(root: string): Promise<Db> {
  const { db: database } = current;
  await importState(defaultSides(database, root));
  const runs = database.collection<{ _id: string }>("pack_runs");
  const { _id, ...run } = (await runs.findOne({ _id: "r-1" })) ?? { _id: "" };
  await runs.updateOne({ _id }, { $set: { planHash: "went on", updatedAt: new Date() } });
  await runs.insertOne({ ...run, _id: "r-3" });
  return database;
}

async function copyOf(database: Db, names: readonly string[]): Promise<Db> {
  const copy = database.client.db(`${database.databaseName}_copy`);
  for (const name of names) {
    const documents = await database.collection(name).find().toArray();
    if (documents.length > 0) await copy.collection(name).insertMany(documents);
  }
  return copy;
}

it("an import into a whole copy of a database changes nothing of what went on in it", async () => {
  const root = await writeState(twoRuns);
  const database = await afterCutover(root);
  const copy = await copyOf(database, [...records, "pack_run_backfill"]);

  const report = await importState(defaultSides(copy, root));
  expect(report.quarantine).toEqual([]);
  expect(report.runs).toEqual(importCounts(2, { unchanged: 2 }));
  expect(await readEverything(copy)).toEqual(await readEverything(database));
  expect(await verifyState(defaultSides(copy, root))).toMatchObject({
    holds: true,
    runs: { newerInMongo: 1, onlyInMongo: 1 },
  });
}, 60_000);
