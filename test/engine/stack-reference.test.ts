import { cp, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { makeProject, type TestProject } from "../project";
import { makeStack, type EngineRun, type TestStack } from "./stack";
import { ownValues } from "./values";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;
const owners = "organization/taskrunner-storage/owner";

let stack: TestStack;
let project: TestProject;
let owner: TestStack;
let server: BorrowedServer;
let client: MongoClient;
let empty: BorrowedServer;

beforeAll(async () => {
  stack = await makeStack();
  project = await makeProject('export * from "./test/cluster/programs/owner";');
  owner = await makeStack("owner", project.folder, { beside: stack });
  server = await borrowServer();
  empty = await borrowServer();
  client = await new MongoClient(server.uri).connect();
  await cp("tools/sample/rollout", directory(), { recursive: true });
  await generateSample(join(stack.folder, "state"), { runs: 5 });
}, 15 * minutes);
afterAll(async () => {
  await client.close();
  await empty.release();
  await server.release();
  await stack.remove();
  await project.remove();
});

const directory = () => join(stack.folder, "rollout");
/** Options of the connection strings that appear nowhere else: what to search for. */
const migrator = "geheim-one";
const application = "geheim-two";
const rotated = "geheim-three";
const uri = (name: string) => `${server.uri}/taskrunner?appName=${name}`;
const own = (name: string, mongoUri = uri(name)) =>
  owner.configure({ mongoUri, appMongoUri: uri(application) });
const configure = (storageMode: string, outputs = { mongoUri: "migratorUri" }) =>
  stack.configure({
    storageMode,
    cluster: { kind: "stackReference", stack: owners, outputs },
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: { target: "values", directory: directory(), confirm: "none" },
  });
/** Everything that the engine printed. */
const printed: string[] = [];
const kept = async (running: Promise<EngineRun>) => {
  const run = await running;
  printed.push(run.output);
  return run;
};

it(
  "an output that the other stack has not is named, with those that it has",
  async () => {
    await own(migrator);
    expect(await owner.up()).toMatchObject({ failed: false });
    await configure("mongo", { mongoUri: "uri" });

    const preview = await kept(stack.preview());
    expect(preview.failed).toBe(true);
    const found = `${owners} .*no output uri; .*appMongoUri, migratorUri, region\\.`;
    expect(preview.output).toMatch(new RegExp(found));
    expect(preview.output).not.toContain("error serializing");
  },
  10 * minutes,
);

it(
  "the cutover goes to the other stack's cluster, whose version is known",
  async () => {
    await configure("mongo");
    expect(await kept(stack.up())).toMatchObject({ failed: false });

    expect(await client.db("taskrunner").collection("pack_runs").countDocuments()).toBe(5);
    expect(await stack.outputs()).toMatchObject({ database: "taskrunner" });
  },
  10 * minutes,
);

it(
  "a rotation in the other stack is taken over, and nothing is done for it",
  async () => {
    await own(rotated);
    expect(await owner.up()).toMatchObject({ failed: false });

    const up = await kept(stack.up());
    expect(up).toMatchObject({ failed: false });
    expect(up.output).not.toMatch(/import .*: |created/);
  },
  10 * minutes,
);

it(
  "another, empty server is refused while the services work on the first, and so is an export from it",
  async () => {
    await own(rotated, `${empty.uri}/taskrunner?appName=${rotated}`);
    expect(await owner.up()).toMatchObject({ failed: false });
    const worker = () => ownValues(directory(), "worker");
    const values = await worker();
    const place = `127.0.0.1:${empty.port}/taskrunner/schema_migrations`;

    const preview = await kept(stack.preview());
    expect(preview).toMatchObject({ failed: false });
    expect(preview.output).toMatch(/warning: .*127[^]*\[stop: other-database\]/);
    const up = await kept(stack.up());
    expect(up).toMatchObject({ failed: true });
    expect(up.output).toMatch(new RegExp(`Refusing .*${place}: .*not a copy`));
    expect(up.output).toMatch(/set advanced\.acceptDatabase: 20\S+@127\.0\.0\.1:\d+\/taskrunner/);

    // What the rollback finds in the state is the other server now.
    await configure("filesystem");
    const back = await kept(stack.up());
    expect(back).toMatchObject({ failed: true });
    expect(back.output).toContain("no record of that fence");
    // Whether the engine kept the claim's inputs of an `up` that failed decides which of both says no.
    await configure("mongo");
    const forward = await kept(stack.up());
    expect(forward).toMatchObject({ failed: true });
    expect(forward.output).toMatch(/Refusing to switch|no record of that fence/);
    expect(await worker()).toBe(values);
  },
  10 * minutes,
);

it(
  "as the refusal says, the former server is named again, and everything goes on",
  async () => {
    await own(rotated);
    expect(await owner.up()).toMatchObject({ failed: false });
    expect(await kept(stack.up())).toMatchObject({ failed: false });
    expect(await client.db("taskrunner").collection("pack_runs").countDocuments()).toBe(5);
  },
  10 * minutes,
);

it(
  "the rollback exports from the same cluster while the other stack is gone",
  async () => {
    await rm(join(stack.folder, "pulumi/.pulumi/stacks/taskrunner-storage/owner.json"));
    const runs = client.db("taskrunner").collection<{ _id: string }>("pack_runs");
    const run = await runs.findOne();
    const id = run?._id ?? "";
    await runs.updateOne({ _id: id }, { $set: { tenantId: "someone-else" } });

    await configure("filesystem");
    expect(await kept(stack.up())).toMatchObject({ failed: false });
    const file = join(stack.folder, "state/state/runs", `${id}.json`);
    expect(await readFile(file, "utf8")).toContain("someone-else");
  },
  10 * minutes,
);

it("no connection string is in the state, the outputs or what was printed", async () => {
  const state = await stack.state();

  expect(state).toContain("ciphertext");
  const everything = [state, JSON.stringify(await stack.outputs()), ...printed].join();
  for (const secret of [migrator, application, rotated]) expect(everything).not.toContain(secret);
});
