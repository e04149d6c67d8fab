import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { makeStack, type TestStack } from "./stack";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;

beforeAll(async () => {
  stack = await makeStack();
  server = await borrowServer();
  await cp("tools/sample/rollout", join(stack.folder, "rollout"), { recursive: true });
  await generateSample(join(stack.folder, "state"), { runs: 60 });
  await stack.configure({
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
  });
}, 15 * minutes);
afterAll(async () => {
  await server.release();
  await stack.remove();
});

// Before, the program reported a broken pipe to that pipe for ever, and each provider waited for ever.
it.each(["kill", "brokenPipe"] as const)(
  "an engine that ends by itself in a step (%s) leaves no program and no provider at work",
  async (how) => {
    const { started, left } = await stack.killedUp(
      /BulkPass taskrunner-bulk-pass (creating|updating)/,
      how,
    );

    expect(started.length).toBeGreaterThanOrEqual(2);
    expect(left).toEqual([]);
    await stack.cancel();
  },
  2 * minutes,
);

it(
  "the next up goes on from there",
  async () => {
    expect(await stack.up()).toMatchObject({ failed: false });
    expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
  },
  2 * minutes,
);
