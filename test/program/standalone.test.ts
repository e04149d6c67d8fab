import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { disguisedServer, type DisguisedServer } from "../cluster/disguised-server";
import { filesIn } from "../transfer/state";
import { lifeForTests } from "./life";

const life = lifeForTests();
let standalone: DisguisedServer;

beforeAll(async () => {
  standalone = await disguisedServer(life.server.port, { standalone: true });
});
afterAll(() => standalone.stop());

const address = (host: string) => `${host}:${standalone.port}/taskrunner`;
const runs = () => life.db.collection("pack_runs");

it("a standalone server of another machine is refused before anything is changed", async () => {
  // This machine, by an address that does not say so.
  await life.configure({
    mongoUri: `mongodb://${address("0.0.0.0")}`,
    appMongoUri: `mongodb://services@${address("0.0.0.0")}`,
    cluster: { kind: "existing", allowPlainText: true },
  });
  const up = await life.stack.up();
  expect(up.failed).toBe(true);
  expect(up.output).toMatch(/cannot be used; nothing was changed\.\nIt is a standalone server/);
  expect(await life.db.listCollections().toArray()).toEqual([]);
  expect(await life.modes()).toEqual(["filesystem", "filesystem"]);
});

it("one of this machine is used with a warning, for a cutover and its rollback", async () => {
  const mongoUri = `mongodb://${address("127.0.0.1")}`;
  await life.configure({ mongoUri });
  const cutover = await life.stack.up();
  expect(cutover).toMatchObject({ failed: false });
  expect(cutover.output).toContain("It is a standalone server");
  expect(await life.modes()).toEqual(["mongo", "mongo"]);
  expect(await runs().countDocuments()).toBe(5);

  await runs().updateMany({}, { $set: { planHash: "sha256:changed" } });
  await life.configure({ mongoUri, storageMode: "filesystem" });
  const back = await life.stack.up();
  expect(back).toMatchObject({ failed: false });
  const texts = Object.values(await filesIn(join(life.root, "state/runs")));
  expect(texts.filter((text) => text.includes("sha256:changed"))).toHaveLength(5);
  expect(await life.modes()).toEqual(["filesystem", "filesystem"]);
});
