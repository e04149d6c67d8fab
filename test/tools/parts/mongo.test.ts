import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { commandLine, type MongoServer, repository, startMongo } from "../../../tools/parts";
import { serverCommand } from "../../../tools/parts/mongo/server";
import { type BorrowedDatabases, borrowDatabases } from "../../pool";

describe("the command that starts a server", () => {
  const told = { directory: "/data", host: "127.0.0.1", port: 27018 };
  const mongod = { name: "mongod 8.0.4", kind: "mongod", command: ["/bin/mongod"] } as const;
  const secantusdb = { name: "SecantusDB", kind: "secantusdb", command: ["python"] } as const;

  test("keeps to this machine and to little memory", () => {
    const flags = ["--port=27018", "--bind_ip=127.0.0.1", "--dbpath=/data"];
    const own = ["--wiredTigerCacheSizeGB=0.25", "--replSet=rs0"];
    expect(serverCommand(mongod, told)).toEqual(["/bin/mongod", ...flags, ...own]);
    const others = ["--port=27018", "--host=127.0.0.1", "--storage-path=/data"];
    expect(serverCommand(secantusdb, told)).toEqual(["python", ...others, "--cache-size=256M"]);
  });

  test("asks for a login and allows test commands where it is told to", () => {
    const all = { ...told, auth: true, testCommands: true };
    expect(serverCommand(mongod, all).slice(-2)).toEqual([
      "--setParameter=enableTestCommands=1",
      "--keyFile=/data/key",
    ]);
    expect(serverCommand(secantusdb, all).slice(-2)).toEqual(["--enable-test-commands", "--auth"]);
  });
});

describe("a server", () => {
  let folder: string;
  let server: MongoServer;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mongo-"));
    server = await startMongo({ directory: join(folder, "data") });
  });
  afterAll(async () => {
    await server.stop();
    await rm(folder, { recursive: true });
  });

  const insert = async (uri: string) => {
    const client = new MongoClient(uri);
    try {
      await client.db("test").collection("things").insertOne({});
      return await client.db("test").collection("things").countDocuments();
    } finally {
      await client.close();
    }
  };

  test("answers when it is said to be there, and is gone when it is said to be stopped", async () => {
    expect(await insert(server.uri)).toBe(1);
    await server.stop();
    expect(await commandLine(server.pid)).toBeUndefined();
  });

  test("finds its data again in the same folder and on the same port", async () => {
    await server.stop();
    server = await startMongo({ directory: join(folder, "data"), port: server.port });
    expect(await insert(server.uri)).toBe(2);
  });

  test("is not taken for another program that has its port", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    await expect(startMongo({ directory: join(folder, "other"), port })).rejects.toThrow(
      `port ${port} of 127.0.0.1 is in use`,
    );
    other.close();
  });

  test("does not open the data of another kind of server", async () => {
    await writeFile(join(folder, "data", "server-kind"), "another server");
    await expect(startMongo({ directory: join(folder, "data") })).rejects.toThrow(
      /holds data of another server, which .* cannot read/,
    );
  });
});

/** A played `mongod` shows what a real one is told; that a real one does it is seen by whoever has one. */
describe("a mongod", () => {
  let folder: string;
  let played: BorrowedDatabases;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "mongod-"));
    played = await borrowDatabases();
    const program = join(repository, "test/tools/parts/played-mongod.ts");
    const version = '[ "$1" = --version ] && exec echo "db version v8.0.4"';
    const script = `#!/bin/sh\n${version}\nexec node --import tsx ${program} "$@"\n`;
    await writeFile(join(folder, "mongod"), script, { mode: 0o755 });
    vi.stubEnv("PATH", [folder, process.env.PATH].join(delimiter));
    vi.stubEnv("PLAYED_PORT", String(played.port));
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await played.release();
    await rm(folder, { recursive: true });
  });

  test("is the primary of a set of one from its first start on, wherever it listens", async () => {
    const directory = join(folder, "data");
    const started = async (options: { port?: number; auth?: boolean }) => {
      const server = await startMongo({ directory, ...options });
      // No option leads a driver to the member, so it has to be the address that it is reached by.
      const client = await new MongoClient(server.uri).connect();
      const hello = await client.db("admin").command({ hello: 1 });
      expect(hello).toMatchObject({ setName: "rs0", primary: `127.0.0.1:${server.port}` });
      await client.close();
      await server.stop();
      return server.port;
    };
    const told = async () => (await readFile(join(directory, "told"), "utf8")).trim().split("\n");

    const port = await started({});
    expect(await told()).toEqual(["replSetInitiate"]);
    await started({ port });
    expect(await told()).toEqual(["replSetInitiate"]);
    const moved = await started({ auth: true });
    expect(moved).not.toBe(port);
    const again = ["replSetInitiate", "replSetGetConfig", "replSetReconfig"];
    expect(await told()).toEqual(["replSetInitiate", ...again]);
  });
});
