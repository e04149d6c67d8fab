import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { makeStack, type TestStack } from "./stack";
import { deployedMode } from "./values";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;

beforeAll(async () => {
  stack = await makeStack();
  server = await borrowServer();
  await generateSample(join(stack.folder, "state"), { runs: 5 });
  await cp("tools/sample/rollout", join(stack.folder, "rollout"), { recursive: true });
}, 15 * minutes);
afterAll(async () => {
  await server.release();
  await stack.remove();
});

/** An `up` with the cutover for which somebody has stopped the worker. */
async function up(storageMode: "mongo" | "filesystem", workerStopped?: number) {
  await stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: {
      target: "values",
      directory: join(stack.folder, "rollout"),
      confirm: "none",
      workerStopped,
    },
  });
  return stack.up();
}
/** What the values files say of worker and web. */
const modes = () =>
  Promise.all(
    (["worker", "web"] as const).map((service) =>
      deployedMode(join(stack.folder, "rollout"), service),
    ),
  );

it(
  "a state directory that is wrong stops in the preview, and before the schema",
  async () => {
    const path = join(stack.folder, "stat");
    const rollout = { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" };
    const mongoUri = `${server.uri}/taskrunner`;
    await stack.configure({
      storageMode: "mongo",
      mongoUri,
      backfill: { source: { path } },
      rollout,
    });
    for (const run of [await stack.preview(), await stack.up()]) {
      expect(run.failed).toBe(true);
      expect(run.output).toMatch(/state directory \S+\/stat is not a readable directory/);
    }
    const client = await MongoClient.connect(mongoUri);
    expect(await client.db().listCollections().toArray()).toEqual([]);
    await client.close();
  },
  2 * minutes,
);

describe("a worker that the program cannot see", () => {
  it(
    "stops the cutover after the bulk pass, until the settings say that it is stopped",
    async () => {
      const unsaid = await up("mongo");
      expect(unsaid.failed).toBe(true);
      expect(unsaid.output).toContain("set rollout.workerStopped: 1");
      expect(unsaid.output).toMatch(/BulkPass .*created/);
      expect(unsaid.output).not.toMatch(/(Handover|FinalPass) .*creat/);
      expect(await modes()).toEqual(["filesystem", "filesystem"]);

      expect(await up("mongo", 1)).toMatchObject({ failed: false });
      expect(await modes()).toEqual(["mongo", "mongo"]);
      expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
    },
    4 * minutes,
  );

  it(
    "stays on files if somebody reverted the commit of its values file, in a preview too",
    async () => {
      const file = join(stack.folder, "rollout/taskrunner-storage.worker.values.yaml");
      const text = await readFile(file, "utf8");
      await writeFile(file, text.replace("value: mongo", "value: filesystem"));
      expect(await modes()).toEqual(["filesystem", "mongo"]);

      const preview = await stack.preview();
      expect(preview.output).toContain("[stop: mode-changed]");
      const refused = await up("mongo", 1);
      expect(refused.failed).toBe(true);
      expect(refused.output).toMatch(/has worker in filesystem mode.* this stack wrote mongo mode/);
      expect(await modes()).toEqual(["filesystem", "mongo"]);
    },
    4 * minutes,
  );

  it(
    "stops no rollback, and counts for one cutover only",
    async () => {
      const back = await up("filesystem", 1);
      expect(back).toMatchObject({ failed: false });
      expect(back.output).toContain("[stop-worker]");
      expect(await modes()).toEqual(["filesystem", "filesystem"]);

      const stale = await up("mongo", 1);
      expect(stale.failed).toBe(true);
      expect(stale.output).toContain("set rollout.workerStopped: 2");
      expect(await modes()).toEqual(["filesystem", "filesystem"]);
    },
    4 * minutes,
  );
});
