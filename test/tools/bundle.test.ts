import { copyFile, mkdir, readFile } from "node:fs/promises";
import { basename, join, relative, resolve } from "node:path";
import { execa } from "execa";
import { beforeAll, expect, it, vi } from "vitest";
import { version } from "../../package.json";
import { generateSample } from "../../sample";
import { bundle } from "../../tools/bundle/bundle";
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
  expect(imported.stdout).toMatch(/^runs +12 +12 +0 +0 +0$/m);
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
  const dockerfile = await readFile(join(root, "Dockerfile"), "utf8");
  const line = (word: string) => new RegExp(`^${word} (.*)$`, "m").exec(dockerfile)?.[1] ?? "";
  const [from = "", to = ""] = line("COPY").split(" ");
  const file = basename(alone);
  expect(from).toBe(`dist/${file}`);
  expect(JSON.parse(line("ENTRYPOINT"))).toEqual(["node", to + file]);
  expect(line("FROM")).toMatch(/^node:24\.\d+\.\d+-/);
  expect(Number(line("USER").split(":")[0])).toBeGreaterThan(0);

  const { stdout } = await execa("make", ["--silent", "bundle"], { cwd: root });
  expect(relative(root, stdout)).toBe(from);
});
