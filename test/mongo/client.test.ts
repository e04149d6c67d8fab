import { afterAll, beforeAll, expect, it } from "vitest";
import { closeConnections, databaseAt } from "../../components/mongo";
import { type BorrowedDatabases, borrowDatabases } from "../pool";

let server: BorrowedDatabases;
beforeAll(async () => {
  server = await borrowDatabases();
});
afterAll(async () => {
  await closeConnections();
  await server.release();
});

it.each([
  "",
  "readPreference=secondaryPreferred&w=1&retryWrites=false",
  "readPreference=nearest&readPreferenceTags=dc:a&maxStalenessSeconds=120&w=0&wtimeoutMS=1",
  "W=1&j=false&readConcernLevel=local&retryReads=false",
])("reads and writes safely, whatever the connection string says: %s", async (options) => {
  const uri = `${server.uri.replace(/\/?$/, "/")}taskrunner?${options}`;
  const database = await databaseAt({ uri, database: "connection" });

  expect(database.client.options).toMatchObject({
    readPreference: { mode: "primary", tags: undefined },
    readConcern: { level: "majority" },
    writeConcern: { w: "majority", wtimeoutMS: 60_000, journal: true },
    retryReads: true,
    retryWrites: true,
  });
  const collection = database.collection("things");
  await collection.insertOne({ made: true });
  expect(await collection.countDocuments({ made: true })).toBeGreaterThan(0);
});
