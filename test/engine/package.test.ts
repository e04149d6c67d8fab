import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { dependencies } from "../../package.json";
import { generateSample } from "../../tools/sample";
import { repository } from "../../tools/parts";
import { type BorrowedServer, borrowServer } from "../pool";
import { exampleSettings } from "./example";
import { makeStack, type TestStack } from "./stack";
import { deployedMode } from "./values";

const minutes = 60_000;
/** What the package has as optional peers, or not at all. */
const unneeded = ["@pulumi/kubernetes", "@pulumi/mongodbatlas", "@pulumi/policy", "tsx"];

/** The deployment repository of a user. */
let project: string;
let stack: TestStack;
let server: BorrowedServer;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "deployment-"));
  await cp(join(repository, "examples/package"), project, { recursive: true });
  await install();
  await cp(join(repository, "tools/sample/rollout"), join(project, "deploy"), { recursive: true });
  stack = await makeStack("test", project);
  server = await borrowServer();
  await generateSample(join(stack.folder, "state"), { runs: 5 });
}, 15 * minutes);
afterAll(async () => {
  await server.release();
  await stack.remove();
  await rm(project, { recursive: true });
});

/** Builds and packs the package and installs the file, beside those packages only that it and the example name. */
async function install(): Promise<void> {
  await execa("make", ["package"], { cwd: repository });
  const npm = async (...args: string[]) =>
    (await execa("npm", [...args, "--offline", "--no-audit", "--no-fund"], { cwd: project }))
      .stdout;
  const tarball = await npm("pack", join(repository, "dist/package"), "--silent");
  // Links into the repository's own packages, so that no registry is asked.
  const others = Object.keys(dependencies).filter((name) => !unneeded.includes(name));
  const links = others.map((name) => `${name}@file:${join(repository, "node_modules", name)}`);
  await npm("install", "--ignore-scripts", "--install-links=false", `./${tarball}`, ...links);
}

async function configure(storageMode: "mongo" | "filesystem") {
  await stack.configure({
    ...(await exampleSettings("package/Pulumi.package.yaml")),
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: { target: "values", directory: "deploy", confirm: "none" },
  });
}

const modes = () =>
  Promise.all(
    (["worker", "web"] as const).map((service) => deployedMode(join(project, "deploy"), service)),
  );

it(
  "a program of the package goes from files to MongoDB",
  async () => {
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
  },
  8 * minutes,
);

it(
  "and back",
  async () => {
    await configure("filesystem");
    const up = await stack.up();

    expect(up.failed, up.output).toBe(false);
    expect(await modes()).toEqual(["filesystem", "filesystem"]);
  },
  8 * minutes,
);
