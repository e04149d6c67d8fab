import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { startMongo, type MongoServer } from "../tools/parts";
import { writeInput } from "./input";
import { hasMongoimport, measure, mongoimport } from "./run";
import { logsWithIndexes } from "./sides";
import { median, table, whole } from "./table";
import type { Measured } from "./task";

/** BENCH=full takes a quarter of an hour and some 3 GB below the temporary folder. */
const full = process.env.BENCH === "full";
const sinkLines = [1e4, 1e5, 1e6, ...(full ? [1e7] : [])];
const serverLines = [1e4, 1e5, ...(full ? [1e6] : [])];
const ratioLines = 1e5;
const rounds = 3;

async function bench(): Promise<void> {
  const folder = temporaryFolder();
  const roots = await inputs(folder);
  await measureSink(roots);
  const server = await startMongo({ directory: join(folder, "data") });
  try {
    await measureRatios(roots, server);
    await measureMemory(roots, server);
  } finally {
    await server.stop();
  }
}

/** A folder that goes with this program, however that ends. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  process.once("exit", () => {
    rmSync(folder, { recursive: true, force: true });
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));
  return folder;
}

/** A state root for each number of lines. */
async function inputs(folder: string): Promise<ReadonlyMap<number, string>> {
  const roots = new Map<number, string>();
  for (const lines of sinkLines) {
    const root = join(folder, `lines-${lines}`);
    const bytes = await writeInput(root, lines);
    roots.set(lines, root);
    console.error(`input of ${whole(lines)} log lines: ${whole(bytes / 1e6)} MB`);
  }
  return roots;
}

async function measureSink(roots: ReadonlyMap<number, string>): Promise<void> {
  const rows = [["lines", "lines/s", "CPU s", "CPU s per 10^6 lines", "peak MB"]];
  for (const lines of sinkLines) {
    const { elapsedMs, cpuMs, peakMb } = await measure("sink", rootOf(roots, lines));
    const perMillion = ((cpuMs / 1_000) * 1e6) / lines;
    rows.push([
      whole(lines),
      whole((lines * 1_000) / elapsedMs),
      (cpuMs / 1_000).toFixed(1),
      perMillion.toFixed(1),
      whole(peakMb),
    ]);
  }
  say("Into a sink that answers at once (to reach: 10 s of CPU per 10^6 lines, 200 MB)", rows);
}

/** Ours and the others in turn, so that all meet the same machine. */
async function measureRatios(
  roots: ReadonlyMap<number, string>,
  server: MongoServer,
): Promise<void> {
  const root = rootOf(roots, ratioLines);
  const times = new Map<string, number[]>();
  const add = (name: string, ms: number) => times.set(name, [...(times.get(name) ?? []), ms]);
  const others = await hasMongoimport();
  const prepare = (database: string) => prepared(server, database);
  for (let round = 1; round <= rounds; round += 1) {
    add("the pipeline", all(await measure("pipeline", root, server)));
    add("the driver alone", all(await measure("driver", root, server)));
    if (!others) continue;
    add("mongoimport", await mongoimport(root, server, prepare));
    add("mongoimport -j 4", await mongoimport(root, server, prepare, ["-j", "4"]));
  }
  const ours = median(times.get("the pipeline") ?? []);
  const rows = [...times].map(([name, ms]) => [
    name,
    whole((ratioLines * 1_000) / median(ms)),
    (median(ms) / ours).toFixed(2),
  ]);
  say(
    `${whole(ratioLines)} lines into ${server.name}, median of ${rounds} rounds (to reach: 0.90 of ` +
      `the driver, 1.30 of mongoimport${others ? "" : ", which is not on PATH"})`,
    [["", "lines/s", "the pipeline is so many times as fast"], ...rows],
  );
}

async function prepared(server: MongoServer, database: string): Promise<void> {
  const client = await new MongoClient(server.uri).connect();
  await logsWithIndexes(client.db(database)).finally(() => client.close());
}

async function measureMemory(
  roots: ReadonlyMap<number, string>,
  server: MongoServer,
): Promise<void> {
  const rows = [["lines", "lines/s", "CPU s per 10^6 lines", "peak MB"]];
  for (const lines of serverLines) {
    const { elapsedMs, cpuMs, peakMb } = await measure("pipeline", rootOf(roots, lines), server);
    rows.push([
      whole(lines),
      whole((lines * 1_000) / elapsedMs),
      ((cpuMs * 1e3) / lines).toFixed(1),
      whole(peakMb),
    ]);
  }
  say(`Into ${server.name} (to reach: 200 MB)`, rows);
}

/** The time of a measurement that brought all of its lines. */
function all({ lines, elapsedMs }: Measured): number {
  if (lines === ratioLines) return elapsedMs;
  throw new Error(`Only ${lines} of ${ratioLines} lines came to the server: nothing was measured.`);
}

function rootOf(roots: ReadonlyMap<number, string>, lines: number): string {
  const root = roots.get(lines);
  if (root === undefined) throw new Error(`There is no input of ${lines} lines.`);
  return root;
}

function say(title: string, rows: readonly (readonly string[])[]): void {
  console.log(`\n${title}\n\n${table(rows)}`);
}

bench().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
});
