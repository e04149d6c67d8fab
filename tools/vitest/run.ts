/**
 * Runs the rooms' tests, `tsx tools/vitest/run.ts`, or with `--stacks` whole stacks. `ONLY` names folders and
 * files, separated by spaces; `SHARD` a part, such as `1/3`. Missing parts are built meanwhile at low priority,
 * and the files that need them run last.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { constants, setPriority } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/** Maximum time in ms to find existing parts. */
const findMs = 10_000;

/**
 * Tests of whole stacks on a real engine, which take more than half of the time, and long random tests. `make
 * test` runs only one cutover of them.
 */
const stacks = [
  "test/engine/",
  "test/emergency/",
  // Runs every example of the help on a stack.
  "test/cli/examples.test.ts",
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
  // Everything in the cutover's folder except that cutover.
  const patterns = stacks.map((path) => {
    if (cutover.startsWith(path)) return `${path}!(cutover).test.ts`;
    return path.endsWith("/") ? `${path}**` : path;
  });
  const left = isOfStacks ? [cutover] : patterns;
  const options = [...reporters, ...left.map((files) => `--exclude=${files}`)];
  if (shard !== "") options.push(`--shard=${shard}`);
  const named = isOfStacks && only.length === 0 ? stacks : only;
  const args = ["run", "--config=test/vitest.config.mts", ...options, ...named];
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
