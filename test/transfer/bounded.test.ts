import { afterEach, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { type ConnectionOptions, closeConnections, databaseAt } from "../../components/mongo";
import { providers } from "../../components/transfer/provider";
import { documentOptions } from "../contract/options";
import { examinedBy, watchedOptions } from "../examined";
import { addFiles, artifact, run } from "./state";
import { type Outs, RollbackStack, finished, running, sampleFiles } from "./rollback-stack";

const stack = new RollbackStack();
const { BulkPass, Handover, FinalPass } = providers;
afterEach(closeConnections);

/** Runs that nobody has touched for a day. */
const oldRuns = 150;
const oldFiles = Object.fromEntries(
  Array.from({ length: oldRuns }, (_, at) => [
    [`state/runs/old-${at}.json`, run(`old-${at}`, { updatedAt: "2025-11-05T10:00:02.5Z" })],
    [`artifacts/old-${at}/artifact-manifest.json`, { outputs: [artifact("a")] }],
  ])
    .flat()
    .map(([name, content]) => [name as string, JSON.stringify(content)]),
);

/** What MongoDB looks at for a step, by collection. A rollback has a connection of its own, by its options. */
async function examined(
  step: (uri: string) => Promise<unknown>,
  options: ConnectionOptions = {},
): Promise<Record<string, number>> {
  const uri = `${stack.server.uri.replace(/\/?$/, "/")}?${watchedOptions}`;
  const database = await databaseAt({ uri, database: stack.database }, options);
  const counts = await examinedBy(database, () => step(uri));
  expect(counts).toHaveProperty("pack_runs");
  return counts;
}

const few = 20;
const areFew = (counts: Record<string, number>) =>
  Object.entries(counts).filter(([, count]) => count > few);

it("while the worker is stopped MongoDB looks at the runs that changed or are unfinished, however many there are", async () => {
  for (const { collection, key } of buildSchema(documentOptions).indexes) {
    await stack.db.collection(collection).createIndex(key);
  }
  await addFiles(stack.root, { ...oldFiles, ...sampleFiles });
  await BulkPass.create(stack.inputs());
  await addFiles(stack.root, { "state/runs/busy.json": run("busy", finished) });
  let before: Outs = {};
  const forward = await examined(async (uri) => {
    before = (await Handover.create(stack.inputs({ uri }))).outs as Outs;
  });
  expect(areFew(forward)).toEqual([]);
  expect(before).toHaveProperty("cutoverRecord");

  await stack.change("slow", { ...finished, updatedAt: new Date() });
  await BulkPass.create(stack.toFiles());
  await stack.change("busy", { planHash: "later", updatedAt: new Date() });
  const rollback = (uri: string) => Handover.update("id", before, stack.toFiles({ uri }));
  const back = await examined(rollback, { selectionTimeoutMs: 5_000 });
  expect(areFew(back)).toEqual([]);
  expect(await stack.onDisk("busy")).toMatchObject({ planHash: "later" });
});

it("the bulk pass of a rollback exports the log of a run at work, and the final pass what has no run", async () => {
  const before = await stack.cutover();
  const logs = stack.db.collection("pack_run_logs");
  const [entry] = await logs.find({ runId: "busy" }, { projection: { _id: 0 } }).toArray();
  await logs.insertOne({ ...entry, sequence: 2 });
  await logs.insertOne({ ...entry, runId: "gone" });
  await BulkPass.create(stack.toFiles());
  const files = async () =>
    Object.keys(await stack.files()).filter((name) => name.includes("logs/"));
  expect((await stack.files())["logs/runs/busy.ndjson"]).toMatch(/"sequence":1.*\n.*"sequence":2/);
  expect(await stack.onDisk("busy")).toMatchObject(running);

  const back = (await Handover.update("id", before, stack.toFiles())).outs as Outs;
  expect(await files()).toEqual(["logs/runs/busy.ndjson"]);
  await FinalPass.create(stack.second(back, { direction: "back" }));
  expect(await files()).toEqual(["logs/runs/busy.ndjson", "logs/runs/gone.ndjson"]);
});
