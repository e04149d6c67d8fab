import { join } from "node:path";
import { MongoClient } from "mongodb";
import { freePort, mongoProgram, startMongo } from "../../tools/parts";
import { type Pool, poolOf } from "./pool";

/** Servers with fail points and without logins. */
export function serverPool(folder: string): Pool {
  return poolOf(async (number) => {
    const directory = join(folder, `mongo-${number}`);
    const options = { directory, testCommands: true, port: await freePort() };
    let server = await startMongo(options);
    let running = true;
    const { uri, port, name, kind } = server;
    const stop = async () => {
      running = false;
      await server.stop();
    };
    const start = async () => {
      if (!running) server = await startMongo(options);
      running = true;
    };
    const renew = async () => {
      await start();
      await empty(uri);
    };
    return { facts: { uri, port, name, kind }, stop, start, renew };
  });
}

/** The server of TEST_MONGODB_URI, for all files in turn; undefined if it is not set. */
export function givenPool(): Pool | undefined {
  const { TEST_MONGODB_URI: uri = "" } = process.env;
  return uri === "" ? undefined : poolOf(() => givenServer(uri));
}

/** It is emptied, so it has to be on this machine: nothing but tests may use it. */
async function givenServer(uri: string) {
  const { hostname, port } = new URL(uri);
  if (!["127.0.0.1", "localhost"].includes(hostname)) {
    throw new Error(
      "TEST_MONGODB_URI is not a server of this machine: every database on it is dropped.",
    );
  }
  const renew = () => empty(uri);
  await renew();
  // Whoever started it stops it.
  const stop = () => Promise.resolve();
  const facts = { uri, port: Number(port), name: "the server of TEST_MONGODB_URI", kind: "mongod" };
  return { facts, stop, renew };
}

/** The server that a run's tests have, in one line; TEST_MONGODB_URI names another than this project's part. */
export async function describeServer(): Promise<string> {
  const { name } = await mongoProgram();
  const { TEST_MONGODB_URI: uri = "" } = process.env;
  if (uri === "") return `${name}, this project's part`;
  const client = await new MongoClient(uri).connect();
  const admin = client.db("admin");
  const { version } = await admin.command({ buildInfo: 1 });
  const { hosts = [] } = (await admin.command({ hello: 1 })) as { hosts?: string[] };
  await client.close();
  const form = hosts.length === 0 ? "standalone" : `replica set of ${hosts.length}`;
  return (
    `MongoDB ${String(version)} of TEST_MONGODB_URI, ${form}; ` +
    `${name} for tests that stop or break their server`
  );
}

/** Drops every database and ends what fail points are on. */
async function empty(uri: string): Promise<void> {
  const client = await new MongoClient(uri).connect();
  try {
    await client
      .db("admin")
      .command({ configureFailPoint: "failCommand", mode: "off" })
      .catch(() => undefined);
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    const own = databases.filter(({ name }) => !["admin", "config", "local"].includes(name));
    for (const { name } of own) await client.db(name).dropDatabase();
  } finally {
    await client.close();
  }
}
