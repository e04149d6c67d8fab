import { cp } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readFence } from "../../components/state";
import { generateSample } from "../../tools/sample";
import { type BorrowedServer, borrowServer } from "../pool";
import { makeStack, type TestStack } from "./stack";
import { cutoverKinds, stepsDone } from "./steps";

const minutes = 60_000;

let server: BorrowedServer;
let first: TestStack;
let second: TestStack;
let third: TestStack;

beforeAll(async () => {
  server = await borrowServer();
  first = await makeStack("first");
  second = await makeStack("second");
  third = await makeStack("third");
  for (const { folder } of [first, second, third]) {
    await generateSample(join(folder, "state"), { runs: 3 });
    await cp("tools/sample/rollout", join(folder, "rollout"), { recursive: true });
  }
}, 15 * minutes);
afterAll(async () => {
  await server.release();
  for (const stack of [first, second, third]) await stack.remove();
});

const configure = (stack: TestStack, database: string, root: string, storageMode = "mongo") =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/${database}`,
    backfill: { source: { path: join(root, "state") } },
    rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
  });

/** A stack that is refused in its preview, and by an `up` without one. */
async function isRefused(stack: TestStack, words: RegExp) {
  expect((await stack.preview()).output).toMatch(words);
  const up = await stack.up();
  expect(up.failed).toBe(true);
  expect(up.output).toMatch(words);
  expect(stepsDone(up, cutoverKinds)).toEqual([]);
}

it(
  "a stack without a state stops on another database than the open fence's, and the first still rolls back",
  async () => {
    await configure(first, "live", first.folder);
    expect(await first.up()).toMatchObject({ failed: false });
    const fence = await readFence(join(first.folder, "state"));

    await configure(second, "other", first.folder);
    await isRefused(second, new RegExp(`no record of the fence of ${fence?.at ?? "none"}`));
    expect(await readFence(join(first.folder, "state"))).toEqual(fence);

    await configure(first, "live", first.folder, "filesystem");
    expect(await first.up()).toMatchObject({ failed: false });
  },
  8 * minutes,
);

it(
  "a stack with files of its own stops on a database in which another stack has drawn a fence",
  async () => {
    await configure(third, "live", third.folder);
    await isRefused(third, /stack taskrunner-storage\/first has drawn a fence/);
    expect(await readFence(join(third.folder, "state"))).toBeUndefined();
  },
  5 * minutes,
);
