import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type DevPaths, devPaths } from "../../../tools/dev/places";
import { embeddedServerOn, runningServer, stopServer } from "../../../tools/dev/server";
import { removeDeadLocks } from "../../../tools/dev/stack";
import { commandLine, freePort } from "../../../tools/parts";

let places: DevPaths;

beforeEach(async () => {
  places = devPaths(await mkdtemp(join(tmpdir(), "dev-")));
  await mkdir(places.dev);
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await stopServer(places);
  await rm(places.repository, { recursive: true });
});

/** A program that lives until it is killed and has nothing to do with this project. */
function stranger() {
  return spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"]);
}

describe("the embedded server", () => {
  test("is started once, found by the next command, moved by another port, and stopped", async () => {
    const first = await embeddedServerOn(await freePort(), places);
    expect(await runningServer(places)).toEqual(first);
    expect(await embeddedServerOn(first.port, places)).toEqual(first);

    const moved = await embeddedServerOn(await freePort(), places);
    expect(moved.port).not.toBe(first.port);
    expect(await commandLine(first.pid)).toBeUndefined();

    expect(await stopServer(places)).toEqual(moved);
    expect(await commandLine(moved.pid)).toBeUndefined();
    expect(await stopServer(places)).toBeUndefined();
  });

  test("with logins refuses whoever has none, and keeps its users over a restart", async () => {
    const login = { host: "127.0.0.1", password: "secret" };
    const port = await freePort();
    const ask = async (uri: string) => {
      const client = new MongoClient(uri, { serverSelectionTimeoutMS: 2_000 });
      return client
        .db("taskrunner")
        .collection("runs")
        .findOne()
        .finally(() => client.close());
    };
    for (let start = 0; start < 2; start += 1) {
      await embeddedServerOn(port, places, login);
      const at = `127.0.0.1:${port}/taskrunner`;
      expect(await ask(`mongodb://services:secret@${at}?authSource=taskrunner`)).toBeNull();
      expect(await ask(`mongodb://migrator:secret@${at}?authSource=admin`)).toBeNull();
      await expect(ask(`mongodb://${at}`)).rejects.toThrow(/authentication/);
      await stopServer(places);
    }
  });

  test("is not started on a port that another program has, and the error names both ways out", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const start = embeddedServerOn(port, places);
    await expect(start).rejects.toThrow(new RegExp(`port ${port} .*MONGO_PORT.*MONGODB_URI`));
    other.close();
    expect(await readdir(places.dev)).toEqual([]);
  });

  test("is never mistaken for a program that got its id", async () => {
    const other = stranger();
    const server = { pid: other.pid, port: 27017, name: "SecantusDB" };
    await writeFile(places.mongoPid, JSON.stringify(server));
    expect(await stopServer(places)).toBeUndefined();
    expect(other.exitCode ?? other.signalCode).toBeNull();
    other.kill();
    await once(other, "close");
  });
});

describe("the engine's locks", () => {
  test("of updates that are gone are removed, whoever has their id by now", async () => {
    const folder = join(places.dev, ".pulumi", "locks", "organization", "dev");
    await mkdir(folder, { recursive: true });
    const other = stranger();
    const gone = stranger();
    gone.kill();
    await once(gone, "close");
    await writeFile(join(folder, "reused.json"), JSON.stringify({ pid: other.pid }));
    await writeFile(join(folder, "gone.json"), JSON.stringify({ pid: gone.pid }));
    await removeDeadLocks(places.dev);
    expect(await readdir(folder)).toEqual([]);
    other.kill();
    await once(other, "close");
  });

  test("of updates that run stay", async () => {
    const folder = join(places.dev, ".pulumi", "locks", "organization", "dev");
    await mkdir(folder, { recursive: true });
    const update = spawn(process.execPath, ["-e", "setInterval(() => 0, 1000) // pulumi up"]);
    await writeFile(join(folder, "held.json"), JSON.stringify({ pid: update.pid }));
    await removeDeadLocks(places.dev);
    expect(await readFile(join(folder, "held.json"), "utf8")).toContain(String(update.pid));
    update.kill();
    await once(update, "close");
  });

  test("are looked for in a state that has none yet", async () => {
    await removeDeadLocks(places.dev);
    expect(await readdir(places.dev)).toEqual([]);
  });
});
