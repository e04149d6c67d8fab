import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { helm } from "../../../tools/parts";
import { findOnPath, programs } from "../../../tools/parts/table";

describe("the Helm on PATH", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "helm-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** A program that answers as a Helm of some version does. */
  async function install(version: string): Promise<string> {
    const file = join(folder, "helm");
    await writeFile(file, `#!/bin/sh\necho "${version}"\n`);
    await chmod(file, 0o755);
    return file;
  }

  test("is used where it is version 3", async () => {
    const file = await install("v3.14.0");
    expect(await findOnPath(programs.helm, folder)).toEqual({ part: file });
  });

  test("is not used where it is another version, or none", async () => {
    expect(await findOnPath(programs.helm, folder)).toEqual({ missing: "not on PATH" });
    await install("v4.0.1");
    expect(await findOnPath(programs.helm, folder)).toEqual({
      missing: "the one on PATH is v4.0.1, not version 3",
    });
  });
});

test("Helm says which version it is", async () => {
  const { stdout } = await promisify(execFile)(await helm(), ["version", "--short"]);
  expect(stdout).toMatch(/^v3\./);
});
