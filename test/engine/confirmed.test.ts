import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample } from "../../sample";
import { makeStack, type TestStack } from "./stack";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;

beforeAll(async () => {
  stack = await makeStack();
  server = await borrowServer();
  await generateSample(join(stack.folder, "state"), { runs: 5 });
  await cp("sample/rollout", join(stack.folder, "rollout"), { recursive: true });
}, 15 * minutes);
afterAll(async () => {
  await server.release();
  await stack.remove();
});

type Mode = "mongo" | "filesystem";

/** An `up` with what a site says that it has done. */
async function up(storageMode: Mode, confirmed?: "drained" | "worker" | "web") {
  await stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: {
      target: "values",
      directory: join(stack.folder, "rollout"),
      ...(confirmed && { confirmed }),
    },
  });
  return stack.up();
}
/** What the values files say of worker and web. */
const modes = () => Promise.all(["worker", "web"].map(modeIn));
async function modeIn(service: string) {
  const text = await readFile(join(stack.folder, "rollout", `${service}.values.yaml`), "utf8");
  return /__Storage__Mode\n\s+value: (\w+)/.exec(text)?.[1];
}
const file = (service: string) => join(stack.folder, "rollout", `${service}.values.yaml`);

describe("values files whose pods nobody watches", () => {
  it(
    "stop the cutover at each step until the site says that it is done",
    async () => {
      const atDrain = await up("mongo");
      expect(atDrain.failed).toBe(true);
      expect(atDrain.output).toContain("scale it to zero and wait until");
      expect(atDrain.output).toContain("set rollout.confirmed: drained");
      expect(await modes()).toEqual(["filesystem", "filesystem"]);

      const atWorker = await up("mongo", "drained");
      expect(atWorker.failed).toBe(true);
      expect(atWorker.output).toContain(`Deploy ${file("worker")}, which has worker in mongo mode`);
      expect(atWorker.output).toContain("set rollout.confirmed: worker");
      expect(await modes()).toEqual(["mongo", "filesystem"]);

      const atWeb = await up("mongo", "worker");
      expect(atWeb.failed).toBe(true);
      expect(atWeb.output).toContain(`Deploy ${file("web")}, which has web in mongo mode`);
      expect(await modes()).toEqual(["mongo", "mongo"]);

      expect(await up("mongo", "web")).toMatchObject({ failed: false });
      expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
    },
    4 * minutes,
  );

  it(
    "stop the rollback as well, whatever the settings still say of the cutover",
    async () => {
      await server.stop();
      const atDrain = await up("filesystem", "web");
      expect(atDrain.failed).toBe(true);
      expect(atDrain.output).toContain(
        "Before the worker changes to filesystem mode, scale it to zero",
      );
      expect(await modes()).toEqual(["mongo", "mongo"]);

      expect((await up("filesystem", "drained")).output).toContain("set rollout.confirmed: worker");
      expect(await modes()).toEqual(["filesystem", "mongo"]);
    },
    4 * minutes,
  );
});
