import { readFile, rm, writeFile } from "node:fs/promises";
import { MongoClient } from "mongodb";
import { z } from "zod";
import {
  commandLine,
  isFree,
  say,
  type StartOptions as ServerOptions,
  startMongo,
  stopByPid,
} from "../parts";
import { type Login, users } from "./database";
import { DevError, makeCommand, type DevPaths } from "./places";

/** An embedded server, as in its pid file. */
const embeddedServer = z.object({ pid: z.int(), port: z.int(), name: z.string() });
export type EmbeddedServer = z.infer<typeof embeddedServer>;

/** The server that runs on the stack's data, if any. */
export async function runningServer(places: DevPaths): Promise<EmbeddedServer | undefined> {
  const text = await readFile(places.mongoPid, "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const server = embeddedServer.parse(JSON.parse(text));
  // Another program may have the id by now; only ours has the data in its arguments.
  const line = await commandLine(server.pid);
  return line?.includes(places.mongoData) === true ? server : undefined;
}

/**
 * The embedded server on a port: the running one, or a new one that outlives this program.
 *
 * @param login the users' password, and the address; default: 127.0.0.1 without logins
 * @throws DevError if another program has the port
 */
export async function embeddedServerOn(
  port: number,
  places: DevPaths,
  login?: Login,
): Promise<EmbeddedServer> {
  const running = await runningServer(places);
  if (running?.port === port) return running;
  await requirePort(port, places);
  if (running !== undefined) {
    say(`MongoDB: moving from port ${running.port} to ${port}`);
    await stopByPid(running.pid);
  }
  const options = { directory: places.mongoData, port, log: places.mongoLog };
  if (login !== undefined) await createUsers(options, login);
  const lasting = { ...options, detached: true };
  const reached = login === undefined ? {} : { auth: true, host: login.host };
  const { pid, name } = await startMongo({ ...lasting, ...reached });
  const server = { pid, port, name };
  await writeFile(places.mongoPid, `${JSON.stringify(server)}\n`);
  return server;
}

/**
 * Requires that a port is free, or has the stack's own server.
 *
 * @throws DevError if another program has the port
 */
export async function requirePort(port: number, places: DevPaths): Promise<void> {
  const running = await runningServer(places);
  if (running?.port === port || (await isFree(port))) return;
  const up = makeCommand("up", places.stack);
  throw new DevError(
    `port ${port} of 127.0.0.1 is in use by a program that \`${up}\` did not start, and nothing ` +
      `is written to it. Choose another port for the embedded MongoDB (MONGO_PORT=27018 ${up}), or ` +
      `name the server that is to be used (MONGODB_URI=mongodb://HOST:PORT/DATABASE ${up})`,
  );
}

/** Creates the users in a start on 127.0.0.1 without logins, unless they exist. */
async function createUsers(options: ServerOptions, { password: pwd }: Login): Promise<void> {
  const server = await startMongo(options);
  const client = await new MongoClient(server.uri).connect();
  for (const { user, role, db } of users) {
    const found = (await client.db(db).command({ usersInfo: user })) as { users: unknown[] };
    if (found.users.length > 0) continue;
    await client.db(db).command({ createUser: user, pwd, roles: [role] });
  }
  await client.close();
  await server.stop();
}

/** Stops the stack's server and returns it; undefined if none runs. */
export async function stopServer(places: DevPaths): Promise<EmbeddedServer | undefined> {
  const running = await runningServer(places);
  if (running !== undefined) await stopByPid(running.pid);
  await rm(places.mongoPid, { force: true });
  return running;
}
