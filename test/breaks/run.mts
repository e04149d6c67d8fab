import { existsSync } from "node:fs";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { applyTo, findComments, parseTest, root, type Break } from "./breaks.js";
import { breaks } from "./guarantees.js";

/**
 * Breaks the product in one place after the other, in a copy of the working tree, and says which breaks no test
 * notices. Ends with 1 if there is any. `ONLY` is a part of a guarantee.
 */
const timeoutMs = 10 * 60_000;
const stop = new AbortController();

/** A part of vitest's report in JSON. */
interface Report {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
}

/**
 * A copy of the working tree, without what git ignores. It keeps the files' times: for a newer package-lock.json
 * `make` installs anew, through the link into the real packages.
 */
async function copyTree(folder: string): Promise<void> {
  const which = ["--cached", "--others", "--exclude-standard", "--", ":!node_modules"];
  const { stdout } = await execa("git", ["ls-files", "-z", ...which], { cwd: root });
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

/** Runs a break's tests in a copy, in a process group of its own, so that nothing of it outlives a stop. */
async function runTests(copy: string, { guarantee, tests }: Break) {
  const parsed = tests.map(parseTest);
  const names = parsed.flatMap(({ name }) => name ?? []);
  // A name selects in all files of a run, so it counts only if each file has one.
  const pattern = names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|");
  const named = names.length === tests.length ? ["-t", pattern] : [];
  const output = join(copy, "..", "report.json");
  await rm(output, { force: true });
  const files = [...new Set(parsed.map(({ file }) => file))];
  const options = ["--config=test/vitest.config.mts", "--bail=1", "--maxWorkers=1"];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${output}`];
  const child = execa(
    join(copy, "node_modules/.bin/vitest"),
    ["run", ...files, ...named, ...options, ...reporters],
    { cwd: copy, detached: true, reject: false, all: true, env: { TEST_MONGODB_URI: "" } },
  );
  const end = () => {
    try {
      process.kill(-(child.pid ?? NaN), "SIGTERM");
    } catch {
      // It has ended.
    }
  };
  stop.signal.addEventListener("abort", end, { once: true });
  const timer = setTimeout(end, timeoutMs);
  const { all } = await child;
  clearTimeout(timer);
  stop.signal.throwIfAborted();
  const report = await readFile(output, "utf8").catch(() => undefined);
  if (report === undefined) throw new Error(`No report about "${guarantee}".\n${all}`);
  return { ...(JSON.parse(report) as Report), all };
}

/** Whether the tests, which pass without the break, fail with it. */
async function isCaught(copy: string, broken: Break): Promise<boolean> {
  const before = await runTests(copy, broken);
  if (!before.success || before.numPassedTests === 0) {
    throw new Error(
      `Without a break, the tests of "${broken.guarantee}" do not pass.\n${before.all}`,
    );
  }
  const comment = findComments().find(({ guarantee }) => guarantee === broken.guarantee);
  const path = join(copy, comment?.file ?? "");
  const text = await readFile(path, "utf8");
  await writeFile(path, applyTo(text, broken));
  const { success, numFailedTests, all } = await runTests(copy, broken);
  await writeFile(path, text);
  // Tests that cannot be loaded say nothing.
  if (!success && numFailedTests === 0)
    throw new Error(`No test of "${broken.guarantee}" ran.\n${all}`);
  return !success;
}

async function main(folder: string): Promise<boolean> {
  const { ONLY: only = "" } = process.env;
  const some = breaks.filter(({ guarantee }) => guarantee.includes(only));
  if (some.length === 0) throw new Error(`No guarantee contains "${only}".`);
  const copy = join(folder, "copy");
  await copyTree(copy);
  let count = 0;
  for (const broken of some) {
    const caught = await isCaught(copy, broken);
    if (caught) count += 1;
    console.log(`${caught ? "caught  " : "SURVIVED"}  ${broken.guarantee}`);
  }
  console.log(`${count} of ${some.length} breaks were caught`);
  return count === some.length;
}

const folder = await mkdtemp(join(tmpdir(), "breaks-"));
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    stop.abort(new Error("Stopped"));
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
