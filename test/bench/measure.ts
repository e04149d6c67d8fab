import { MongoClient, type Collection, type Db } from "mongodb";
import {
  exportState,
  importState,
  verifyState,
  type BothSides,
  type Report,
  recordCutover,
} from "../../components/transfer";
import { groupsOnDisk, workOn } from "../../components/transfer/disk";
import { exportFinished } from "../../components/transfer/export/export";
import { exportBeforeEnd } from "../../components/transfer/export/unfinished";
import { finishedSinceImport } from "../../components/transfer/finished";
import { compareUnfinished } from "../../components/transfer/import/guard";
import { Tally } from "../../components/transfer/tally";
import { type ReadyRecord, mapLimit, readDeltaScope, saveDeltaScope } from "../../components/state";
import {
  collectionRoles,
  collections,
  defaultFolders,
  type CollectionRole,
} from "../../components/contract";
import { closeConnections, databaseAt } from "../../components/mongo";
import { peakMb } from "../memory";
import { ledgerName, logsWithIndexes, defaultNames, source } from "./sides";
import type { Measured, Task } from "./task";

/** One measurement in its own process: TASK names it, the result is JSON on standard output. */
async function main(): Promise<void> {
  const task = JSON.parse(process.env.TASK ?? "{}") as Task;
  console.log(JSON.stringify(await works[task.work](task)));
}

const works: Readonly<Record<Task["work"], (task: Task) => Promise<Measured>>> = {
  sink: ({ root }) => measure(() => readBatches(root)),
  pipeline: ({ root, database }) =>
    withDatabase(database, (db) =>
      measure(async () =>
        countIn(await importState({ ...source(root), ...defaultNames, database: db })),
      ),
    ),
  driver: ({ root, database }) =>
    withDatabase(database, async (db) => {
      const batches: ReadyRecord[][] = [];
      await readBatches(root, (records) => void batches.push([...records]));
      const logs = db.collection(collections.logs.name, { writeConcern: { w: "majority" } });
      return measure(() => insertAll(logs, batches));
    }),
  import: (task) => onState(task, async (sides) => countIn(await importState(sides))),
  delta: (task) =>
    onState(task, async (sides) => {
      const report = await importState({ ...sides, pass: "delta" });
      const unfinishedCount = report.unfinishedRuns;
      await recordCutover({
        ...sides,
        ledger: ledgerName,
        stack: "bench",
        cutover: 1,
        unfinishedCount,
      });
      return countIn(report);
    }),
  compare: (task) =>
    onState(task, async (sides) => (await compareUnfinished(sides, "bulk")).compared),
  bulk: (task) =>
    onState(task, async (sides) => {
      const { report, left } = await exportFinished({ ...sides, truth: "mongo" });
      const scope = { ...left, cutoverAt: cutoverRecord.at, token: cutoverRecord.token };
      await saveDeltaScope(sides, scope, finishedSinceImport(sides));
      return writtenIn(report);
    }),
  back: (task) =>
    onState(task, async (sides) => {
      const scope = await readDeltaScope(sides, cutoverRecord);
      if (!scope) throw new Error("The bulk pass left no scope, so that everything would be read.");
      const { report } = await exportBeforeEnd(
        { ...sides, truth: "mongo" },
        cutoverRecord,
        scope,
        true,
      );
      return writtenIn(report);
    }),
  export: (task) => onState(task, async (sides) => writtenIn(await exportState(sides))),
  verify: (task) =>
    onState(task, async (sides) => {
      const report = await verifyState(sides);
      if (!report.holds)
        throw new Error(`The verification does not hold: ${JSON.stringify(report)}`);
      return sumOf(report, ({ equal }) => equal);
    }),
};

/** The cutover that a rollback's passes end. */
const cutoverRecord = {
  at: "2025-11-07T00:00:00.000Z",
  unfinishedCount: 0,
  token: { n: 1, id: "bench" },
} as const;

/** Work on a whole state and a prepared database, as the steps do it. */
async function onState(
  { root, database: name }: Task,
  work: (sides: Omit<BothSides, "watch">) => Promise<number>,
): Promise<Measured> {
  const database = await databaseAt({ uri: address, database: name });
  try {
    return await measure(() =>
      work({ ...source(root), ...defaultNames, folders: defaultFolders, database }),
    );
  } finally {
    await closeConnections();
  }
}

/** Where MongoDB is. */
const address = process.env.TASKRUNNER_MONGO_URI ?? "";

/** Reads a state directory in the batches of an import, into a sink that takes each at once; the number of records. */
async function readBatches(
  root: string,
  take: (records: readonly ReadyRecord[]) => void = () => undefined,
): Promise<number> {
  const groups = groupsOnDisk({ address: source(root), tally: new Tally(), from: "start" });
  let count = 0;
  await workOn(groups, ({ records }) => {
    count += records.length;
    take(records);
    return Promise.resolve();
  });
  return count;
}

const batchesAtOnce = 4;

/** The driver alone, with the same documents in the same batches, several at once. */
async function insertAll(
  logs: Collection,
  batches: readonly (readonly ReadyRecord[])[],
): Promise<number> {
  const counts = await mapLimit(batchesAtOnce, batches, async (batch) => {
    const operations = batch.map(({ document }) => ({ insertOne: { document } }));
    return (await logs.bulkWrite(operations, { ordered: false })).insertedCount;
  });
  return counts.reduce((sum, count) => sum + count, 0);
}

function countIn(report: Report<"import">): number {
  return sumOf(report, ({ inserted, updated }) => inserted + updated);
}

function writtenIn(report: Report<"export">): number {
  return sumOf(report, ({ written }) => written);
}

function sumOf<T>(
  report: Readonly<Record<CollectionRole, T>>,
  countOf: (one: T) => number,
): number {
  return collectionRoles.reduce((sum, role) => sum + countOf(report[role]), 0);
}

const ownPeakMb = () => (process.resourceUsage().maxRSS * 1_024) / 1e6;

async function measure(work: () => Promise<number>): Promise<Measured> {
  const before = process.cpuUsage();
  const started = performance.now();
  const records = await work();
  const elapsedMs = performance.now() - started;
  const { user, system } = process.cpuUsage(before);
  return { records, elapsedMs, cpuMs: (user + system) / 1_000, peakMb: peakMb() ?? ownPeakMb() };
}

async function withDatabase(name: string, work: (db: Db) => Promise<Measured>): Promise<Measured> {
  const client = await new MongoClient(address).connect();
  try {
    const db = client.db(name);
    await logsWithIndexes(db);
    return await work(db);
  } finally {
    await client.close();
  }
}

void main();
