import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import pLimit from "p-limit";
import { applyTo, breaks, parseTest, type Break } from "./breaks.js";

/**
 * Breaks the product in one place after the other, each in a copy of the working tree, and says
 * which breaks no test notices. Ends with 1 if there is any.
 */
const root = resolve(import.meta.dirname, "../..");
const copyCount = 2;
/** For one break. All named tests without any have three times as long. */
const timeoutMs = 10 * 60_000;

/** `invalid`: the tests did not run to an answer, so that a failure says nothing. */
type Verdict = "caught" | "SURVIVED" | "stale" | "invalid";

interface Result {
  readonly broken: Break;
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
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
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

/** Runs tests in a copy. A process group of its own, so that nothing of it outlives a stop. */
async function runTests(
  copy: string,
  tests: readonly string[],
  options: readonly string[],
  limitMs = timeoutMs,
) {
  const parsed = tests.map(parseTest);
  const names = parsed.flatMap(({ name }) => name ?? []);
  // A name selects in all files of a run, so it counts only if each file has one.
  const pattern = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const output = join(copy, "..", `${copy.slice(-1)}.json`);
  await rm(output, { force: true });
  const child = execa(
    join(copy, "node_modules/.bin/vitest"),
    [
      ...["run", ...new Set(parsed.map(({ file }) => file))],
      ...(names.length === tests.length ? ["-t", pattern] : []),
      ...["--reporter=json", `--outputFile=${output}`, ...options],
    ],
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

/** The names of failed tests, or why the run says nothing. */
function judge({ testResults }: Report): { readonly failed: readonly string[] } | Failure {
  const failed = testResults.flatMap(({ assertionResults }) =>
    assertionResults.filter(({ status }) => status === "failed").map(({ fullName }) => fullName),
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

async function tryBreak(copy: string, broken: Break): Promise<Result> {
  const started = performance.now();
  const result = (verdict: Verdict, detail = ""): Result => {
    return { broken, verdict, detail, seconds: (performance.now() - started) / 1000 };
  };
  const path = join(copy, broken.file);
  const text = await readFile(path, "utf8");
  let changed: string;
  try {
    changed = applyTo(text, broken);
  } catch (error) {
    return result("stale", (error as Error).message);
  }
  await writeFile(path, changed);
  try {
    const answer = await runTests(copy, broken.tests, ["--bail=1", "--maxWorkers=1"]);
    if ("failure" in answer) return result("invalid", answer.failure);
    return result(answer.failed.length > 0 ? "caught" : "SURVIVED", answer.failed[0]);
  } finally {
    await writeFile(path, text);
  }
}

/** Without this, a test that fails anyway would count as one that notices. */
async function requirePassing(copy: string, some: readonly Break[]): Promise<void> {
  const tests = [...new Set(some.flatMap((one) => one.tests))];
  const isWhole = (test: string) => parseTest(test).name === undefined;
  console.log(`${tests.length} tests or test files have to pass without a break`);
  for (const part of [tests.filter(isWhole), tests.filter((test) => !isWhole(test))]) {
    if (part.length === 0) continue;
    const answer = await runTests(copy, part, [], 3 * timeoutMs);
    if ("failure" in answer) throw new Error(`Without a break: ${answer.failure}`);
    if (answer.failed.length > 0) {
      throw new Error(`Failing without a break: ${answer.failed.join("; ")}`);
    }
  }
}

function say({ broken, verdict, detail, seconds }: Result, place: string): void {
  const said = `${place.padStart(7)}  ${verdict.padEnd(8)} ${seconds.toFixed(1).padStart(6)} s  `;
  console.log(said + broken.guarantee);
  if (verdict !== "caught") console.log(`${" ".repeat(29)}${detail || broken.file}`);
}

async function main(folder: string): Promise<boolean> {
  const only = process.env.ONLY ?? "";
  const some = breaks.filter(({ guarantee, file }) => `${guarantee}\n${file}`.includes(only));
  if (some.length === 0) throw new Error(`No guarantee and no file contains "${only}".`);
  const free = Array.from({ length: copyCount }, (_, at) => join(folder, String(at)));
  for (const copy of free) await copyTree(copy);
  await requirePassing(free[0] ?? "", some);
  const results: Result[] = [];
  await pLimit(copyCount).map(some, async (broken) => {
    if (isStopped()) return;
    const copy = free.pop() ?? "";
    const result = await tryBreak(copy, broken);
    free.push(copy);
    if (isStopped()) return;
    results.push(result);
    say(result, `${results.length}/${some.length}`);
  });
  const others = results.filter(({ verdict }) => verdict !== "caught");
  const minutes = (performance.now() / 60_000).toFixed(1);
  const caught = results.length - others.length;
  console.log(`${caught} of ${some.length} breaks were caught, in ${minutes} min`);
  for (const { verdict, broken } of others) console.log(`  ${verdict}: ${broken.guarantee}`);
  return others.length === 0 && results.length === some.length;
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
