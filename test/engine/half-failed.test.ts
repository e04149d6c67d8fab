import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { makeStack, type TestStack } from "./stack";
import { deployedMode } from "./values";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;
let bad: string;

beforeAll(async () => {
  stack = await makeStack();
  server = await borrowServer();
  await generateSample(join(stack.folder, "state"), { runs: 5 });
  await cp("tools/sample/rollout", join(stack.folder, "rollout"), { recursive: true });
  bad = join(stack.folder, "state", "state", "approvals", "bad.json");
}, 15 * minutes);
afterAll(async () => {
  await server.release();
  await stack.remove();
});

const configure = (storageMode: "mongo" | "filesystem") =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
  });
const workerMode = () => deployedMode(join(stack.folder, "rollout"), "worker");

describe("a cutover whose verification fails", () => {
  it(
    "says what is missing",
    async () => {
      await writeFile(bad, "this is no JSON\n");
      await configure("mongo");
      const up = await stack.up();

      expect(up.failed).toBe(true);
      expect(up.output).toContain("Verification (taskrunner-verification)");
      expect(up.output).toContain("bad.json");
      expect(await workerMode()).toBe("mongo");
    },
    2 * minutes,
  );

  it(
    "is rolled back with the server stopped",
    async () => {
      await server.stop();
      await configure("filesystem");

      // What an unfinished step has is not known in a preview.
      expect(await stack.preview()).toMatchObject({ failed: false });
      const up = await stack.up();
      expect(up.failed).toBe(false);
      expect(up.output).toContain("[not-exported]");
      expect(await stack.outputs()).toMatchObject({ verification: { runs: { mongo: 5 } } });
      expect(await workerMode()).toBe("filesystem");
    },
    2 * minutes,
  );

  it(
    "is done again, and finished, once the record is mended",
    async () => {
      await rm(bad);
      await server.start();
      await configure("mongo");

      expect(await stack.up()).toMatchObject({ failed: false });
      expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
    },
    3 * minutes,
  );
});
