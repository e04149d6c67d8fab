import { MongoInvalidArgumentError, MongoOperationTimeoutError, MongoServerError } from "mongodb";
import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import {
  previewTimeout,
  closeConnections,
  databaseAt,
  formatHosts,
  withRetries,
} from "../../components/mongo";
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

it("hosts have one form, whatever their order and case", () => {
  const hosts = formatHosts("mongodb://user:geheim@B.example:27017,a.example:27018/db");
  expect(hosts).toBe(formatHosts("mongodb://a.example:27018,b.example:27017/"));
  expect(hosts).toBe("a.example:27018, b.example:27017");
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
  const brief = await databaseAt(address, previewTimeout);
  const usual = await databaseAt(address);

  expect(brief.client.options.serverSelectionTimeoutMS).toBe(4_000);
  expect(usual.client.options.serverSelectionTimeoutMS).toBe(30_000);
  expect((await databaseAt(address)).client).toBe(usual.client);
});

/** How often work that fails by an error is tried, if it may be tried twice. */
async function attemptsAt(error: Error): Promise<number> {
  let attempts = 0;
  const failing = () => {
    attempts += 1;
    return Promise.reject(error);
  };
  await withRetries("Counting things", failing, { retries: 1 }).catch(() => undefined);
  return attempts;
}

it.each([24, 46, 117, 133, 202, 365, 402, 407, 453, 11601, 91331, 189, 262, 16500, 999999])(
  "code %i may pass",
  async (code) => {
    expect(await attemptsAt(new MongoServerError({ message: "not now", code }))).toBe(2);
  },
);

it.each([13, 18, 371, 8000, 14031, 59, 67, 85, 86, 121, 359, 11000])(
  "code %i does not pass",
  async (code) => {
    expect(await attemptsAt(new MongoServerError({ message: "never", code }))).toBe(1);
  },
);

it("what the driver reports without a code may pass, unless it was called wrongly", async () => {
  expect(await attemptsAt(new MongoOperationTimeoutError("no connection in time"))).toBe(2);
  expect(await attemptsAt(new MongoInvalidArgumentError("no such option"))).toBe(1);
});

it("trouble that passes is waited for no longer than a time", async () => {
  const trouble = new MongoServerError({ message: "not primary", code: 10107 });
  vi.useFakeTimers();
  const settled = vi.fn();
  const failing = withRetries("Counting things", () => Promise.reject(trouble), { retryMs: 500 });
  void failing.then(settled, settled);

  await vi.advanceTimersByTimeAsync(50);
  expect(settled).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(450);
  await expect(failing).rejects.toThrow(/failed [2-5] times/);
});

it("names trouble that lasts every ten seconds, and ends", async () => {
  vi.useFakeTimers();
  // Without the random part of each wait: 13 s are the first sum of waits beyond ten.
  vi.spyOn(Math, "random").mockReturnValue(0);
  const printed = vi.spyOn(console, "warn").mockReturnValue();
  const trouble = new MongoServerError({ message: "not primary", code: 10107 });
  const failing = withRetries("Counting things", () => Promise.reject(trouble)).catch(String);
  await vi.advanceTimersByTimeAsync(300_000);

  expect(await failing).toMatch(/Counting things failed 13 times: MongoDB answers with code 10107/);
  expect(printed.mock.calls.length).toBeGreaterThan(2);
  expect(String(printed.mock.calls[0])).toMatch(
    /^Counting things: MongoDB answers with code 10107\. Retrying for 13 s so far$/,
  );
});

it.each([
  [0, 100],
  [0.5, 150],
])("a retry waits longer by chance (%d), so that importers do not come at once", async (by, ms) => {
  vi.useFakeTimers();
  vi.spyOn(Math, "random").mockReturnValue(by);
  const trouble = new MongoServerError({ message: "not primary", code: 10107 });
  const work = vi.fn(() => Promise.reject(trouble));
  const failing = withRetries("Counting things", work, { retries: 1 }).catch(String);

  await vi.advanceTimersByTimeAsync(ms - 1);
  expect(work).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(work).toHaveBeenCalledTimes(2);
  expect(await failing).toMatch(/^ServerTroubleError: .* 2 times/);
});
