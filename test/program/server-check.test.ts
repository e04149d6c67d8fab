import { afterAll, beforeAll, expect, it } from "vitest";
import { disguisedServer, type DisguisedServer } from "../cluster/disguised-server";
import { engineState, nameIn } from "../engine/state";
import { ownValues } from "../engine/values";
import { lifeForTests } from "./life";

const life = lifeForTests({ runs: 0 });
let older: DisguisedServer;

beforeAll(async () => {
  older = await disguisedServer(life.server.port, { version: "5.0.31", standalone: true });
});
afterAll(() => older.stop());

const onOlder = (storageMode: "mongo" | "filesystem") =>
  life.configure({ storageMode, mongoUri: `mongodb://127.0.0.1:${older.port}/taskrunner` });

it("a server that is too old is refused before anything is changed", async () => {
  await onOlder("mongo");
  const workerValues = () => ownValues(life.directory, "worker");
  const before = await workerValues();
  const up = await life.stack.up();
  expect(up.failed).toBe(true);
  expect(up.output).toMatch(/cannot be used.* MongoDB 5\.0\.31/s);
  expect(await life.db.listCollections().toArray()).toEqual([]);
  expect(await workerValues()).toBe(before);
});

it("a server that will do lets the cutover go on, and its version is in the state", async () => {
  await life.configure({});
  expect(await life.stack.up()).toMatchObject({ failed: false });
  const { version } = (await life.client.db().command({ buildInfo: 1 })) as { version: string };
  const { resources } = (await engineState(life.stack)).deployment;
  const check = resources.find(({ urn }) => nameIn(urn) === "server-check");
  expect(check?.outputs).toMatchObject({ serverVersion: version });
});

it("another server is checked before it is used, and the rollback is not held up by it", async () => {
  await onOlder("mongo");
  expect((await life.stack.up()).output).toContain("MongoDB 5.0.31");
  await onOlder("filesystem");
  const back = await life.stack.up();
  expect(back).toMatchObject({ failed: false });
  expect(back.output).not.toContain("5.0.31");
});
