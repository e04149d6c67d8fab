import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { actionlint } from "../../../tools/parts";
import { actionlintOnPath } from "../../../tools/parts/actionlint";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "actionlint-"));
});
afterEach(() => rm(folder, { recursive: true }));

test("the one on PATH is used where it has the pinned version", async () => {
  const file = join(folder, "actionlint");
  const install = async (version: string) => {
    await writeFile(file, `#!/bin/sh\nprintf '${version}\\ninstalled by hand\\n'\n`);
    await chmod(file, 0o755);
  };

  expect(await actionlintOnPath(folder)).toEqual({ missing: "not on PATH" });
  await install("1.7.12");
  expect(await actionlintOnPath(folder)).toEqual({ part: file });
  await install("1.6.0");
  expect(await actionlintOnPath(folder)).toEqual({
    missing: "the one on PATH is 1.6.0, not v1.7.12",
  });
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
