import { afterAll, beforeAll, expect, it } from "vitest";
import { readCutoverRecord } from "../../components/state";
import { type BorrowedServer, borrowServer } from "../pool";
import { cutoverKinds, stepsDone } from "../engine/steps";
import { type Life, makeLife } from "./life";
import { makeStackInProcess, type StackInProcess } from "./stack";

type Stack = Life<StackInProcess>;

let server: BorrowedServer;
let first: Stack;
let second: Stack;
let third: Stack;

beforeAll(async () => {
  server = await borrowServer();
  first = await makeLife(server, await makeStackInProcess("first"), { database: "live" });
  second = await makeLife(server, await makeStackInProcess("second"), { database: "other" });
  third = await makeLife(server, await makeStackInProcess("third"), { database: "live" });
});
afterAll(async () => {
  for (const { stack } of [first, second, third]) await stack.remove();
  await server.release();
});

/** A stack that is refused in its preview, and by an `up` without one. */
async function isRefused({ stack }: Stack, words: RegExp) {
  expect((await stack.preview()).output).toMatch(words);
  const up = await stack.up();
  expect(up.failed).toBe(true);
  expect(up.output).toMatch(words);
  expect(stepsDone(up, cutoverKinds)).toEqual([]);
}

it("a stack without a state stops on another database than that of the cutover in force, and the first still rolls back", async () => {
  await first.configure({});
  expect(await first.stack.up()).toMatchObject({ failed: false });
  const cutoverRecord = await readCutoverRecord(first.root);

  await second.configure({ backfill: { source: { path: first.root } } });
  await isRefused(second, new RegExp(`no record of the cutover of ${cutoverRecord?.at ?? "none"}`));
  expect(await readCutoverRecord(first.root)).toEqual(cutoverRecord);

  await first.configure({ storageMode: "filesystem" });
  expect(await first.stack.up()).toMatchObject({ failed: false });
});

it("a stack with files of its own stops on a database in which another stack has recorded a cutover", async () => {
  await third.configure({});
  await isRefused(third, /stack taskrunner-storage\/first has recorded a cutover/);
  expect(await readCutoverRecord(third.root)).toBeUndefined();
});
