import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { commandLine, type MongoServer, startMongo } from "../../../tools/parts";
import { serverCommand } from "../../../tools/parts/mongo/server";

const told = {
  directory: "/data",
  host: "127.0.0.1",
  port: 27018,
  auth: false,
  testCommands: false,
};

describe("the command that starts a server", () => {
  const mongod = { name: "mongod 8.0.4", kind: "mongod", command: ["/bin/mongod"] } as const;
  const secantusdb = { name: "SecantusDB", kind: "secantusdb", command: ["python"] } as const;

  test("keeps to this machine and to little memory", () => {
    const flags = ["--bind_ip", "127.0.0.1", "--port", "27018", "--dbpath", "/data"];
    const cache = ["--wiredTigerCacheSizeGB", "0.25"];
    expect(serverCommand(mongod, told)).toEqual(["/bin/mongod", ...flags, ...cache]);
    const others = ["--host", "127.0.0.1", "--port", "27018", "--storage-path", "/data"];
    expect(serverCommand(secantusdb, told)).toEqual(["python", ...others, "--cache-size", "256M"]);
  });

  test("asks for a login and allows test commands where it is told to", () => {
    const all = { ...told, auth: true, testCommands: true };
    expect(serverCommand(mongod, all).slice(-3)).toEqual([
      "--setParameter",
      "enableTestCommands=1",
      "--auth",
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
