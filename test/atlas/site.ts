import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { expect } from "vitest";
import { parse } from "yaml";
import { generateSample } from "../../tools/sample";
import { startMongo, type MongoServer } from "../../tools/parts";
import { makeStack, type EngineRun, type TestStack } from "../engine/stack";
import { atlasFor, type PlayedAtlas } from "./atlas";
import type { RoomSettings } from "./plugin/room";

/** A stack of the program with a cluster of Atlas, played on a real server that asks for logins. */
export interface AtlasSite {
  readonly stack: TestStack;
  readonly atlas: PlayedAtlas;
  /** Everything that the engine printed. */
  readonly printed: readonly string[];
  /** What Atlas plays from now on: which calls it refuses, by their beginning, and more. */
  play(fail?: readonly string[], more?: Partial<RoomSettings>): Promise<void>;
  /** Writes the stack's settings; `more` are those of the cluster. */
  configure(more?: object, storageMode?: "mongo" | "filesystem"): Promise<void>;
  /** What a run of the engine printed; it fails the test where the run failed. */
  succeeded(running: Promise<EngineRun>): Promise<string>;
  /** The same of a run that has to fail. */
  failed(running: Promise<EngineRun>): Promise<string>;
  databases(): Promise<string[]>;
  userNames(): Promise<string[]>;
  /** A client of a user that Atlas made. */
  loggedInAs(user: string): Promise<MongoClient>;
  /** The mode in the values of the worker and of web. */
  modes(): Promise<(string | undefined)[]>;
  stopServer(): Promise<void>;
  startServer(): Promise<void>;
  remove(): Promise<void>;
}

const cluster = {
  kind: "atlas",
  projectId: "5f0000000000000000000001",
  provider: "AWS",
  regions: [{ name: "EU_CENTRAL_1" }],
  accessList: [{ address: "203.0.113.7", comment: "the engine" }],
};

/**
 * Makes the site, with the state of five runs on disk and both services' values files.
 *
 * @param playedFor installs what plays Atlas; default: the plugin of the tests
 */
export async function makeAtlasSite(
  playedFor: (stack: TestStack) => Promise<PlayedAtlas> = atlasFor,
): Promise<AtlasSite> {
  const stack = await makeStack();
  const atlas = await playedFor(stack);
  const { folder } = stack;
  const directory = join(folder, "data");
  let server = await serverWithLogins(directory);
  const address = `127.0.0.1:${server.port}`;
  const adminUri = `mongodb://root:root@${address}/`;
  const admin = new MongoClient(adminUri).db("admin");
  const printed: string[] = [];
  const ended = async (running: Promise<EngineRun>, wanted: { readonly failed: boolean }) => {
    const { output, failed } = await running;
    printed.push(output);
    expect(failed, output).toBe(wanted.failed);
    return output;
  };
  await generateSample(join(folder, "state"), { runs: 5 });
  await cp("tools/sample/rollout", join(folder, "rollout"), { recursive: true });
  return {
    stack,
    atlas,
    printed,
    play: (fail = [], more = {}) => atlas.play({ host: address, admin: adminUri, fail, ...more }),
    configure: (more = {}, storageMode = "mongo") =>
      stack.configure({
        storageMode,
        cluster: { ...cluster, ...more },
        backfill: { source: { path: join(folder, "state") } },
        rollout: {
          target: "values",
          directory: join(folder, "rollout"),
          confirm: "none",
        },
      }),
    succeeded: (running) => ended(running, { failed: false }),
    failed: (running) => ended(running, { failed: true }),
    databases: async () => (await admin.admin().listDatabases()).databases.map(({ name }) => name),
    userNames: async () => {
      const { users } = await admin.command({ usersInfo: 1 });
      return (users as { user: string }[]).map(({ user }) => user).sort();
    },
    loggedInAs: async (user) => {
      const password = (await atlas.passwords()).get(user) ?? "";
      const uri = `mongodb://${user}:${password}@${address}/?authSource=admin`;
      return new MongoClient(uri).connect();
    },
    modes: () => Promise.all(["worker", "web"].map((service) => modeOf(folder, service))),
    stopServer: () => server.stop(),
    startServer: async () => {
      server = await startMongo({ directory, port: server.port, auth: true });
    },
    remove: async () => {
      await admin.client.close();
      await server.stop();
      await atlas.stop?.();
      await stack.remove();
    },
  };
}

/** A server that asks for logins, with the administrator root:root. */
export async function serverWithLogins(directory: string): Promise<MongoServer> {
  const open = await startMongo({ directory });
  const client = await new MongoClient(open.uri).connect();
  await client.db("admin").command({ createUser: "root", pwd: "root", roles: ["root"] });
  await client.close();
  await open.stop();
  return startMongo({ directory, auth: true });
}

async function modeOf(folder: string, service: string): Promise<string | undefined> {
  const file = join(folder, "rollout", `taskrunner-storage.${service}.values.yaml`);
  // After a rollback the file leaves the mode to the site's own values.
  const { env = [] } = parse(await readFile(file, "utf8")) as {
    readonly env?: readonly { readonly name: string; readonly value: string }[];
  };
  return env.find(({ name }) => name.endsWith("Storage__Mode"))?.value;
}
