import { cp } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { disguisedServer, type DisguisedServer } from "../cluster/disguised-server";
import { makeStack, type EngineRun, type TestStack } from "./stack";
import { engineState } from "./state";
import { ownValues } from "./values";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;
let older: DisguisedServer;
let client: MongoClient;

beforeAll(async () => {
  stack = await makeStack();
  server = await borrowServer();
  older = await disguisedServer(server.port, { version: "5.0.31", standalone: true });
  client = await new MongoClient(server.uri).connect();
  await cp("tools/sample/rollout", directory(), { recursive: true });
}, 15 * minutes);
afterAll(async () => {
  await client.close();
  await older.stop();
  await server.release();
  await stack.remove();
});

const directory = () => join(stack.folder, "rollout");
const configure = (port: number, storageMode = "mongo") =>
  stack.configure({
    storageMode,
    mongoUri: `mongodb://127.0.0.1:${port}/taskrunner`,
    rollout: { target: "values", directory: directory(), confirm: "none" },
  });
const workerValues = () => ownValues(directory(), "worker");
/** On a busy machine the program may not get to its connection within the time that it has for it. */
async function previewInReach(tries = 4): Promise<EngineRun> {
  const preview = await stack.pulumi("preview");
  const isLate = preview.output.includes("Server selection timed out");
  return isLate && tries > 1 ? previewInReach(tries - 1) : preview;
}

const isCheck = (urn: string) => urn.endsWith("::taskrunner-server-check");

it(
  "a server that is too old is shown in the preview and refused before anything is changed",
  async () => {
    await configure(older.port);
    const before = await workerValues();

    const preview = await previewInReach();
    expect(preview.failed).toBe(false);
    expect(preview.output).toMatch(
      /mongo:ServerCheck \(taskrunner-server-check\):\n\s+warning: .* 5\.0\.31[^]*\[stop: server-version\]\n\s+warning: [^]*server-standalone\]/,
    );
    const up = await stack.up();
    expect(up.failed).toBe(true);
    expect(up.output).toMatch(/cannot be used.* MongoDB 5\.0\.31/s);
    expect(await client.db("taskrunner").listCollections().toArray()).toEqual([]);
    expect(await workerValues()).toBe(before);
  },
  10 * minutes,
);

it(
  "a server that will do lets the cutover go on, and its version is in the state",
  async () => {
    await configure(server.port);
    expect(await stack.up()).toMatchObject({ failed: false });
    const { version } = (await client.db().command({ buildInfo: 1 })) as { version: string };
    const { resources } = (await engineState(stack)).deployment;
    expect(resources.find(({ urn }) => isCheck(urn))?.outputs).toMatchObject({
      serverVersion: version,
    });
  },
  10 * minutes,
);

it(
  "another server is checked before it is used, and the rollback is not held up by it",
  async () => {
    await configure(older.port);
    expect((await stack.up()).output).toContain("MongoDB 5.0.31");

    await configure(older.port, "filesystem");
    const back = await stack.up();
    expect(back).toMatchObject({ failed: false });
    expect(back.output).not.toContain("5.0.31");
  },
  10 * minutes,
);
