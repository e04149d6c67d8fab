import { cp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample, type SampleCounts } from "../../tools/sample";
import { startMongo, type MongoServer } from "../../tools/parts";
import { serverWithLogins } from "../atlas/site";
import { makeStack, type EngineRun, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";
import { nameIn, engineState, outputsOfStep, type EngineState } from "./state";
import { cutoverKinds, stepsDone, stepsPlanned } from "./steps";
import { deployedMode, ownValues, readSiteValues } from "./values";

const password = "s3cret-of-the-migrator";

allowForEngine();

let stack: TestStack;
let server: MongoServer;
let client: MongoClient;
let db: Db;
let sample: SampleCounts;
let before: readonly string[];
/** Everything that the engine printed, to be searched for secrets at the end. */
const printed: string[] = [];

beforeAll(async () => {
  stack = await makeStack();
  const directory = join(stack.folder, "data");
  server = await serverWithLogins(directory);
  const roles = ["readWrite", "dbAdmin"].map((role) => ({ role, db: "taskrunner" }));
  await asRoot({ createUser: "migrator", pwd: password, roles });
  client = await new MongoClient(uri()).connect();
  db = client.db("taskrunner");
  sample = await generateSample(join(stack.folder, "state"), { runs: 40 });
  await cp("tools/sample/rollout", join(stack.folder, "rollout"), { recursive: true });
  before = await siteFiles();
  await mongoMode();
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await stack.remove();
});

describe("the cutover on the real engine and a server with logins", () => {
  it("says in its preview what each step will do, in their order, and marks no input with it", async () => {
    const preview = kept(await stack.previewAsJson());
    expect(preview.output).not.toContain('"isPreview": true');
    expect(stepsPlanned(preview)).toEqual([
      "Create 4 collections, 3 unique indexes, 6 other indexes in taskrunner.",
      expect.stringMatching(/^Import 40 runs, 1\.\d MB from \S+\/state\.$/),
      "Verify the import, then import what changed meanwhile.",
      "Continue: you have stopped the worker (rollout.workerStopped: 1).",
      "Import the rest, and record cutover 1: then MongoDB is the source of truth.",
      `Write ${ownFile("worker")}: worker in mongo mode.`,
      `Write ${ownFile("web")}: web in mongo mode.`,
      "Import what web wrote to files meanwhile. Then deploy worker and web, and run `taskrunner-storage import --cutover-pass final`.",
      "Verify that MongoDB has every record on disk.",
    ]);
  });

  it("imports the state, rolls out the worker, then web, and verifies it", async () => {
    const up = kept(await stack.up());

    expect(up.failed, up.output).toBe(false);
    expect(up.output).not.toContain("[planned]");
    expect(up.output).toContain("[canary-left-out]");
    const kinds = cutoverKinds.filter((kind) => kind !== "Canary");
    expect(stepsDone(up, [...kinds, "ValuesFile"])).toEqual([
      "BulkPass bulk-pass",
      "FirstVerification first-verification",
      "Handover handover",
      "ValuesFile worker",
      "ValuesFile web",
      "FinalPass final-pass",
      "Verification verification",
    ]);
    expect(await documents()).toEqual(sample);
    const { cutoverAt } = await ledgerRecord();
    expect(up.output).toContain(`source of truth since ${cutoverAt}.`);
    const last = lastLines(up);
    expect(last[0]).toBe(
      `The values files set worker and web to MongoDB since ${cutoverAt} (cutover 1).`,
    );
    expect(last.at(-1)).toMatch(/^To roll back, /);
    expect(last.length).toBeLessThanOrEqual(8);
    expect(await stack.outputs()).toMatchObject({
      storageMode: "mongo",
      database: "taskrunner",
      backfill: sample,
      verification: { holds: true, ...sample },
      rollout: { worker: { mode: "mongo" }, web: { mode: "mongo" } },
      connectionSecretRef: { name: "taskrunner-mongo", key: "connectionString" },
    });
    expect(await outputsOfStep(stack, "bulk-pass")).toMatchObject({
      report: { runs: { read: sample.runs, inserted: sample.runs, quarantined: 0 } },
    });
    expect(await outputsOfStep(stack, "verification")).toMatchObject({
      report: { logs: { files: sample.logs, mongo: sample.logs } },
    });
    const [worker, web] = await ownFiles();
    expect(worker).toContain("- name: Worker__Storage__Mode\n    value: mongo\n");
    expect(web).toContain("- name: TaskRunner__Storage__Mode\n    value: mongo\n");
  });

  it("keeps the order in the state, where the engine takes it from", async () => {
    const { deployment } = await engineState(stack);
    const dependenciesOf = (name: string) =>
      deployment.resources
        .find(({ urn, custom }) => custom && nameIn(urn) === name)
        ?.dependencies?.map(nameIn)
        .sort();

    // Each names its own, and may name what that waits for too.
    expect(dependenciesOf("first-verification")).toContain("bulk-pass");
    expect(dependenciesOf("handover")).toContain("first-verification");
    expect(dependenciesOf("worker")).toContain("handover");
    expect(dependenciesOf("web")).toContain("worker");
    expect(dependenciesOf("final-pass")).toEqual(expect.arrayContaining(["handover", "web"]));
    expect(dependenciesOf("verification")).toContain("final-pass");
    expect(dependenciesOf("log-retention")).toContain("verification");
  });

  it("changes nothing a second time, whatever is written to the files meanwhile", async () => {
    const file = join(stack.folder, "state", "logs", "runs", "late.ndjson");
    await writeFile(file, '{"sequence":1,"message":"not to be imported by a later up"}\n');

    await expectNoChange(/import --cutover-pass final`\. \[final-pass-left\]/);
    await writeFile(file, "");
  });

  it("keeps the state in a refresh whose password was rotated since, and says so", async () => {
    await asRoot({ updateUser: "migrator", pwd: "another" });
    const refresh = kept(await stack.pulumi("refresh", "--yes", "--skip-preview"));
    await asRoot({ updateUser: "migrator", pwd: password });

    expect(refresh.failed).toBe(false);
    expect(refresh.output).toMatch(/pack_runs .*127\.0\.0\.1.*\[not-refreshed\]/);
    expect(refresh.output).toMatch(/Resources:\n\s+\d+ unchanged/);
  });

  it("gets the step of the first verification by one up that runs no pass, if an earlier version cut over", async () => {
    await stack.restate(withoutFirst(await engineState(stack)));
    const file = join(stack.folder, "state", "state", "runs", "late.json");
    await writeFile(file, "{");
    const up = kept(await stack.up());
    await rm(file);

    expect(up.failed, up.output).toBe(false);
    expect(up.output).toContain("Nothing was verified, because the bulk pass imported nothing.");
    expect(up.output).not.toMatch(/import:|cannot be imported/);
    expect(await stack.outputs()).toMatchObject({ backfill: { runs: sample.runs } });
    await expectNoChange();
  });

  it("goes back to files with the server stopped, and leaves the site's own values as they were", async () => {
    await client.close();
    await server.stop();
    await stack.configure({ ...settings(), storageMode: "filesystem" });

    const preview = kept(await stack.preview());
    expect(stepsPlanned(preview)).toEqual([
      expect.stringMatching(
        /^Export what changed in MongoDB to \S+\/state, before the worker stops\.$/,
      ),
      "Export the rest, and end cutover 1.",
      `Write ${ownFile("worker")}: worker in filesystem mode.`,
      `Write ${ownFile("web")}: web in filesystem mode.`,
      "Export what web wrote to MongoDB meanwhile. Then deploy worker and web, and run `taskrunner-storage export`.",
    ]);
    // The record of the cutover, the worker, three exports and two values files; nothing of the database.
    expect(preview.output).toMatch(/Resources:\n\s+~ 7 to update\n\s+\d+ unchanged/);
    expect(preview.output).not.toMatch(/[~+-] pulumi-nodejs:dynamic\/mongo:/);
    expect(preview.output).toContain("[would-not-export]");
    const up = kept(await stack.up());
    expect(up).toMatchObject({ failed: false });
    expect(up.output).toContain("[not-exported]");
    expect(preview.output).not.toContain("Worker and web ");
    expect(lastLines(up)).toEqual(
      expect.arrayContaining([
        "The values files set worker and web to files. Cutover 1 was rolled back.",
        expect.stringMatching(/ held in .*, so that no step runs twice\.$/),
        expect.stringMatching(/^Next: run `taskrunner-storage export` /),
      ]),
    );
    expect(await deployedMode(directory(), "worker")).toBe("filesystem");
    expect(await siteFiles()).toEqual(before);
    expect(await stack.outputs()).toMatchObject({
      storageMode: "filesystem",
      database: "taskrunner",
      rollout: { worker: { mode: "filesystem" }, web: { mode: "filesystem" } },
      // What MongoDB had when it was last counted.
      verification: { logs: sample.logs },
    });
  });

  it("refreshes and stays unchanged while the server is still stopped", async () => {
    kept(await stack.pulumi("refresh", "--yes", "--skip-preview"));

    await expectNoChange(/taskrunner-storage export`\. \[final-pass-left\]/);
  });

  it("goes forward again as a second cutover", async () => {
    server = await startMongo({ directory: join(stack.folder, "data"), auth: true });
    client = await new MongoClient(uri()).connect();
    db = client.db("taskrunner");
    const first = await ledgerRecord();
    await mongoMode();
    const up = kept(await stack.up());

    expect(up.failed, up.output).toBe(false);
    const { cutoverAt } = await ledgerRecord();
    expect(Date.parse(cutoverAt)).toBeGreaterThan(Date.parse(first.cutoverAt));
    expect(await documents()).toEqual(sample);
    expect(await stack.outputs()).toMatchObject({
      backfill: { logs: sample.logs },
      verification: { holds: true },
      rollback: null,
    });
    expect(await outputsOfStep(stack, "bulk-pass")).toMatchObject({
      report: { logs: { read: sample.logs, unchanged: sample.logs, inserted: 0 } },
    });
  });

  it("lets no password out: not in the state, not in an output, not on the screen", async () => {
    const state = await stack.state();
    const files = await ownFiles();
    const ledger = JSON.stringify(await db.collection("schema_migrations").find().toArray());

    expect(state).not.toContain("isPreview");
    expect([state, ...printed, ...files, ledger].join("\n")).not.toContain(password);
    expect(state).toContain("ciphertext");
  });
});

/** A state from before the first verification was a step: the bulk pass did it, and said when. */
function withoutFirst({ deployment }: EngineState): object {
  const isFirst = (urn: string) => urn.includes("FirstVerification");
  const resources = deployment.resources.flatMap(({ dependencies = [], ...resource }) => {
    if (isFirst(resource.urn)) return [];
    const { importedAt: verifiedAt, ...outputs } = (resource.outputs ?? {}) as Outputs;
    return {
      ...resource,
      dependencies: dependencies.filter((urn) => !isFirst(urn)),
      propertyDependencies: {},
      ...(resource.outputs && { outputs: { ...outputs, ...(verifiedAt && { verifiedAt }) } }),
    };
  });
  return { version: 3, deployment: { ...deployment, resources } };
}

interface Outputs {
  readonly importedAt?: string;
}

/** Neither a preview nor `up` changes a resource, and neither prints an output; the preview may say what is left. */
async function expectNoChange(left?: RegExp): Promise<void> {
  const preview = kept(await stack.preview());
  if (left) expect(preview.output).toMatch(left);
  for (const { output } of [preview, kept(await stack.up())]) {
    expect(output).toMatch(/Resources:\n\s+\d+ unchanged/);
    expect(output).not.toContain("[planned]");
    expect(output).not.toMatch(/^Outputs:[^]*^ *[+~-]/m);
  }
}

/** What the program says after the last step. */
function lastLines({ output }: EngineRun): string[] {
  const rows = output.slice(0, output.indexOf("\nDiagnostics:")).split("\n");
  const step = rows.findLastIndex((row) => /dynamic\/\S+ \S+ (created|updated) /.test(row));
  const said = /pulumi:pulumi:Stack \S+ (?:creating|updating|running)? ?(?:\(\S+\) )?(.+)/;
  const lines = rows.slice(step + 1).flatMap((row) => said.exec(row)?.[1]?.trim() ?? []);
  // The stack's own row comes last.
  return lines.filter((line) => !/\d+ messages$/.test(line));
}

function kept(run: EngineRun): EngineRun {
  printed.push(run.output);
  return run;
}

/** The ledger's record, its moment in ISO 8601. */
async function ledgerRecord(): Promise<{ readonly cutoverAt: string }> {
  const record = await db.collection("schema_migrations").findOne({});
  return { cutoverAt: (record?.cutoverAt as Date | undefined)?.toISOString() ?? "none" };
}

const uri = () =>
  `mongodb://migrator:${password}@127.0.0.1:${server.port}/taskrunner?authSource=admin`;

const settings = () => ({
  backfill: { source: { path: join(stack.folder, "state") } },
  rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
});

const mongoMode = () => stack.configure({ ...settings(), mongoUri: uri() });

const directory = () => join(stack.folder, "rollout");
const ownFile = (service: string) => join(directory(), `taskrunner-storage.${service}.values.yaml`);
const siteFiles = () =>
  Promise.all([readSiteValues(directory(), "worker"), readSiteValues(directory(), "web")]);
const ownFiles = () =>
  Promise.all([ownValues(directory(), "worker"), ownValues(directory(), "web")]);

async function documents(): Promise<SampleCounts> {
  const count = (name: string) => db.collection(name).countDocuments();
  return {
    runs: await count("pack_runs"),
    logs: await count("pack_run_logs"),
    artifacts: await count("pack_artifacts"),
    approvals: await count("pack_run_approvals"),
  };
}

/** A command of the administrator's. */
async function asRoot(command: object): Promise<void> {
  const root = await new MongoClient(`mongodb://root:root@127.0.0.1:${server.port}/`).connect();
  await root.db("admin").command({ ...command });
  await root.close();
}
