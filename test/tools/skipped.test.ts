import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { repository } from "../../tools/parts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "skipped-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** A run of one file of tests, as `make test` reports it. */
async function runTests(text: string) {
  await writeFile(join(folder, "a.test.ts"), text);
  const reporter = `--reporter=${join(repository, "tools/vitest/summary.ts")}`;
  const args = ["run", "--globals", reporter];
  const options = { cwd: folder, localDir: repository, preferLocal: true, reject: false } as const;
  const { stdout, exitCode } = await execa("vitest", args, options);
  return { lines: stdout.trimEnd().split("\n"), exitCode };
}

const passes = 'it("passes", () => {});';
const withReason = 'it("is left out", ({ skip }) => skip("needs root"));';

test("a skipped test is named with its reason above the last line", async () => {
  const { lines, exitCode } = await runTests([passes, withReason].join("\n"));
  const last = ["skipped: a.test.ts: is left out (needs root)", "1 passed, 0 failed"];
  expect(lines.slice(-2)).toEqual(last);
  expect(exitCode).toBe(0);
});

test("a test that is skipped without a reason fails the run", async () => {
  const silent = ['it.skip("is silent", () => {});', 'it.todo("is to come");'];
  const { lines, exitCode } = await runTests([passes, withReason, ...silent].join("\n"));
  expect(lines.join("\n")).toMatch(/What failed:\n {2}a\.test\.ts: is silent\n.*without a reason/);
  expect(lines.at(-1)).toBe("1 passed, 2 failed");
  expect(exitCode).toBe(1);
});

test("a suite whose hook fails is one failure, whatever it skips", async () => {
  const broken = `describe("broken", () => {
    beforeAll(() => { throw new Error("no server"); });
    ${passes}
  });`;
  const { lines, exitCode } = await runTests([passes, broken].join("\n"));
  expect(lines.join("\n")).toContain("  a.test.ts: broken\n    no server");
  expect(lines.at(-1)).toBe("1 passed, 1 failed");
  expect(exitCode).toBe(1);
});
