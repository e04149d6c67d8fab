import { chmod, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { execa } from "execa";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { dependencies } from "../../package.json";
import { generateSample } from "../../tools/sample";
import { engine, engineEnvironment, repository } from "../../tools/parts";
import { type BorrowedServer, borrowServer } from "../pool";
import { makeProject, type TestProject } from "../project";
import { exampleSettings } from "./example";
import { makeStack, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";
import { deployedMode } from "./values";

/** What the package has as optional peers, or not at all. */
const unneeded = ["@pulumi/kubernetes", "@pulumi/mongodbatlas", "@pulumi/policy", "tsx"];

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
  await newProject();
  await install();
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

/** Makes the project anew from the template, without what `npm install` would ask of a registry. */
async function newProject(): Promise<void> {
  await project.remove();
  const location = join(stack.folder, "new");
  await mkdir(location);
  await writeFile(join(location, "npm"), "#!/bin/sh\nmkdir -p node_modules\n");
  await chmod(join(location, "npm"), 0o755);
  const env = await engineEnvironment(await engine(), location, "a passphrase of the tests");
  const template = join(repository, "examples/package");
  const asked = ["--name", "taskrunner-storage", "--stack", "dev", "--dir", project.folder];
  const path = [location, env.PATH].join(delimiter);
  await execa("pulumi", ["new", template, ...asked, "--yes"], { env: { ...env, PATH: path } });
}

/** Builds and packs the package and installs the file, beside those packages only that it and the example name. */
async function install(): Promise<void> {
  await execa("make", ["package"], { cwd: repository });
  const { folder: cwd } = project;
  const npm = async (...args: string[]) =>
    (await execa("npm", [...args, "--offline", "--no-audit", "--no-fund"], { cwd })).stdout;
  const tarball = await npm("pack", join(repository, "dist/package"), "--silent");
  // Links into the repository's own packages, so that no registry is asked.
  const others = Object.keys(dependencies).filter((name) => !unneeded.includes(name));
  const links = others.map((name) => `${name}@file:${join(repository, "node_modules", name)}`);
  await npm("install", "--ignore-scripts", "--install-links=false", `./${tarball}`, ...links);
  const deployed = join(cwd, "deploy");
  await cp(join(repository, "tools/sample/rollout"), deployed, { recursive: true });
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
