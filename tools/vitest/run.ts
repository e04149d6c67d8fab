/**
 * Runs the tests of the rooms: `tsx tools/vitest/run.ts`, or with `--stacks` those of whole stacks. `ONLY`
 * has the folders and files to run, with spaces between; `SHARD` the part of them, such as `1/3`. Parts that
 * are missing are built meanwhile, at a low priority, and the files that need them come last.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants, setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** How long it takes at most to find parts that are all there, in ms. */
const findMs = 10_000;

/**
 * Whole stacks on a real engine: more than half of all the time, so that one cutover stands for them. What
 * is drawn at random hundreds of times comes with them.
 */
const stacks = [
  "test/engine/",
  "test/emergency/",
  // Every example of the help, on a stack of its own.
  "test/cli/examples.test.ts",
  "test/review/comment.property.test.ts",
  "test/stand-in/order.test.ts",
  "test/stand-in/walk.test.ts",
  "test/transfer/kill.test.ts",
];
const cutover = "test/engine/cutover.test.ts";

async function run(): Promise<number> {
  const parts = start("tsx", ["tools/parts/ensure.ts"]);
  setPriority(parts.pid ?? 0, constants.priority.PRIORITY_LOW);
  const ended = exitCodeOf(parts);
  const found = await Promise.race([ended, sleep(findMs, undefined, { ref: false })]);
  if (found !== undefined && found !== 0) return found;
  const reporters = ["--reporter=default", "--reporter=./tools/vitest/summary.ts"];
  const env = { TEST_PARTS: found === 0 ? "there" : "building" };
  const { ONLY = "", SHARD: shard = "" } = process.env;
  const only = ONLY.split(" ").filter(Boolean);
  const isOfStacks = process.argv.includes("--stacks");
  // Of the cutover's folder everything but the one cutover that the rooms' tests have.
  const patterns = stacks.map((path) => {
    if (cutover.startsWith(path)) return `${path}!(cutover).test.ts`;
    return path.endsWith("/") ? `${path}**` : path;
  });
  const left = isOfStacks ? [cutover] : patterns;
  const options = [...reporters, ...left.map((files) => `--exclude=${files}`)];
  if (shard !== "") options.push(`--shard=${shard}`);
  const named = isOfStacks && only.length === 0 ? stacks : only;
  const args = ["run", ...options, ...named];
  const tests = await exitCodeOf(start("vitest", args, env));
  return tests === 0 ? ended : tests;
}

function start(program: string, args: readonly string[], env: object = {}): ChildProcess {
  const all = { ...process.env, ...env };
  return spawn(`node_modules/.bin/${program}`, args, { stdio: "inherit", env: all });
}

async function exitCodeOf(child: ChildProcess): Promise<number> {
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

void run().then((code) => {
  process.exitCode = code;
});
