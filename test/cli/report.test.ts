import { chmod, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundledCommands } from "./bundled";

const root = resolve(__dirname, "../..");
const bin = bundledCommands();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "report-"));
  const file = "Pulumi.staging.yaml";
  await copyFile(join(root, "examples/atlas", file), join(folder, file));
});
afterAll(() => rm(folder, { recursive: true }));

const at = (minute: number) => new Date(Date.UTC(2026, 10, 25, 21, minute)).toISOString();
const timeline = {
  cutover: { began: at(0), drainBegan: at(10), drained: at(12), workerReady: at(15), bytes: 3.2e9 },
  rollback: null,
};

/** Runs `report` where `pulumi` on PATH prints this, or fails with it on standard error. */
async function report(printed: string, more: readonly string[] = [], fails = false) {
  const pulumi = join(folder, "pulumi");
  const isAsked = '[ "$*" = "stack output --json --non-interactive --stack staging" ] || exit 9';
  const end = fails ? ">&2; exit 255" : "";
  await writeFile(pulumi, `#!/bin/sh\n${isAsked}\ncat '${join(folder, "out")}' ${end}\n`);
  await chmod(pulumi, 0o755);
  await writeFile(join(folder, "out"), printed);
  const path = [folder, dirname(process.execPath), "/bin", "/usr/bin"].join(delimiter);
  const args = [bin, "report", "--stack", "staging", ...more];
  return execa("node", args, { cwd: folder, env: { PATH: path }, reject: false });
}

const outputs = JSON.stringify({ storageMode: "mongo", timeline });

it("prints the timeline of a stack: in words, as Markdown, as JSON", async () => {
  expect((await report(outputs)).stdout).toContain(
    `Cutover of staging: begun ${at(0)}; worker stopped 5 min 0 s for 3.2 GB`,
  );
  const { stdout, exitCode } = await report(outputs, ["--markdown"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^#### Cutover of `staging`\n[^]*```mermaid\ngantt\n/);
  expect(JSON.parse((await report(outputs, ["--json"])).stdout)).toEqual({
    stack: "staging",
    ...timeline,
  });
}, 60_000);

it("says why there is none", async () => {
  const former = await report(JSON.stringify({ storageMode: "mongo" }));
  expect(former).toMatchObject({ exitCode: 1, stdout: "" });
  expect(former.stderr).toContain("Stack staging has no output `timeline`");
  const failed = await report("error: no stack named 'staging' found", [], true);
  expect(failed.exitCode).toBe(1);
  expect(failed.stderr).toContain(
    "The outputs of stack staging cannot be read: no stack named 'staging' found.",
  );
}, 60_000);
