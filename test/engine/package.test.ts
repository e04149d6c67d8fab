import { globSync } from "node:fs";
import { chmod, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { dependencies } from "../../package.json";
import { generateSample } from "../../tools/sample";
import { engine, engineEnvironment, repository } from "../../tools/parts";
import { installPacked } from "../packed";
import { type BorrowedServer, borrowServer } from "../pool";
import { makeProject, type TestProject } from "../project";
import { exampleSettings } from "./example";
import { makeStack, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";
import { deployedMode } from "./values";

allowForEngine();

/** The deployment repository of a user, which was a clone of this one before. */
let project: TestProject;
/** A stack of before, and one that comes with the package. */
let movedStack: TestStack;
let stack: TestStack;
let server: BorrowedServer;

beforeAll(async () => {
  project = await makeProject(await readFile(join(repository, "index.ts"), "utf8"));
  movedStack = await makeStack("moved", project.folder);
  stack = await makeStack("test", project.folder);
  server = await borrowServer();
  for (const { folder } of [movedStack, stack])
    await generateSample(join(folder, "state"), { runs: 5 });
  await cutOverFromClone();
  await project.remove();
  await newProject(project.folder);
  await installPacked(project.folder);
  const deployed = join(project.folder, "deploy");
  await cp(join(repository, "tools/sample/rollout"), deployed, { recursive: true });
});
afterAll(async () => {
  await server.release();
  await movedStack.remove();
  await stack.remove();
  await project.remove();
});

/** A cutover of the stack that moves to the package later. */
async function cutOverFromClone(): Promise<void> {
  const directory = join(movedStack.folder, "rollout");
  await cp(join(repository, "tools/sample/rollout"), directory, { recursive: true });
  await movedStack.configure({
    storageMode: "mongo",
    mongoUri: `${server.uri}/moved`,
    backfill: { source: { path: join(movedStack.folder, "state") } },
    rollout: { target: "values", directory, confirm: "none" },
  });
  const up = await movedStack.up();
  expect(up.failed, up.output).toBe(false);
}

/** Makes a project from the template, without what `npm install` would ask of a registry. */
async function newProject(folder: string, ...options: readonly string[]): Promise<void> {
  const location = join(stack.folder, "new");
  await mkdir(location, { recursive: true });
  await writeFile(join(location, "npm"), "#!/bin/sh\nmkdir -p node_modules\n");
  await chmod(join(location, "npm"), 0o755);
  const env = await engineEnvironment(await engine(), location, "a passphrase of the tests");
  const template = join(repository, "examples/package");
  const asked = ["--name", "taskrunner-storage", "--stack", "dev", "--dir", folder, ...options];
  const path = [location, env.PATH].join(delimiter);
  await execa("pulumi", ["new", template, ...asked, "--yes"], { env: { ...env, PATH: path } });
}

async function configure(storageMode: "mongo" | "filesystem") {
  await stack.configure({
    ...(await exampleSettings("package/Pulumi.dev.yaml")),
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: { target: "values", directory: "deploy", confirm: "none" },
  });
}

const modes = () =>
  Promise.all(
    (["worker", "web"] as const).map((service) =>
      deployedMode(join(project.folder, "deploy"), service),
    ),
  );

it("`pulumi new` makes a project of the example, with the settings of a first stack", async () => {
  const written = async (...path: readonly string[]) =>
    parse(await readFile(join(...path), "utf8")) as { readonly config: object };
  const example = join(repository, "examples/package");
  expect(await written(project.folder, "Pulumi.yaml")).not.toHaveProperty("template");
  const { config } = await written(project.folder, "Pulumi.dev.yaml");
  expect(config).toEqual((await written(example, "Pulumi.dev.yaml")).config);
  // What it asks a person for is encrypted.
  expect(await written(example, "Pulumi.yaml")).toMatchObject({
    template: { config: { mongoUri: { secret: true } } },
  });
});

it("`pulumi new` refuses a name that is taken, and makes the files with --generate-only", async () => {
  const other = join(stack.folder, "other");
  await expect(newProject(other)).rejects.toThrow("project with this name already exists");
  await newProject(other, "--generate-only");
  expect(await readFile(join(other, "Pulumi.dev.yaml"), "utf8")).toContain("storageMode");
});

const installed = () => join(project.folder, "node_modules/taskrunner-storage");

it("the package says what npm and Pulumi's registry look for, and nothing of the repository", async () => {
  const text = await readFile(join(installed(), "package.json"), "utf8");
  const manifest = JSON.parse(text) as object;
  expect(manifest).toMatchObject({
    keywords: ["pulumi", "kind/component", "mongodb", "migration"],
    homepage: "https://github.com/o/r#readme",
    bugs: "https://github.com/o/r/issues",
    // As npm asks of a provenance.
    repository: { type: "git", url: "git+https://github.com/o/r.git" },
    peerDependencies: { "@pulumi/kubernetes": dependencies["@pulumi/kubernetes"] },
  });
  for (const key of ["prettier", "scripts", "devDependencies", "private"])
    expect(manifest).not.toHaveProperty(key);
  expect(globSync("**/*.map", { cwd: installed() })).toEqual([]);
});

it("its README has the program, the first stack file, and links that lead from npm", async () => {
  const readme = await readFile(join(installed(), "README.md"), "utf8");
  for (const file of ["index.ts", "Pulumi.dev.yaml"]) {
    const text = await readFile(join(repository, "examples/package", file), "utf8");
    expect(readme.replaceAll(/^ {4}/gm, "")).toContain(text.trimEnd());
  }
  const links = [...readme.matchAll(/\]\(([^)]*)\)/g)].map(([, address = ""]) => address);
  expect(links.length).toBeGreaterThan(8);
  expect(links.filter((one) => !one.startsWith("https://"))).toEqual([]);
  expect(readme).not.toContain("<!--");
});

/** What the compiler says of a program that opens each door, and of one with a mistake in each of its last lines. */
const programs = {
  "doors.ts": `
import { output } from "@pulumi/pulumi";
import { TaskRunnerStorage, type TaskRunnerStorageArgs } from "taskrunner-storage";
import { version } from "taskrunner-storage/package.json";
import { policies } from "taskrunner-storage/policy";
import { load } from "taskrunner-storage/provider";

const mongoUri = output("mongodb://127.0.0.1/taskrunner");
const rollout = { target: "values", directory: "deploy", confirm: "none" } as const;
const args: TaskRunnerStorageArgs = { storageMode: "mongo", mongoUri, rollout };
export const { cutover } = new TaskRunnerStorage("taskrunner", args);
export const others = [policies.length, load, version];
`,
  "mistakes.ts": `
import { output } from "@pulumi/pulumi";
import { settingsOf, TaskRunnerStorage } from "taskrunner-storage";
const storageMode = "mongo";
const rollout = { target: "values", directory: "deploy", confirm: "none" } as const;
new TaskRunnerStorage("taskrunner", { storageMode, rollout, storagMode: "mongo" });
new TaskRunnerStorage("taskrunner", { storageMode: "mongodb", rollout });
settingsOf({ storageMode });
settingsOf({ storageMode, rollout, mongoUri: output(5) });
settingsOf({ storageMode, rollout: { ...rollout, timeoutSeconds: "60" } });
`,
};

it("`tsc --strict` takes a program of all doors, and refuses five mistakes, each at its line", async () => {
  for (const [name, text] of Object.entries(programs))
    await writeFile(join(project.folder, name), text);
  const tsc = join(repository, "node_modules/.bin/tsc");
  const strict = ["--project", project.folder, "--strict", "--skipLibCheck", "false"];
  const { stdout } = await execa(tsc, strict, { cwd: project.folder, reject: false });
  // Other packages are links to where each has types of Node.js of its own.
  const errors = stdout.split("\n").filter((line) => /^(?!\.\.).*: error TS/.test(line));
  // Declarations name the optional peers, which this project does not have.
  const own = errors.filter((line) => !/Cannot find module '@pulumi\/\w+'/.test(line));

  expect(own.map((line) => line.replace(/,.*/, ""))).toEqual(
    [6, 7, 8, 9, 10].map((line) => `mistakes.ts(${line}`),
  );
});

it("its policy pack runs by its file", async () => {
  await configure("filesystem");
  const pack = join(installed(), "policy/bin.cjs");
  const preview = await stack.pulumi("preview", "--policy-pack", pack);
  expect(preview.failed, preview.output).toBe(false);
  expect(preview.output).toMatch(/taskrunner-storage@v0\.2\.0/);
});

it("a stack of a clone goes on with the package, unchanged, and is refreshed", async () => {
  for (const command of ["up", "refresh"]) {
    const run = await movedStack.pulumi(command, "--yes", "--skip-preview");
    expect(run.failed, run.output).toBe(false);
    expect(run.output).toMatch(/Resources:\n\s+\d+ unchanged\n/);
  }
});

it("a program of the package goes from files to MongoDB", async () => {
  await configure("filesystem");
  const first = await stack.up();
  expect(first.failed, first.output).toBe(false);
  await configure("mongo");
  const up = await stack.up();

  expect(up.failed, up.output).toBe(false);
  expect(await modes()).toEqual(["mongo", "mongo"]);
  const client = await new MongoClient(server.uri).connect();
  expect(await client.db("taskrunner").collection("pack_runs").countDocuments()).toBe(5);
  await client.close();
  expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
});

it("and back", async () => {
  await configure("filesystem");
  const up = await stack.up();

  expect(up.failed, up.output).toBe(false);
  expect(await modes()).toEqual(["filesystem", "filesystem"]);
});
