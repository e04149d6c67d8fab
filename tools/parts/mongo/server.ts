import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Db, MongoClient, MongoServerError } from "mongodb";
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
 * Starts a server and waits until it is the primary of its replica set of one. Ignores MONGODB_URI.
 *
 * @throws PartError if there is no server program, it does not start (with its last output), the port is in use,
 *   or the folder holds another kind of server's data
 */
export async function startMongo(options: ServerOptions): Promise<MongoServer> {
  const program = await mongoProgram();
  const { name, kind } = program;
  const { directory, host = "127.0.0.1", auth = false, detached = false } = options;
  await claimData(directory, program);
  const port = options.port ?? (await freePort());
  // Otherwise the other program on the port would pass for ours.
  if (!(await isFree(port))) throw new PartError(`port ${port} of 127.0.0.1 is in use`);
  const log = options.log ?? `${directory}.log`;
  const key = auth && kind === "mongod" ? await writeKey(directory) : undefined;
  const command = serverCommand(program, { ...options, host, port });
  const child = await startChild(command, { log, detached });
  await untilPrimary({ host: `${host}:${port}`, key }, child, `${name} on port ${port}`, log);
  const pid = child.pid ?? 0;
  const uri = `mongodb://${host}:${port}`;
  return { uri, port, pid, name, kind, stop: () => stopByPid(pid) };
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

const keyFile = (directory: string) => join(directory, "key");

/** A new key of the set, which `mongod` needs to require a login. */
async function writeKey(directory: string): Promise<string> {
  const key = randomBytes(32).toString("hex");
  await writeFile(keyFile(directory), key, { mode: 0o600 });
  return key;
}

/** The command that starts a server, with 256 MB of cache. SecantusDB reports a replica set of one by itself. */
export function serverCommand(
  { kind, command }: MongoProgram,
  { directory, host, port, auth, testCommands }: ServerOptions & { host: string; port: number },
): [string, ...string[]] {
  if (kind === "mongod") {
    const own = [`--bind_ip=${host}`, `--dbpath=${directory}`, "--wiredTigerCacheSizeGB=0.25"];
    const login = auth ? [`--keyFile=${keyFile(directory)}`] : [];
    const test = testCommands ? ["--setParameter=enableTestCommands=1"] : [];
    return [...command, `--port=${port}`, ...own, `--replSet=${setName}`, ...test, ...login];
  }
  const own = [`--host=${host}`, `--storage-path=${directory}`, "--cache-size=256M"];
  const test = testCommands ? ["--enable-test-commands"] : [];
  return [...command, `--port=${port}`, ...own, ...test, ...(auth ? ["--auth"] : [])];
}

const setName = "rs0";

/** A server as a member of its set. */
interface Member {
  /** `HOST:PORT`, by which drivers find it. */
  readonly host: string;
  /** The set's key, if it requires a login. */
  readonly key: string | undefined;
}

/** Time limit in ms for a server to open its data. */
const limit = 60_000;

async function untilPrimary(
  member: Member,
  child: ChildProcess,
  name: string,
  log: string,
): Promise<void> {
  const deadline = Date.now() + limit;
  for (;;) {
    const missing = await whatIsMissing(member);
    if (missing === undefined) return;
    await sleep(50);
    const ended = hasExited(child);
    if (!ended && Date.now() < deadline) continue;
    child.kill();
    const found = ended ? "ended at once" : `is no primary after ${limit / 1000} s (${missing})`;
    throw new PartError(`${name} ${found}. Its last words, from ${log}:\n${await lastWords(log)}`);
  }
}

/** Why a server is not the primary of its set; undefined if it is. A server without a set becomes one. */
async function whatIsMissing({ host, key }: Member): Promise<string | undefined> {
  const client = new MongoClient(`mongodb://${host}`, {
    directConnection: true,
    serverSelectionTimeoutMS: 1000,
    // Whoever has the key is the set's own user.
    ...(key && {
      auth: { username: "__system", password: key },
      authSource: "local",
      authMechanism: "SCRAM-SHA-256",
    }),
  });
  try {
    const admin = client.db("admin");
    const hello = await admin.command({ hello: 1 });
    if (hello.isreplicaset === true) await becomeMember(admin, host);
    return hello.isWritablePrimary === true ? undefined : "it is waiting for its election";
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await client.close();
  }
}

/**
 * Initiates the set of a `mongod` whose data is new or a standalone server's. If it listened elsewhere before, its set
 * has no member here, and only a forced change of the configuration names it again.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/replSetInitiate/
 */
async function becomeMember(admin: Db, host: string): Promise<void> {
  const members = [{ _id: 0, host }];
  try {
    await admin.command({ replSetInitiate: { _id: setName, members } });
  } catch (error) {
    if (!(error instanceof MongoServerError && error.codeName === "AlreadyInitialized"))
      throw error;
    const { config } = (await admin.command({ replSetGetConfig: 1 })) as { config: object };
    await admin.command({ replSetReconfig: { ...config, members }, force: true });
  }
}
