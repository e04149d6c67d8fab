import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import pLimit from "p-limit";
import { applyTo, findComments, parseTest, root, type Break } from "./breaks.js";
import { breaks } from "./guarantees.js";

/**
 * Breaks the product in one place after the other, each in a copy of the working tree, and says
 * which breaks no test notices. Ends with 1 if there is any. `ONLY` is a part of a guarantee.
 */
const copyCount = 2;
/** For one break. All named tests without any have three times as long. */
const timeoutMs = 10 * 60_000;

/** `invalid`: the tests did not run to an answer, so that a failure says nothing. */
type Verdict = "caught" | "SURVIVED" | "invalid";

interface Result {
  readonly guarantee: string;
  readonly verdict: Verdict;
  readonly detail: string;
  readonly seconds: number;
}

/** A part of vitest's report in JSON. */
interface Report {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

const stop = new AbortController();
const isStopped = () => stop.signal.aborted;

/**
 * A copy of the working tree in a temporary folder, without what git ignores. It keeps the files'
 * times: for a newer package-lock.json `make` installs anew, through the link into the real packages.
 */
async function copyTree(folder: string): Promise<void> {
  const list = [
    "ls-files",
    "-z",
    "--cached",
    "--others",
    "--exclude-standard",
    "--",
    ":!node_modules",
  ];
  const { stdout } = await execa("git", list, { cwd: root });
  for (const file of stdout.split("\0")) {
    const source = join(root, file);
    if (file !== "" && existsSync(source)) {
      await cp(source, join(folder, file), { verbatimSymlinks: true, preserveTimestamps: true });
    }
  }
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  // Some tests ask git which files there are.
  await execa("git", ["init", "--quiet"], { cwd: folder });
}

/** How Vitest is asked for tests by their files and names. */
function selectTests(tests: readonly string[]): string[] {
  const parsed = tests.map(parseTest);
  const names = parsed.flatMap(({ name }) => name ?? []);
  // A name selects in all files of a run, so it counts only if each file has one.
  const pattern = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const files = new Set(parsed.map(({ file }) => file));
  return ["run", ...files, ...(names.length === tests.length ? ["-t", pattern] : [])];
}

/** Runs tests in a copy. A process group of its own, so that nothing of it outlives a stop. */
async function runTests(copy: string, selected: readonly string[], limitMs = timeoutMs) {
  const output = join(copy, "..", `${copy.slice(-1)}.json`);
  await rm(output, { force: true });
  const child = execa(
    join(copy, "node_modules/.bin/vitest"),
    [...selected, "--config=test/vitest.config.mts", "--reporter=json", `--outputFile=${output}`],
    { cwd: copy, detached: true, reject: false, all: true, env: { TEST_MONGODB_URI: "" } },
  );
  const end = () => {
    try {
      process.kill(-(child.pid ?? NaN), "SIGTERM");
    } catch {
      // It has ended.
    }
  };
  stop.signal.addEventListener("abort", end);
  const timer = setTimeout(end, limitMs);
  const { all, durationMs } = await child;
  clearTimeout(timer);
  stop.signal.removeEventListener("abort", end);
  const text = await readFile(output, "utf8").catch(() => undefined);
  if (text !== undefined) return judge(JSON.parse(text) as Report);
  return { failure: `no answer after ${Math.round(durationMs / 1000)} s. ${lastLines(all)}` };
}

const lastLines = (text = "") => text.trim().split("\n").slice(-5).join(" | ");

/** The failed tests with their errors, or why the run says nothing. */
function judge({ testResults }: Report): { readonly failed: readonly string[] } | Failure {
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults
      .filter(({ status }) => status === "failed")
      .map(({ fullName, failureMessages }) => `${fullName}: ${failureMessages.join(" ")}`),
  );
  const unloaded = testResults.find(
    ({ status, assertionResults }) =>
      status === "failed" && !assertionResults.some((one) => one.status === "failed"),
  );
  return unloaded ? { failure: `${unloaded.name}: ${lastLines(unloaded.message)}` } : { failed };
}

interface Failure {
  readonly failure: string;
}

const oneFailure = ["--bail=1", "--maxWorkers=1"];

async function tryOne(copy: string, broken: Break): Promise<Result> {
  const started = performance.now();
  const { guarantee, tests } = broken;
  const comment = findComments().find((one) => one.guarantee === guarantee);
  const path = join(copy, comment?.file ?? "");
  const text = await readFile(path, "utf8");
  await writeFile(path, applyTo(text, broken));
  try {
    const answer = await runTests(copy, [...selectTests(tests), ...oneFailure]);
    const seconds = (performance.now() - started) / 1000;
    if ("failure" in answer)
      return { guarantee, verdict: "invalid", detail: answer.failure, seconds };
    const [detail = "No test failed"] = answer.failed;
    return {
      guarantee,
      verdict: answer.failed.length > 0 ? "caught" : "SURVIVED",
      detail,
      seconds,
    };
  } finally {
    await writeFile(path, text);
  }
}

/** Without this, a test that fails anyway would count as one that notices. */
async function requirePassing(copy: string, named: readonly string[]): Promise<void> {
  const tests = [...new Set(named)];
  const isWhole = (test: string) => parseTest(test).name === undefined;
  console.log(`${tests.length} tests or test files have to pass without a break`);
  for (const part of [tests.filter(isWhole), tests.filter((test) => !isWhole(test))]) {
    if (part.length === 0) continue;
    const answer = await runTests(copy, selectTests(part), 3 * timeoutMs);
    if ("failure" in answer) throw new Error(`Without a break: ${answer.failure}`);
    if (answer.failed.length > 0) {
      throw new Error(`Failing without a break: ${answer.failed.join("\n")}`);
    }
  }
}

function say({ guarantee, verdict, detail, seconds }: Result, place: string): void {
  const said = `${place.padStart(7)}  ${verdict.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s  `;
  console.log(said + guarantee);
  if (verdict !== "caught") console.log(`${" ".repeat(29)}${detail}`);
}

async function main(folder: string): Promise<boolean> {
  const { ONLY: only = "" } = process.env;
  const some = breaks.filter(({ guarantee }) => guarantee.includes(only));
  if (some.length === 0) throw new Error(`No guarantee contains "${only}".`);
  const free = Array.from({ length: copyCount }, (_, at) => join(folder, String(at)));
  for (const copy of free) await copyTree(copy);
  await requirePassing(
    free[0] ?? "",
    some.flatMap(({ tests }) => tests),
  );
  const results: Result[] = [];
  await pLimit(copyCount).map(some, async (broken) => {
    if (isStopped()) return;
    const copy = free.pop() ?? "";
    const result = await tryOne(copy, broken);
    free.push(copy);
    if (isStopped()) return;
    results.push(result);
    say(result, `${results.length}/${some.length}`);
  });
  const others = results.filter(({ verdict }) => verdict !== "caught");
  const minutes = (performance.now() / 60_000).toFixed(1);
  const caught = results.length - others.length;
  console.log(`${caught} of ${some.length} breaks were caught, in ${minutes} min`);
  for (const { verdict, guarantee } of others) console.log(`  ${verdict}: ${guarantee}`);
  return caught === some.length;
}

async function run(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "breaks-"));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      stop.abort();
    });
  }
  try {
    process.exitCode = (await main(folder)) ? 0 : 1;
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

void run();
