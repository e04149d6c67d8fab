import type { ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient, MongoServerError } from "mongodb";
import { hasExited, lastWords, startChild } from "../child";
import { freePort, isFree } from "../port";
import { stopByPid } from "../running";
import { PartError } from "../sources";
import { type MongoProgram, mongoProgram } from "./program";

/** Options of a server; every path is absolute. */
export interface ServerOptions {
  /** The data folder, created if missing. A later start finds the same data. */
  readonly directory: string;
  /** The address that it listens on. Default: 127.0.0.1. */
  readonly host?: string;
  /** The TCP port. Default: a free one. */
  readonly port?: number;
  /**
   * Whether it requires a login; default: false. Create the users (`createUser` in the database `admin`) in a first
   * start without it.
   */
  readonly auth?: boolean;
  /** Whether it accepts test commands such as `configureFailPoint`; default: false. */
  readonly testCommands?: boolean;
  /** Whether it outlives this program; default: false. */
  readonly detached?: boolean;
  /** The file for its output, created anew. Default: `<directory>.log`. */
  readonly log?: string;
}

/** A running server. */
export interface MongoServer {
  /** `mongodb://HOST:PORT`, without a database and without a user. */
  readonly uri: string;
  readonly port: number;
  readonly pid: number;
  /** Name and version, such as `SecantusDB 0.7.0b3`. */
  readonly name: string;
  readonly kind: MongoProgram["kind"];
  /** Stops it and waits until it is gone; keeps the data. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it answers. Ignores MONGODB_URI.
 *
 * @throws PartError if there is no server program, it does not start (with its last output), the port is in use,
 *   or the folder holds another kind of server's data
 */
export async function startMongo(options: ServerOptions): Promise<MongoServer> {
  const program = await mongoProgram();
  await claimData(options.directory, program);
  const port = options.port ?? (await freePort());
  // Otherwise the other program on the port would pass for ours.
  if (!(await isFree(port))) throw new PartError(`port ${port} of 127.0.0.1 is in use`);
  const log = options.log ?? `${options.directory}.log`;
  const { host = "127.0.0.1", auth = false, testCommands = false, detached = false } = options;
  const told = { directory: options.directory, host, port, auth, testCommands };
  const child = await startChild(serverCommand(program, told), { log, detached });
  const uri = `mongodb://${host}:${port}`;
  await untilItAnswers(uri, child, `${program.name} on port ${port}`, log);
  const pid = child.pid ?? 0;
  return { uri, port, pid, name: program.name, kind: program.kind, stop: () => stopByPid(pid) };
}

/** The servers cannot read each other's files. */
async function claimData(directory: string, { kind, name }: MongoProgram): Promise<void> {
  await mkdir(directory, { recursive: true });
  const note = join(directory, "server-kind");
  const owner = existsSync(note) ? await readFile(note, "utf8") : kind;
  if (owner !== kind) {
    throw new PartError(
      `${directory} holds data of ${owner}, which ${name} cannot read. ` +
        `Make ${owner} available again, or remove the folder`,
    );
  }
  await writeFile(note, kind);
}

/** Options of a server program's command line. */
interface ServerArguments {
  /** Absolute. */
  readonly directory: string;
  readonly host: string;
  readonly port: number;
  readonly auth: boolean;
  readonly testCommands: boolean;
}

/**
 * The command that starts a server, with 256 MB of cache. A `mongod` is standalone, without transactions and
 * change streams. SecantusDB reports a replica set of one member.
 */
export function serverCommand(program: MongoProgram, told: ServerArguments): [string, ...string[]] {
  const { directory, host, port, auth, testCommands } = told;
  const own =
    program.kind === "mongod"
      ? [
          "--bind_ip",
          host,
          "--port",
          `${port}`,
          "--dbpath",
          directory,
          "--wiredTigerCacheSizeGB",
          "0.25",
          ...(testCommands ? ["--setParameter", "enableTestCommands=1"] : []),
        ]
      : [
          "--host",
          host,
          "--port",
          `${port}`,
          "--storage-path",
          directory,
          "--cache-size",
          "256M",
          ...(testCommands ? ["--enable-test-commands"] : []),
        ];
  return [...program.command, ...own, ...(auth ? ["--auth"] : [])];
}

/** Time limit in ms for a server to open its data. */
const limit = 60_000;

async function untilItAnswers(
  uri: string,
  child: ChildProcess,
  name: string,
  log: string,
): Promise<void> {
  const deadline = Date.now() + limit;
  while (!(await answers(uri))) {
    await sleep(50);
    const ended = hasExited(child);
    if (!ended && Date.now() < deadline) continue;
    child.kill();
    const found = ended ? "ended at once" : `did not answer in ${limit / 1000} s`;
    throw new PartError(`${name} ${found}. Its last words, from ${log}:\n${await lastWords(log)}`);
  }
}

async function answers(uri: string): Promise<boolean> {
  const options = { directConnection: true, serverSelectionTimeoutMS: 1000 };
  const client = new MongoClient(uri, options);
  try {
    await client.db("admin").command({ ping: 1 });
    return true;
  } catch (error) {
    // A server that requires a login answers too.
    return error instanceof MongoServerError;
  } finally {
    await client.close();
  }
}
