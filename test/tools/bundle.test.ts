import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { execa } from "execa";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { version } from "../../package.json";
import { generateSample } from "../../tools/sample";
import { bundle } from "../../tools/bundle/bundle";
import { noticesFile, thirdPartyNotices } from "../../tools/bundle/notices";
import { emptyDatabasePerTest } from "../server";

vi.setConfig({ testTimeout: 60_000 });

const current = emptyDatabasePerTest();
const root = resolve(__dirname, "../..");
let alone: string;

/** The bundle in a folder that has nothing else, and no packages above it. */
beforeAll(async () => {
  const made = bundle(join(current.folder, "made"));
  await mkdir(join(current.folder, "alone"));
  alone = join(current.folder, "alone", basename(made));
  await copyFile(made, alone);
});

const run = (...args: string[]) => runProgram(alone, args);

async function runProgram(program: string, args: readonly string[]) {
  const env = { TASKRUNNER_MONGO_URI: `${current.server.uri}/${current.db.databaseName}` };
  const options = { env, cwd: current.folder, reject: false } as const;
  const { stdout, stderr, exitCode } = await execa("node", [program, ...args], options);
  return { stdout, stderr, exitCode };
}

it("the bundle alone imports and verifies a state, and sees what is missing", async () => {
  const state = join(current.folder, "state");
  await generateSample(state, { runs: 12 });
  const imported = await run("import", "--state", state);
  expect(imported.exitCode).toBe(0);
  expect(imported.stdout).toMatch(/^runs +12 +12 +0 +0 +0 +0$/m);
  expect(await current.db.collection("pack_runs").countDocuments()).toBe(12);
  const verified = await run("verify", "--state", state);
  expect(verified.exitCode).toBe(0);

  await current.db.collection("pack_runs").deleteOne({});
  expect(await run("verify", "--state", state)).toMatchObject({ exitCode: 2 });
});

it("the bundle has all commands, and says the same as the sources do", async () => {
  expect((await run("--version")).stdout).toBe(version);
  for (const args of [["--help"], ["script"]]) {
    expect(await run(...args)).toEqual(await runProgram(join(root, "cli/bin.cjs"), args));
  }
});

it("the Dockerfile copies and starts what `make bundle` makes, not as root", async () => {
  const dockerfile = await readFile(join(root, "tools/bundle/Dockerfile"), "utf8");
  const line = (word: string) => new RegExp(`^${word} (.*)$`, "m").exec(dockerfile)?.[1] ?? "";
  const [copied, notices, to = ""] = line("COPY").split(" ");
  const file = basename(alone);
  expect([copied, notices]).toEqual([file, noticesFile]);
  // One command for both platforms; a RUN would need an emulator.
  expect(dockerfile).not.toMatch(/^RUN/m);
  expect(JSON.parse(line("ENTRYPOINT"))).toEqual(["node", to + file]);
  expect(line("FROM")).toMatch(/^node:24\.\d+\.\d+-/);
  expect(Number(line("USER").split(":")[0])).toBeGreaterThan(0);

  // The packages that are there are those that the tests run on, however new the lock file is.
  const asInstalled = "--old-file=node_modules/.package-lock.json";
  const { stdout } = await execa("make", ["--silent", asInstalled, "bundle"], { cwd: root });
  expect(relative(root, stdout)).toBe(`dist/${file}`);
});

describe("the notices beside the bundle", () => {
  it("have each package with its licence and the licence's text", async () => {
    const text = await readFile(join(current.folder, "made", noticesFile), "utf8");
    const sections = text.split(/\n-{80}\n\n/).slice(1);
    const names = sections.map((section) => section.split(" ")[0]);
    expect(names).toEqual(expect.arrayContaining(["mongodb", "zod", "@octokit/rest"]));
    // The shortest licence, ISC, has more than 600 characters.
    for (const section of sections)
      expect(section).toMatch(/^\S+ \d\S+\nLicence: \S.*\n\n[^]{600}/);
    const lock = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8")) as {
      packages: Record<string, { version: string }>;
    };
    const installed = Object.entries(lock.packages);
    for (const section of sections) {
      const [, name = "", version] = /^(\S+) (\S+)\n/.exec(section) ?? [];
      const ofName = installed.filter(([at]) => at.endsWith(`node_modules/${name}`));
      expect(ofName.map(([, one]) => one.version)).toContain(version);
    }
  });

  it("fail if a package has no text, unless another version of it has one", async () => {
    const place = join(current.folder, "packages");
    const put = async (at: string, version: string, licence?: string) => {
      const folder = join(place, "node_modules", at);
      await mkdir(folder, { recursive: true });
      const manifest = { name: basename(at), version, license: "MIT" };
      await writeFile(join(folder, "package.json"), JSON.stringify(manifest));
      if (licence !== undefined) await writeFile(join(folder, "LICENSE.md"), licence);
    };
    await put("whole", "2.0.0", "Permission is granted");
    await put("other/node_modules/whole", "1.0.0");
    const files = ["node_modules/whole/lib/a.js", "node_modules/other/node_modules/whole/b.js"];
    const text = thirdPartyNotices([...files, "cli/index.ts"], place);
    expect(text.match(/Permission/g)).toHaveLength(2);

    await rm(join(place, "node_modules/whole/LICENSE.md"));
    expect(() => thirdPartyNotices(files, place)).toThrow(/whole 2\.0\.0, whole 1\.0\.0/);
  });
});
