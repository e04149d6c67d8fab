import { MongoServerError } from "mongodb";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import { briefReach, closeConnections, databaseAt, withRetries } from "../../components/mongo";
import { type BorrowedDatabases, borrowDatabases } from "../pool";

let server: BorrowedDatabases;
beforeAll(async () => {
  server = await borrowDatabases();
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
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

it("looks for a server for 30 s, also after a preview that gave up earlier", async () => {
  const address = { uri: server.uri, database: "connection" };
  const brief = await databaseAt(address, briefReach);
  const usual = await databaseAt(address);

  expect(brief.client.options.serverSelectionTimeoutMS).toBe(4_000);
  expect(usual.client.options.serverSelectionTimeoutMS).toBe(30_000);
  expect((await databaseAt(address)).client).toBe(usual.client);
});

it("names trouble that lasts every ten seconds, and ends", async () => {
  vi.useFakeTimers();
  // Without the random part of each wait: 13 s are the first sum of waits beyond ten.
  vi.spyOn(Math, "random").mockReturnValue(0);
  const said = vi.spyOn(console, "warn").mockReturnValue();
  const trouble = new MongoServerError({ message: "not primary", code: 10107 });
  const failing = withRetries("Counting things", () => Promise.reject(trouble)).catch(String);
  await vi.advanceTimersByTimeAsync(300_000);

  expect(await failing).toMatch(/Counting things failed 13 times: MongoDB answers with code 10107/);
  expect(said.mock.calls.length).toBeGreaterThan(2);
  expect(String(said.mock.calls[0])).toMatch(
    /^Counting things: MongoDB answers with code 10107\. Retrying for 13 s so far$/,
  );
});
