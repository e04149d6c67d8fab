import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient, type Db, type Document } from "mongodb";
import { defaultFolders, checkpointsCollection } from "../../components/contract";
import { Checkpoints } from "../../components/transfer/checkpoints";
import { exportBeforeEnd } from "../../components/transfer/export/unfinished";
import { compareUnfinished } from "../../components/transfer/import/guard";
import { findSince } from "../../components/transfer/updated";
import type { MongoServer } from "../../tools/parts";
import { examinedBy, watchedOptions } from "../examined";
import { mostExaminedPerRun, type Bar } from "./bars";
import { createSchema, defaultNames } from "./sides";
import { formatWhole, printTable } from "./table";

const database = "bounded";
const inBatch = 10_000;
const day = 24 * 60 * 60_000;

/**
 * What MongoDB looks at while the worker is stopped, however many runs there are. Runs and bookkeeping are generated,
 * without files; a few runs are unfinished and changed lately.
 *
 * @param changed the number of these
 */
export async function measureBounded(
  folder: string,
  server: MongoServer,
  { runs, changed }: { readonly runs: number; readonly changed: number },
): Promise<Bar[]> {
  const client = await new MongoClient(`${server.uri}/?${watchedOptions}`).connect();
  try {
    const db = client.db(database);
    await createSchema(db);
    await new Checkpoints(db).createIndex();
    await generate(db, runs, changed);
    for (const one of Object.values(defaultFolders))
      await mkdir(join(folder, one), { recursive: true });
    const sides = { ...defaultNames, database: db, root: folder, folders: defaultFolders };
    const cutoverRecord = { at: new Date().toISOString(), unfinishedCount: changed };
    const scope = {
      cutoverAt: cutoverRecord.at,
      since: new Date(Date.now() - day / 2).toISOString(),
      runs: Array.from({ length: changed }, (_one, at) => runOf(at)),
      findFinished: () => Promise.resolve(new Set<string>()),
    };
    const passes = {
      "before the cutover is recorded": async () => {
        const since = await findSince(sides);
        return compareUnfinished(sides, "delta", { readNames: new Set(), since });
      },
      "before its end": () => exportBeforeEnd(sides, cutoverRecord, scope, true),
    };
    const bars: Bar[] = [];
    const rows = [["", "s", "looked at"]];
    for (const [name, pass] of Object.entries(passes)) {
      const started = performance.now();
      const counts = await examinedBy(db, pass);
      const seconds = (performance.now() - started) / 1_000;
      const found = Object.values(counts).reduce((sum, count) => sum + count, 0);
      rows.push([name, seconds.toFixed(1), formatWhole(found)]);
      const what = `documents that MongoDB looks at ${name} of ${formatWhole(runs)} runs, per changed run`;
      bars.push({ what, found: found / changed, atMost: mostExaminedPerRun });
    }
    printTable(
      `${formatWhole(runs)} runs, ${formatWhole(changed)} unfinished, ${server.name}`,
      rows,
    );
    return bars;
  } finally {
    await client.close();
  }
}

/** The first runs are unfinished, and were updated lately. */
async function generate(db: Db, runs: number, changed: number): Promise<void> {
  const inserting = { ordered: false, writeConcern: { w: 1 } } as const;
  for (let first = 0; first < runs; first += inBatch) {
    const numbers = Array.from(
      { length: Math.min(inBatch, runs - first) },
      (_one, at) => first + at,
    );
    const documents = numbers.map((at) => runDocument(at, at < changed));
    await db.collection(defaultNames.collections.runs).insertMany(documents, inserting);
    const checkpoints = numbers.map((at): Document => {
      const own = { runId: runOf(at), unfinished: at < changed ? 1 : 0 };
      return { _id: `run:${runOf(at)}`, runs: own };
    });
    await db.collection(checkpointsCollection).insertMany(checkpoints, inserting);
  }
}

function runOf(number: number): string {
  return `run-${String(number).padStart(7, "0")}`;
}

function runDocument(number: number, isUnfinished: boolean): Document {
  const createdAt = new Date(Date.now() - 2 * day);
  return {
    _id: runOf(number),
    planHash: `sha256:${String(number)}`,
    plan: {},
    failurePolicy: {},
    requestedAt: createdAt,
    createdAt,
    updatedAt: isUnfinished ? new Date() : createdAt,
    steps: [{ stepId: "build", status: isUnfinished ? "Running" : "Succeeded", attempts: 1 }],
  };
}
