import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { ownFiles } from "../../components/state";
import type { MongoServer } from "../../tools/parts";
import {
  leastOfNearRate,
  leastOfSecondImport,
  mostCpuSecondsOfDelta,
  mostMbOfPass,
  mostMbOfTinyRuns,
  mostRoundTrips,
  mostSecondsOf,
  type Bar,
} from "./bars";
import { requireAllRecords } from "./curve";
import type { Input } from "./inputs";
import { measure } from "./run";
import { changeInMongo, changeOnDisk, spread, writeRuns } from "./runs";
import { createSchema, useIndexes } from "./sides";
import { roundTripMs, startSinkProcess, type SinkCounts, type SinkProcess } from "./sink/process";
import { printTable, formatWhole } from "./table";
import type { Measured, Task } from "./task";

/** The sizes of a transfer. */
export interface TransferSizes {
  /** Runs of 4 KB with 20 log lines, 2 artifacts and 1 approval. */
  readonly runs: number;
  /** The number of changed runs before an export and a delta pass. */
  readonly changed: number;
  /** Runs of the same form whose changes come back from a real server. */
  readonly rolledBack: number;
  /** Runs that are a small file only. */
  readonly tiny: number;
}

/** One measurement, with its commands to the sink. */
type Row = Measured & SinkCounts;

/** The same work at both distances. */
interface Rows {
  readonly near: Row;
  readonly far: Row;
}

const database = "transfer";
/** Minimum age of files before a second read. */
const oldMs = 120_000;
const near = "near";
const far = "far";
type Distance = typeof near | typeof far;

/**
 * Import, verification and export: against a sink in memory, near and with a
 * round trip of 50 ms.
 *
 * @param lines a log
 */
export async function measureTransfer(
  folder: string,
  lines: Input,
  sizes: TransferSizes,
): Promise<Bar[]> {
  const sink = await startSinkProcess();
  try {
    const bars = await measureLines(sink, lines);
    bars.push(...(await measureRuns(sink, join(folder, "runs"), sizes)));
    return [...bars, ...(await measureTiny(sink, join(folder, "tiny"), sizes.tiny))];
  } finally {
    await sink.stop();
  }
}

async function measureLines(sink: SinkProcess, input: Input): Promise<Bar[]> {
  const rows = await atBoth(async (distance) => {
    const row = await countTrips(sink, () =>
      measure("pipeline", input.root, { uri: sink[distance] }),
    );
    requireAllRecords(input, row);
    return row;
  });
  print(input.name, input.records / 100, [["import", rows]]);
  const found = rows.near.elapsedMs / rows.far.elapsedMs;
  const what = `the rate of importing ${input.name} at ${String(roundTripMs)} ms against 0 ms`;
  return [{ what, found, atLeast: leastOfNearRate }];
}

async function measureRuns(
  sink: SinkProcess,
  root: string,
  { runs, changed }: TransferSizes,
): Promise<Bar[]> {
  await writeRuns(root, runs, "whole");
  const written = Date.now();
  const db = sink.database(database);
  await createSchema(db);
  const work = (name: Task["work"], distance: Distance) =>
    countTrips(sink, async () => {
      const measured = await measure(name, root, { uri: sink[distance] }, database);
      console.error(`${name}, ${distance}: ${(measured.elapsedMs / 1_000).toFixed(1)} s`);
      return measured;
    });
  let round = 0;
  /** Work after other runs changed, at each distance. */
  const afterChange = (name: Task["work"], change: (numbers: number[]) => Promise<void>) =>
    atBoth(async (distance) => {
      round += 1;
      await change(spread(runs, changed, round));
      return work(name, distance);
    });
  const first = await work("import", near);
  await useIndexes(db);
  // A young file is looked at more closely: an environment's files are old, but those that change.
  console.error(`waiting until the files are ${String(oldMs / 1_000)} s old`);
  await sleep(Math.max(0, written + oldMs - Date.now()));
  const second = await atBoth((distance) => work("import", distance));
  const delta = await afterChange("delta", async (numbers) => {
    // Under the cutover of the round before, what changed on disk would be refused.
    await rm(join(root, ownFiles.cutoverRecord), { force: true });
    await changeOnDisk(root, numbers, round);
  });
  const verified = await atBoth((distance) => work("verify", distance));
  const compared = await work("compare", near);
  const inMongo = (numbers: number[]) => changeInMongo(db, numbers, round);
  const bulk = await afterChange("bulk", inMongo);
  const back = await afterChange("back", inMongo);
  const exported = await afterChange("export", inMongo);
  const name = `${formatWhole(runs)} runs`;
  const passes: readonly (readonly [string, { readonly near: Row; readonly far?: Row }])[] = [
    ["first import", { near: first }],
    ["second import, nothing changed", second],
    [`delta import and record, ${String(changed)} changed`, delta],
    ["verification", verified],
    ["comparison of unfinished runs", { near: compared }],
    [`rollback's bulk pass, ${String(changed)} changed`, bulk],
    [`rollback's delta pass, ${String(changed)} changed`, back],
    [`export, ${String(changed)} changed`, exported],
  ];
  print(name, runs, passes);
  const seconds = (what: keyof typeof mostSecondsOf, { far: { elapsedMs } }: Rows) => ({
    what: `seconds of ${what} of ${name} at ${String(roundTripMs)} ms`,
    found: elapsedMs / 1_000,
    atMost: mostSecondsOf[what](runs),
  });
  const of = `a second import of ${name}`;
  return [
    { what: `documents written by ${of}`, found: second.near.writtenCount, atMost: 0 },
    {
      what: `the speed of ${of} against the first`,
      found: first.elapsedMs / second.near.elapsedMs,
      atLeast: leastOfSecondImport,
    },
    {
      what: `round trips per 100 runs of ${of}`,
      found: (second.near.commandCount * 100) / runs,
      atMost: mostRoundTrips,
    },
    seconds("delta import and record", delta),
    seconds("verification", verified),
    seconds("rollback's delta pass", back),
    seconds("export", exported),
    {
      what: `client CPU seconds of rollback's delta pass of ${name}`,
      found: Math.max(back.near.cpuMs, back.far.cpuMs) / 1_000,
      atMost: mostCpuSecondsOfDelta,
    },
    ...passes.map(([pass, { near: one, far: other }]) => {
      const found = Math.max(one.peakMb, other?.peakMb ?? 0);
      return { what: `peak MB of ${pass} of ${name}`, found, atMost: mostMbOfPass };
    }),
  ];
}

async function measureTiny(sink: SinkProcess, root: string, tiny: number): Promise<Bar[]> {
  await writeRuns(root, tiny, "tiny");
  await createSchema(sink.database("tiny"));
  const row = await countTrips(sink, () => measure("import", root, { uri: sink.near }, "tiny"));
  const input = { name: `${formatWhole(tiny)} tiny runs`, root, records: tiny };
  requireAllRecords(input, row);
  print(input.name, tiny, [["import", { near: row }]]);
  return [{ what: `peak MB of ${input.name}`, found: row.peakMb, atMost: mostMbOfTinyRuns }];
}

/** A rollback's export from a real server, with 100 changed runs. */
export async function measureRollback(
  folder: string,
  server: MongoServer,
  { rolledBack: runs, changed }: TransferSizes,
): Promise<void> {
  const root = join(folder, "rollback");
  await writeRuns(root, runs, "whole");
  const client = await new MongoClient(server.uri).connect();
  try {
    const db = client.db(database);
    await createSchema(db);
    const imported = await measure("import", root, server, database);
    const afterChange = async (work: Task["work"], round: number) => {
      await changeInMongo(db, spread(runs, changed, round), round);
      return measure(work, root, server, database);
    };
    const bulk = await afterChange("bulk", 1);
    const back = await afterChange("back", 2);
    const exported = await afterChange("export", 3);
    const cells = ({ elapsedMs, cpuMs, peakMb }: Measured) => [
      ...[elapsedMs / 1_000, cpuMs / 1_000].map((seconds) => seconds.toFixed(2)),
      formatWhole(peakMb),
    ];
    printTable(`${formatWhole(runs)} runs and ${server.name}`, [
      ["", "s", "CPU s", "peak MB"],
      ["first import", ...cells(imported)],
      [`bulk pass, ${String(changed)} changed`, ...cells(bulk)],
      [`delta pass, ${String(changed)} changed`, ...cells(back)],
      [`export, ${String(changed)} changed`, ...cells(exported)],
    ]);
  } finally {
    await client.close();
  }
}

async function atBoth(work: (distance: Distance) => Promise<Row>): Promise<Rows> {
  return { near: await work(near), far: await work(far) };
}

async function countTrips(sink: SinkProcess, work: () => Promise<Measured>): Promise<Row> {
  const before = await sink.counts();
  const measured = await work();
  const after = await sink.counts();
  return {
    ...measured,
    commandCount: after.commandCount - before.commandCount,
    writtenCount: after.writtenCount - before.writtenCount,
  };
}

function print(
  of: string,
  runs: number,
  works: readonly (readonly [string, { readonly near: Row; readonly far?: Row }])[],
): void {
  const seconds = (row: Row | undefined) => (row ? (row.elapsedMs / 1_000).toFixed(2) : "-");
  const rows = works.map(([name, { near: one, far: other }]) => [
    name,
    seconds(one),
    seconds(other),
    other ? (one.elapsedMs / other.elapsedMs).toFixed(2) : "-",
    (one.cpuMs / 1_000).toFixed(2),
    ((one.commandCount * 100) / runs).toFixed(2),
    formatWhole(one.writtenCount),
    formatWhole((other ?? one).peakMb),
  ]);
  printTable(`${of} against the sink, at 0 ms and with a round trip of ${String(roundTripMs)} ms`, [
    ["", "s at 0", "s at 50", "rate", "CPU s", "round trips per 100", "written", "peak MB"],
    ...rows,
  ]);
}
