import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { MongoClient, type Db } from "mongodb";

/** The sink of `main.ts` in a process of its own, so that its work is not the client's. */
export interface SinkProcess {
  /** Connection strings: one without a delay, one of `roundTripMs`. */
  readonly near: string;
  readonly far: string;
  database(name: string): Db;
  /** Its counts of commands so far. */
  counts(): Promise<SinkCounts>;
  stop(): Promise<void>;
}

export interface SinkCounts {
  /** Commands of a client's work, each a round trip; several may be under way at once. */
  readonly commandCount: number;
  /** Documents that were inserted, changed or deleted. */
  readonly writtenCount: number;
}

export const roundTripMs = 50;

/**
 * Enough for 10^5 whole runs, with room for replies: else their garbage starts a collection of the whole heap each
 * second, and a measured pass waits for it.
 */
const memory = [
  "--max-old-space-size=12288",
  "--min-semi-space-size=256",
  "--max-semi-space-size=256",
];

/** Commands that maintain the connection. */
const notOfWork = new Set(["hello", "ismaster", "endSessions", "serverStatus"]);

/** Starts the sink. */
export async function startSinkProcess(): Promise<SinkProcess> {
  const program = ["--require", require.resolve("tsx/cjs"), join(__dirname, "main.ts")];
  const child = spawn(
    process.execPath,
    [...memory, ...program, "--delay", String(roundTripMs / 2)],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  const { near, far } = JSON.parse(line) as Pick<SinkProcess, "near" | "far">;
  const client = await new MongoClient(near).connect();
  const counts = async () => {
    const { commandCounts, writtenCount } = (await client.db("admin").command({
      serverStatus: 1,
    })) as { commandCounts: Record<string, number>; writtenCount: number };
    const ofWork = Object.entries(commandCounts).filter(([name]) => !notOfWork.has(name));
    return { commandCount: ofWork.reduce((sum, [, count]) => sum + count, 0), writtenCount };
  };
  const stop = async () => {
    await client.close();
    child.kill();
    if (child.exitCode === null) await once(child, "exit");
  };
  process.once("exit", () => child.kill());
  return { near, far, database: (name) => client.db(name), counts, stop };
}
