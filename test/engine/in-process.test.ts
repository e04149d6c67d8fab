import { afterAll, beforeAll, expect, it } from "vitest";
import { type Life, makeLife } from "../program/life";
import { makeStackInProcess, type StackInProcess } from "../program/stack";
import { type BorrowedServer, borrowServer } from "../pool";
import { type EngineRun, makeStack, type StackSettings, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";

allowForEngine();

let server: BorrowedServer;
let played: Life<StackInProcess>;
let real: Life<TestStack>;

beforeAll(async () => {
  server = await borrowServer();
  real = await makeLife(server, await makeStack(), { database: "real" });
  played = await makeLife(server, await makeStackInProcess(), { database: "played" });
});
afterAll(async () => {
  for (const { stack } of [played, real]) await stack.remove();
  await server.release();
});

/** The steps that a run does or would do, and whether it failed. */
function lines({ output, failed }: EngineRun) {
  const done = output.matchAll(/pulumi-nodejs:dynamic\/\w+:(\w+) (\S+) (create|update)d?(?= |$)/gm);
  const steps = [...new Set([...done].map(([, kind, name, what]) => `${kind} ${name} ${what}`))];
  return { failed, steps: steps.sort(), refused: /Cutover \d .*rolled back/.test(output) };
}

/** What a run of a life tells on the real engine, which the played one has to tell too. */
async function compared(run: "preview" | "up", settings: StackSettings) {
  for (const side of [played, real]) await side.configure(settings);
  const ofReal = lines(run === "up" ? await real.stack.up() : await real.stack.pulumi("preview"));
  expect(lines(await played.stack[run]())).toEqual(ofReal);
  expect(await played.modes()).toEqual(await real.modes());
  return ofReal;
}

const onFiles = { storageMode: "filesystem" };

it("what a stack's life does on the real engine, it does in this process", async () => {
  await compared("up", onFiles);
  expect((await compared("preview", {})).steps.length).toBeGreaterThan(20);
  await compared("up", {});
  expect((await compared("up", {})).steps).toEqual([]);
  await compared("preview", onFiles);
  await compared("up", onFiles);
  expect(await compared("preview", { cutover: 1 })).toMatchObject({ failed: true });
  expect(await compared("up", { cutover: 1 })).toMatchObject({ failed: true, refused: true });
  await compared("up", {});
  await compared("up", onFiles);
});

it("a stale cutover passes no service by --target or --exclude", async () => {
  await real.configure({ cutover: 1 });
  const named = ["worker", "web", "handover"].map((name) => `**::taskrunner-${name}`);
  const targets = named.flatMap((name) => ["--target", name]);
  for (const flags of [targets, ["--exclude", "**::taskrunner-cutover"]]) {
    await real.stack.pulumi("up", "--yes", "--skip-preview", ...flags);
    expect(await real.modes()).toEqual(["filesystem", "filesystem"]);
  }
});
