import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { makeProject, type TestProject } from "../project";
import { type EngineRun, makeStack, type TestStack } from "./stack";
import { type Mode, valuesStack } from "./stacks";

const owners = "organization/taskrunner-storage/owner";
/** Options of the connection strings that appear nowhere else: what to search for. */
const migrator = "geheim-one";
const application = "geheim-two";

const life = valuesStack();
let project: TestProject;
let owner: TestStack;

beforeAll(async () => {
  project = await makeProject('export * from "./test/cluster/programs/owner";');
  owner = await makeStack("owner", project.folder, { beside: life.stack });
  const uri = (name: string) => `${life.server.uri}/taskrunner?appName=${name}`;
  await owner.configure({ mongoUri: uri(migrator), appMongoUri: uri(application) });
  expect(await owner.up()).toMatchObject({ failed: false });
});
afterAll(() => project.remove());

const configure = (storageMode: Mode, outputs = { mongoUri: "migratorUri" }) =>
  life.stack.configure({
    storageMode,
    cluster: { kind: "stackReference", stack: owners, outputs },
    backfill: { source: { path: life.root } },
    rollout: { target: "values", directory: life.directory, confirm: "none" },
  });
/** Everything that the engine printed. */
const printed: string[] = [];
const kept = (run: EngineRun) => {
  printed.push(run.output);
  return run;
};

it("an output that the other stack has not is named, with those that it has", async () => {
  await configure("mongo", { mongoUri: "uri" });
  const preview = kept(await life.stack.preview());
  expect(preview.failed).toBe(true);
  const found = `${owners} .*no output uri; .*appMongoUri, migratorUri, region\\.`;
  expect(preview.output).toMatch(new RegExp(found));
  expect(preview.output).not.toContain("error serializing");
});

it("the cutover goes to the other stack's cluster, whose version is known", async () => {
  await configure("mongo");
  kept(await life.up());

  expect(await life.db.collection("pack_runs").countDocuments()).toBe(5);
  expect(await life.stack.outputs()).toMatchObject({ database: "taskrunner" });
});

it("the rollback exports from the same cluster while the other stack is gone", async () => {
  await rm(join(life.stack.folder, "pulumi/.pulumi/stacks/taskrunner-storage/owner.json"));
  const runs = life.db.collection<{ _id: string }>("pack_runs");
  const id = (await runs.findOne())?._id ?? "";
  await runs.updateOne({ _id: id }, { $set: { tenantId: "someone-else" } });

  await configure("filesystem");
  kept(await life.up());
  const file = join(life.root, "state/runs", `${id}.json`);
  expect(await readFile(file, "utf8")).toContain("someone-else");
});

it("no connection string is in the state, the outputs or what was printed", async () => {
  const state = await life.stack.state();

  expect(state).toContain("ciphertext");
  const everything = [state, JSON.stringify(await life.stack.outputs()), ...printed].join();
  for (const secret of [migrator, application]) expect(everything).not.toContain(secret);
});
