import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeStack, type StackSettings, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";
import { type BorrowedServer, borrowServer } from "../pool";

const repository = resolve(__dirname, "../..");

allowForEngine();

let project: string;
let stack: TestStack;
let server: BorrowedServer;
let client: MongoClient;

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "edited-"));
  for (const part of ["components", "index.ts", "program.cjs", "package.json", "Pulumi.yaml"]) {
    await cp(join(repository, part), join(project, part), { recursive: true });
  }
  await symlink(join(repository, "node_modules"), join(project, "node_modules"));
  stack = await makeStack("test", project);
  server = await borrowServer();
  client = await new MongoClient(server.uri).connect();
  await cp("tools/sample/rollout", join(stack.folder, "rollout"), { recursive: true });
});
afterAll(async () => {
  await client.close();
  await server.release();
  await stack.remove();
  await rm(project, { recursive: true });
});

const configure = (settings: StackSettings = {}) =>
  stack.configure({
    mongoUri: `${server.uri}/taskrunner`,
    rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
    ...settings,
  });
const record = () => client.db("taskrunner").collection("schema_migrations").findOne();

it("an edit of a provider's .ts file counts in the next up, without a build", async () => {
  await configure();
  expect(await stack.up()).toMatchObject({ failed: false });
  expect(await record()).not.toMatchObject({ toolVersion: "edited" });

  const file = join(project, "components", "migration", "record.ts");
  const code = await readFile(file, "utf8");
  await writeFile(file, code.replace("toolVersion: version", 'toolVersion: "edited"'));
  await configure({ tenancy: "enforced" });
  expect(await stack.up()).toMatchObject({ failed: false });
  expect(await record()).toMatchObject({ toolVersion: "edited" });
});
