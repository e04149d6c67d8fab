import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

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

describe("without installed packages", () => {
  const entries = ["program.cjs", "components/provider.cjs", "cli/bin.cjs", "policy/bin.cjs"];
  /** What an entry of a checkout, or of an installed package, says and ends with. */
  async function runBare(file: string, manifest: object) {
    const location = await mkdtemp(join(folder, "bare-"));
    for (const one of [...entries, "components/node.cjs"]) {
      await cp(one, join(location, one));
    }
    await writeFile(join(location, "package.json"), JSON.stringify(manifest));
    const { exitCode, all } = await execa("node", [join(location, file)], {
      all: true,
      reject: false,
    });
    return { exitCode, all: all.replace(location, "FOLDER") };
  }
  const manifest = { engines: { node: ">=22.12" }, dependencies: { tsx: "1", zod: "1" } };

  it.each(entries)("%s ends with one sentence", async (file) => {
    expect(await runBare(file, { ...manifest, private: true })).toEqual({
      exitCode: 1,
      all: "Packages are not installed: tsx, zod. Run `npm ci` in FOLDER first. Nothing was changed.",
    });
  });

  it("the command of the npm package names `npm install`, and few packages", async () => {
    const dependencies = { a1: "1", a2: "1", a3: "1", a4: "1", a5: "1" };
    expect((await runBare("cli/bin.cjs", { ...manifest, dependencies })).all).toBe(
      "Packages are not installed: a1, a2, a3 and 2 more. Run `npm install` in your project's folder first. " +
        "Nothing was changed.",
    );
  });
});

it("a command runs on the oldest Node.js that is supported", async () => {
  expect((await runOn("22.12.0", "cli/bin.cjs")).exitCode).toBe(0);
});
