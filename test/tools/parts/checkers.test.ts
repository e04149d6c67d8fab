import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { actionlint } from "../../../tools/parts";
import { readRepositoryFile } from "../../../tools/parts/repository";
import { findOnPath, programs } from "../../../tools/parts/table";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "checkers-"));
});
afterEach(() => rm(folder, { recursive: true }));

test.each([
  [programs.actionlint, "1.7.12\\ninstalled by hand\\n", "1.6.0"],
  [programs.vale, "vale version 3.21.0\\n", "vale version v3.9.0"],
])("$name on PATH is used if it has the pinned version", async (checker, pinned, other) => {
  const file = join(folder, checker.name);
  const install = async (version: string) => {
    await writeFile(file, `#!/bin/sh\nprintf '${version}'\n`);
    await chmod(file, 0o755);
  };

  expect(await findOnPath(checker, folder)).toEqual({ missing: "not on PATH" });
  await install(pinned);
  expect(await findOnPath(checker, folder)).toEqual({ part: file });
  await install(other);
  expect(await findOnPath(checker, folder)).toEqual({
    missing: `the one on PATH is ${other.replace("vale version ", "")}, not ${checker.version}`,
  });
});

test.each([programs.actionlint, programs.vale])("$name is built as pinned", async (checker) => {
  const { name, module, version } = checker;
  expect(await readRepositoryFile("tools", "go", name, "go.mod")).toContain(`${module} ${version}`);
});

test("finds what is wrong in a workflow", async () => {
  const workflow = join(folder, "w.yml");
  const steps = "[{ run: 'echo ${{ github.event.pull_request.title }}' }]";
  await writeFile(
    workflow,
    `on: pull_request\njobs: { a: { runs-on: ubuntu-latest, steps: ${steps} } }\n`,
  );

  const checked = promisify(execFile)(await actionlint(), [workflow]);
  await expect(checked).rejects.toMatchObject({
    code: 1,
    stdout: expect.stringContaining("is potentially untrusted") as string,
  });
}, 180_000);
