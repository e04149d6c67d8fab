import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { MongoServer } from "../../tools/parts";
import { logFile } from "./input";
import type { Measured, Task } from "./task";

const run = promisify(execFile);
/** Node's arguments, as `cli/bin.cjs` starts the commands. */
const typescript = ["--require", require.resolve("tsx/cjs")];
/**
 * The heap that Node.js takes in a container with a limit of 1 GiB, as the one in docs/jobs.md, in MiB: it follows the
 * machine's memory, and on a large one V8 lets more dead objects lie.
 */
const heapOfJob = ["--max-old-space-size=555", "--max-semi-space-size=16"];
let databases = 0;

/** Runs one measurement in its own process, on a new database unless one is named. */
export async function measure(
  work: Task["work"],
  root: string,
  server?: Pick<MongoServer, "uri">,
  database = nextDatabase(),
): Promise<Measured> {
  const task: Task = { work, root, database };
  const given = { TASK: JSON.stringify(task), TASKRUNNER_MONGO_URI: server?.uri ?? "" };
  const env = { ...process.env, ...given };
  const { stdout } = await run(
    process.execPath,
    [...heapOfJob, ...typescript, join(__dirname, "measure.ts")],
    { env },
  );
  return JSON.parse(stdout) as Measured;
}

/** Whether mongoimport is on PATH. */
export async function hasMongoimport(): Promise<boolean> {
  return run("mongoimport", ["--version"]).then(
    () => true,
    () => false,
  );
}

/** Imports the same log into the same server with mongoimport; its time in ms, with its start. */
export async function mongoimport(
  root: string,
  server: MongoServer,
  prepare: (database: string) => Promise<void>,
  options: readonly string[] = [],
): Promise<number> {
  const database = nextDatabase();
  await prepare(database);
  const started = performance.now();
  await run("mongoimport", [
    "--uri",
    `${server.uri}/${database}`,
    "--collection",
    "pack_run_logs",
    "--file",
    join(root, logFile),
    "--writeConcern",
    '{"w":"majority"}',
    "--quiet",
    ...options,
  ]);
  return performance.now() - started;
}

function nextDatabase(): string {
  databases += 1;
  return `bench_${databases}`;
}
