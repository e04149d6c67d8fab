import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "node-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What a file says and ends with on a Node.js of this version. */
async function runOn(version: string, file: string) {
  const older = join(folder, `${version}.cjs`);
  const versions = `{ value: { ...process.versions, node: "${version}" } }`;
  await writeFile(older, `Object.defineProperty(process, "versions", ${versions});`);
  const args = ["--require", older, file, "--help"];
  const { exitCode, all } = await execa("node", args, { all: true, reject: false });
  return { exitCode, all };
}

it.each(["program.cjs", "components/provider.cjs", "cli/bin.cjs", "policy/bin.cjs"])(
  "%s ends with one sentence on a Node.js that is too old",
  async (file) => {
    expect(await runOn("22.11.0", file)).toEqual({
      exitCode: 1,
      all: "Node.js 22.11.0 is too old: 22.12 or later is needed. Nothing was changed.",
    });
  },
);

it("a command runs on the oldest Node.js that is supported", async () => {
  expect((await runOn("22.12.0", "cli/bin.cjs")).exitCode).toBe(0);
});
