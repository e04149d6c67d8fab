import { setTimeout as sleep } from "node:timers/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { providers as stateSteps } from "../../components/transfer/provider";
import { buildSchema, defaultFolders } from "../../components/contract";
import { observe } from "../../components/migration/planner/observe";
import { providers as schemaSteps } from "../../components/migration/provider";
import { keyToText } from "../../components/migration/schema-steps";
import { closeConnections } from "../../components/mongo";
import { generateSample } from "../../tools/sample";
import { documentOptions } from "../contract/options";
import { serverForTests } from "../server";

/**
 * A cutover and its rollback with the primary's step-down in the middle of each step. `run.mts` runs this
 * on three members of MongoDB; elsewhere it runs on the embedded server, which steps down as well.
 */
const current = serverForTests();
let admin: MongoClient;

beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  admin = await new MongoClient(uriOf()).connect();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await closeConnections();
  await admin.close();
});

/** Options that see a new primary soon, whatever the server's way to tell of one. */
const uriOf = () => `${current.server.uri}/?heartbeatFrequencyMS=500&serverMonitoringMode=poll`;
const stepDown = () =>
  admin.db("admin").command({ replSetStepDown: 2, secondaryCatchUpPeriodSecs: 1, force: true });
const untilPrimary = () =>
  vi.waitFor(
    async () => {
      const { isWritablePrimary } = await admin.db("admin").command({ hello: 1 });
      expect(isWritablePrimary).toBe(true);
    },
    { timeout: 60_000, interval: 100 },
  );

const wanted = buildSchema(documentOptions);
const { collections, approvals } = documentOptions;
const steps = { ...schemaSteps, ...stateSteps };

/** A stack whose services go to MongoDB and back, as the engine sees it: outputs by step. */
interface Stack {
  readonly database: string;
  readonly root: string;
  readonly outputs: Map<string, object>;
}

type Direction = "forward" | "back";

async function newStack(database: string): Promise<Stack> {
  const root = join(current.folder, database);
  await generateSample(root, { runs: 8 });
  return { database, root, outputs: new Map() };
}

async function apply(
  stack: Stack,
  kind: keyof typeof steps,
  own: object = {},
  direction: Direction = "forward",
): Promise<void> {
  const { database, root, outputs } = stack;
  const { name = kind } = own as { readonly name?: string };
  const inputs = {
    direction,
    cutover: 1,
    database,
    root,
    collections,
    approvals,
    folders: defaultFolders,
    uri: uriOf(),
    ledger: "schema_migrations",
    stack: "storage/dev",
    onDataIssue: "fail",
    electionSeconds: 60,
    ...own,
  };
  const before = outputs.get(name);
  const done = before
    ? await steps[kind].update("", before, inputs)
    : await steps[kind].create(inputs);
  outputs.set(name, done.outs as object);
}

async function applySchema(stack: Stack): Promise<void> {
  const checksum = "checksum";
  const asked = { schema: documentOptions, stack: "storage/dev", adopt: false };
  await apply(stack, "LedgerClaim", { ...asked, checksum });
  for (const collection of wanted.collections) await apply(stack, "Collection", collection);
  for (const index of wanted.indexes) {
    await apply(stack, "Index", { ...index, key: keyToText(index.key) });
  }
  await apply(stack, "LedgerCompletion", { checksum });
}

function cutoverAt({ outputs }: Stack): string {
  return (outputs.get("Handover") as { cutoverRecord: { at: string } }).cutoverRecord.at;
}

const logs = { collection: "pack_run_logs" };

/** The rows of the runbook that touch MongoDB, and a run that goes on between the two directions. */
const runbook: readonly (readonly [row: string, run: (stack: Stack) => Promise<void>])[] = [
  ["schema", applySchema],
  ["log expiry suspended", (stack) => apply(stack, "SuspendLogTtl", logs)],
  ["bulk pass", (stack) => apply(stack, "BulkPass")],
  [
    "first-verification",
    (stack) => apply(stack, "FirstVerification", { importedAt: "the bulk pass" }),
  ],
  ["handover", (stack) => apply(stack, "Handover")],
  ["final pass", (stack) => apply(stack, "FinalPass", { cutoverAt: cutoverAt(stack) })],
  ["verification", (stack) => apply(stack, "Verification")],
  ["log expiry set", (stack) => apply(stack, "LogRetention", { ...logs, days: 24_855 })],
  ["a run that goes on", goOn],
  ["handover back", (stack) => apply(stack, "Handover", {}, "back")],
  [
    "final pass back",
    (stack) => apply(stack, "FinalPass", { cutoverAt: cutoverAt(stack) }, "back"),
  ],
];

async function goOn({ database }: Stack): Promise<void> {
  const runs = admin.db(database).collection("pack_runs");
  await runs.updateMany(
    {},
    { $set: { planHash: "sha256:changed" } },
    { writeConcern: { w: "majority" } },
  );
}

/** What both directions leave, without moments. */
async function endOf({ database, outputs }: Stack): Promise<object> {
  const db = admin.db(database);
  const names = Object.values(collections);
  const counts = await Promise.all(names.map((name) => db.collection(name).countDocuments()));
  const { report } = outputs.get("Verification") as { report: { holds: boolean } };
  const { rollback } = outputs.get("Handover") as { rollback: object };
  const { exported, held } = rollback as { exported: object; held?: object };
  const written = { ...exported, elapsedMs: undefined };
  const schema = [...(await observe(db, names)).values()];
  return { counts, holds: report.holds, exported: written, held, schema };
}

it("a cutover and its rollback end the same with an election in the middle of each step", async () => {
  const undisturbed = await newStack("undisturbed");
  const durations = new Map<string, number>();
  for (const [row, run] of runbook) {
    const began = performance.now();
    await run(undisturbed);
    durations.set(row, performance.now() - began);
  }
  const expected = await endOf(undisturbed);
  expect(expected).toMatchObject({ holds: true, exported: { runs: { written: 8 } } });

  const disturbed = await newStack("disturbed");
  for (const [row, run] of runbook) {
    await untilPrimary();
    const half = sleep((durations.get(row) ?? 0) / 2);
    const work = run(disturbed).catch((error: unknown) => {
      throw new Error(`${row} did not survive an election`, { cause: error });
    });
    await Promise.all([work, half.then(stepDown)]);
  }
  await untilPrimary();
  expect(await endOf(disturbed)).toEqual(expected);
}, 600_000);
