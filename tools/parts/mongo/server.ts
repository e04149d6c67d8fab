import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import getPort from "get-port";
import { startChild } from "../child";
import { PartError } from "../error";
import { isFree } from "../port";
import { stopByPid } from "../running";
import { serverCommand } from "./arguments";
import { untilItAnswers } from "./answer";
import { mongoProgram } from "./program";
import type { MongoProgram } from "./server-program";

/** How a server is started; every path is absolute. */
export interface StartOptions {
  /** The folder of its data, made if it is not there; a later start in it finds the same data. */
  readonly directory: string;
  /** The TCP port on 127.0.0.1. Default: a free one. */
  readonly port?: number;
  /**
   * Asks for a login. Default: false. Make the users in a first start without it, in the same
   * folder (`createUser` in the database `admin`), then start with it.
   */
  readonly auth?: boolean;
  /** Allows test commands such as `configureFailPoint`. Default: false. */
  readonly testCommands?: boolean;
  /** A server that outlives this program. Default: false, it is stopped when the program ends. */
  readonly detached?: boolean;
  /** The file that gets its output, created again. Default: `<directory>.log`. */
  readonly log?: string;
}

/** A running server. */
export interface MongoServer {
  /** `mongodb://127.0.0.1:PORT`, without a database and without a user. */
  readonly uri: string;
  readonly port: number;
  readonly pid: number;
  /** What it is, such as `SecantusDB 0.7.0b3`. */
  readonly name: string;
  readonly kind: MongoProgram["kind"];
  /** Stops it and waits until it is gone. The data stay. */
  stop(): Promise<void>;
}

/**
 * Starts a server on 127.0.0.1 and waits until it answers. MONGODB_URI plays no part here.
 *
 * @throws PartError if there is no server program, if it does not start (with its last words), if
 *   the port is in use, or if the folder holds the data of another kind of server
 */
export async function startMongo(options: StartOptions): Promise<MongoServer> {
  const program = await mongoProgram();
  await claimData(options.directory, program);
  const port = options.port ?? (await getPort());
  // Else the other program on it would pass for ours.
  if (!(await isFree(port))) throw new PartError(`port ${port} of 127.0.0.1 is in use`);
  const log = options.log ?? `${options.directory}.log`;
  const { auth = false, testCommands = false, detached = false } = options;
  const told = { directory: options.directory, port, auth, testCommands };
  const child = await startChild(serverCommand(program, told), { log, detached });
  const uri = `mongodb://127.0.0.1:${port}`;
  await untilItAnswers(uri, child, `${program.name} on port ${port}`, log);
  const pid = child.pid ?? 0;
  return { uri, port, pid, name: program.name, kind: program.kind, stop: () => stopByPid(pid) };
}

/** The servers' files look alike from outside, but one cannot read the other's. */
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
