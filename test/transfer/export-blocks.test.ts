import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Db, MongoClient, ObjectId } from "mongodb";
import { afterEach, expect, it } from "vitest";
import { exportState, importState, verifyState } from "../../components/transfer";
import { exportCounts } from "./counts";
import { databasePerTest, defaultSides, sidesOf } from "./database";
import {
  addFiles,
  approval,
  artifact,
  entry,
  filesIn,
  jsonIn,
  lines,
  logLine,
  run,
  writeState,
  type StateFiles,
} from "./state";
import { failingCommands } from "./fail-point";

const current = databasePerTest({ failPoints: true });
const { fail, recover } = failingCommands(current);
afterEach(recover);

const { sides, runs, logs } = sidesOf(current);
const artifacts = () => current.db.collection("pack_artifacts");

/** The files of runs with all that belongs to them. */
function filesOf(count: number): StateFiles {
  const runIds = Array.from({ length: count }, (_, at) => `run_${at}`);
  const files = runIds.map((runId) => ({
    [`state/runs/${runId}.json`]: run(runId),
    [`state/approvals/${runId}.json`]: [approval("gate")],
    [`logs/runs/${runId}.ndjson`]: [logLine(1), logLine(2)],
    [`artifacts/${runId}/artifact-manifest.json`]: {
      runId,
      outputs: [artifact("a"), artifact("b")],
    },
  }));
  return Object.assign({}, ...files) as StateFiles;
}

/** How many commands an export sends, by their names. */
function commandsOf(root: string, files = 0): Promise<Record<string, number>> {
  return countCommands(async (database) => {
    expect(await exportState(defaultSides(database, root))).toMatchObject({ files });
  });
}

/** How many commands some work sends, by their names. */
async function countCommands(
  work: (database: Db) => Promise<void>,
): Promise<Record<string, number>> {
  const client = new MongoClient(current.server.uri, { monitorCommands: true });
  const commands: Record<string, number> = {};
  client.on("commandStarted", ({ commandName }) => {
    commands[commandName] = (commands[commandName] ?? 0) + 1;
  });
  try {
    await work(client.db(current.db.databaseName));
  } finally {
    await client.close();
  }
  delete commands.endSessions;
  return commands;
}

it("a second import asks for the checkpoints of a block of runs at once", async () => {
  const root = await writeState(filesOf(40));
  await importState(sides(root));
  const commands = await countCommands(async (database) => {
    expect(await importState(defaultSides(database, root))).toMatchObject({ unchangedFiles: 160 });
  });
  // The look at the forms that services write has its own, whatever the number of runs.
  expect(commands.find).toBeLessThan(15);
  expect(commands).toEqual({ find: commands.find, createIndexes: 1 });
});

it("MongoDB is asked for a block of runs as often as for a few", async () => {
  const root = await writeState(filesOf(6));
  await importState(sides(root));
  const few = await commandsOf(root);
  await addFiles(root, filesOf(40));
  await importState(sides(root));
  expect(await commandsOf(root)).toEqual(few);
  expect(Object.values(few).reduce((sum, count) => sum + count)).toBeLessThan(30);
}, 60_000);

it("what both sides agree on is said once for a block of runs", async () => {
  const root = await writeState(filesOf(3));
  await importState(sides(root));
  await runs().updateMany({}, { $set: { planHash: "by MongoDB" } });
  // Each file is announced before it is written.
  expect(await commandsOf(root, 3)).toMatchObject({ update: 3 + 1 });
  expect(await commandsOf(root)).not.toHaveProperty("update");
});

it("a log that ends like MongoDB's and lacks no entry of it is not touched", async () => {
  const log = lines(logLine(1, { message: "not looked at" }), logLine(2));
  const root = await writeState({ ...filesOf(1), "logs/runs/run_0.ndjson": log });
  await importState(sides(root));
  await logs().updateOne({ message: "not looked at" }, { $set: { message: "entry 1" } });
  expect(await exportState(sides(root))).toMatchObject({ logs: exportCounts(0, {}), files: 0 });
});

it("a log that went on in MongoDB is compared from the last common entry on", async () => {
  const log = lines(logLine(1, { message: "mine" }), logLine(2), logLine(4), logLine(3));
  const root = await writeState({ "logs/runs/r.ndjson": log });
  await logs().insertMany([1, 2, 3, 4, 5].map((sequence) => entry("r", sequence)));
  expect(await exportState(sides(root))).toMatchObject({
    logs: exportCounts(1, { written: 1 }),
    conflicts: { count: 0 },
  });
  expect(await readFile(join(root, "logs/runs/r.ndjson"), "utf8")).toBe(
    log + lines({ ...logLine(5), timestamp: "2025-11-06T10:00:01.000Z" }),
  );
});

it.each([
  ["next to each other", 0],
  ["that end and begin a block", 249],
])("of two new runs %s with one file name the first gets it", async (_where, before) => {
  const fields = { ...run("x"), runId: undefined };
  const others = Array.from({ length: before }, (_, at) => `a!${at}`);
  await runs().insertMany(
    [...others, "a/b", "a:b", "a_b"].map((_id) => ({ ...fields, _id })),
    {
      bypassDocumentValidation: true,
      ignoreUndefined: true,
    },
  );
  await logs().insertMany([entry("a/b", 1), entry("a_b", 1), entry("a_b", 2)]);
  const root = await writeState({});
  const { unwritable } = await exportState(sides(root));
  const named = { detail: expect.stringContaining("run a/b") as string };
  expect(unwritable.cases).toMatchObject(["a_b:1", "a_b:2", "a_b"].map((id) => ({ id, ...named })));
  const files = Object.keys(await filesIn(root)).filter((file) => !file.includes("a!"));
  expect(files).toEqual(["logs/runs/a_b.ndjson", "state/runs/a:b.json", "state/runs/a_b.json"]);
  expect(await jsonIn(root, "state/runs/a_b.json")).toMatchObject({ runId: "a/b" });
});

it("artifacts that are too much for a block are written too", async () => {
  const root = await writeState(filesOf(2));
  await importState(sides(root));
  const notes = "x".repeat(700_000);
  const some = (name: string) => ({ ...artifact(name, { notes, capturedAt: new Date(0) }) });
  const large = ["c", "d", "e"].map((name) => ({ runId: "run_0", ...some(name) }));
  await artifacts().insertMany(large);
  expect(await exportState(sides(root))).toMatchObject({
    artifacts: exportCounts(7, { written: 3, unchanged: 4 }),
  });
  expect(await jsonIn(root, "artifacts/run_0/artifact-manifest.json")).toMatchObject({
    outputs: ["a", "b", "c", "d", "e"].map((name) => ({ name })),
  });
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, artifacts: { equal: 7 } });
});

it.each([
  ["is lost with its connection", { closeConnection: true }],
  ["is of a cursor that the server gave up", { errorCode: 43 }],
])("a reply that %s leaves out no run's artifacts", async (_how, failure) => {
  const ids = ["a", "b", "c"];
  await runs().insertMany(
    ids.map((_id) => ({ ...run(_id), runId: undefined, _id })),
    {
      bypassDocumentValidation: true,
      ignoreUndefined: true,
    },
  );
  // Those of later runs are older.
  const old = (runId: string, at: number) => {
    const bytes = [0xff - runId.charCodeAt(0), at];
    const _id = new ObjectId(Buffer.from(bytes).toString("hex").padEnd(24, "0"));
    return { _id, runId, ...artifact(`artifact ${at}`), capturedAt: new Date(0) };
  };
  // More than come in one reply.
  const each = Array.from({ length: 200 }, (_, at) => at);
  await artifacts().insertMany(ids.flatMap((id) => each.map((at) => old(id, at))));
  const root = await writeState({});
  await fail(["getMore"], { times: 2 }, failure);
  expect(await exportState(sides(root))).toMatchObject({
    artifacts: exportCounts(600, { written: 600 }),
  });
});
