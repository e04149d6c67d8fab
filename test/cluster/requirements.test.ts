import { execa } from "execa";
import { describe, expect, it } from "vitest";
import type { Finding } from "../../components/text";
import {
  checkServer,
  requireApplication,
  requireServer,
} from "../../components/cluster/server/check";
import { keysNotUnique, otherProduct } from "../../components/cluster/server/facts";
import { findingsOf } from "../../components/cluster/server/findings";
import { closeConnections, databaseAt } from "../../components/mongo";
import { documentOptions } from "../contract/options";
import { serverForTests } from "../server";
import { disguisedServer, type Disguise } from "./disguised-server";
import { bundledCommands } from "../cli/bundled";
import { sentences } from "../sentences";

const remote = { local: false };
const local = { local: true };
const member = (version: string) => ({
  version,
  standalone: false,
  otherProduct: undefined,
  arbiters: [],
  sharded: [],
});
const { collections: names } = documentOptions;

/** The codes of what stops a cutover, and of what does not. */
function split(found: readonly Finding[]) {
  const codes = (severity: Finding["severity"]) =>
    found.filter((one) => one.severity === severity).map(({ code }) => code);
  return { refusals: codes("stop"), warnings: codes("warn") };
}

it("what a server is not is said with what to do", async () => {
  const logs = { role: "logs", name: "pack_run_logs", shardKey: { timestamp: 1 } } as const;
  const found = (facts: object) => () => {
    const texts = findingsOf({ ...member("8.0.4"), ...facts }, remote).map(({ text }) => text);
    return texts.join("\n");
  };
  const all = await sentences({
    "an old version": found({ version: "5.0.1" }),
    "a standalone server": found({ standalone: true }),
    "another product": found({ otherProduct: "FerretDB" }),
    "an arbiter": found({ arbiters: ["arbiter:27017"] }),
    "a shard key by which entries are not unique": found({ sharded: [logs] }),
    "shard keys that may not be read": found({ sharded: undefined }),
  });

  await expect(all).toMatchFileSnapshot("words.txt");
});

describe("a server's version", () => {
  it.each(["6.0.0", "6.0.26", "7.1.0-rc3", "10.0.1"])("%s will do", (version) => {
    expect(findingsOf(member(version), remote)).toEqual([]);
  });

  it.each(["5.0.31", "5.3.2", "4.4.29"])("%s is refused, on this machine too", (version) => {
    expect(findingsOf(member(version), local)).toMatchObject([
      {
        severity: "stop",
        code: "server-version",
        text: expect.stringContaining(`MongoDB ${version},`) as string,
      },
    ]);
  });
});

describe("a standalone server", () => {
  const standalone = { ...member("8.0.4"), standalone: true };

  it("is refused, and of this machine it is used with the same words", () => {
    const refused = findingsOf(standalone, remote);
    const used = findingsOf(standalone, local);

    expect(split(refused)).toEqual({ refusals: ["server-standalone"], warnings: [] });
    expect(used).toEqual(refused.map((one) => ({ ...one, severity: "warn" })));
  });

  it("that is too old as well has both said at once", () => {
    expect(findingsOf({ ...standalone, version: "5.0.1" }, remote)).toHaveLength(2);
  });
});

describe("what is not MongoDB", () => {
  it.each([
    ["Amazon DocumentDB", ["c.cluster-x.eu-west-1.docdb.amazonaws.com"], {}],
    ["Amazon DocumentDB", ["c.eu-west-1.docdb-elastic.amazonaws.com"], {}],
    ["Azure Cosmos DB", ["account.mongo.cosmos.azure.com"], {}],
    ["Azure Cosmos DB", ["c.mongocluster.cosmos.azure.com"], {}],
    ["Azure Cosmos DB", ["private.example.net"], { _t: "BuildInfoResponse" }],
    ["FerretDB", ["db.example.net"], { ferretdbVersion: "v1.24.0" }],
    ["FerretDB", ["db.example.net"], { ferretdb: { version: "v2.1.0" } }],
    [undefined, ["cluster0.abcde.mongodb.net"], { version: "8.0.4" }],
    [undefined, ["docdb.amazonaws.com.example.net"], {}],
  ])("%s is recognized by its hosts or its buildInfo (%j, %j)", (product, hosts, build) => {
    expect(otherProduct(hosts, build)).toBe(product);
  });

  it("is refused only by its name, on this machine too", () => {
    const found = findingsOf({ ...member("5.0.9"), otherProduct: "FerretDB" }, local);
    expect(split(found)).toEqual({ refusals: ["server-product"], warnings: [] });
  });
});

describe("a sharded collection", () => {
  const keysOf = (role: "runs" | "logs", shardKey: Readonly<Record<string, unknown>>) =>
    keysNotUnique({ role, name: names[role], shardKey });

  it.each([{ runId: 1 }, { runId: 1, sequence: 1 }])("by %j keeps log entries unique", (key) => {
    expect(keysOf("logs", key)).toEqual([]);
  });

  it.each([{ runId: "hashed" }, { sequence: 1 }, { timestamp: 1 }, { runId: 1, timestamp: 1 }])(
    "by %j does not",
    (key) => {
      expect(keysOf("logs", key)).toEqual(["runId, sequence"]);
    },
  );

  it("of runs is sharded by their id", () => {
    expect(keysOf("runs", { _id: "hashed" })).toEqual([]);
    expect(keysOf("runs", { tenantId: 1 })).toEqual(["_id"]);
  });

  it("that may not be read is a warning", () => {
    const found = findingsOf({ ...member("8.0.4"), sharded: undefined }, remote);
    expect(split(found)).toEqual({ refusals: [], warnings: ["shard-keys-unknown"] });
  });
});

describe("a real server", () => {
  const current = serverForTests();

  it("that is a member of a replica set will do, and says its version", async () => {
    const { version } = (await current.client.db().command({ buildInfo: 1 })) as {
      version: string;
    };

    expect(await checkServer(current.client.db(), current.server.uri, names)).toEqual({
      version,
      findings: [],
    });
    expect(await requireServer(current.client.db(), current.server.uri, names)).toBe(version);
  });

  /** What is found on the server while it says something else of itself. */
  async function findings(disguise: Disguise) {
    const disguised = await disguisedServer(current.server.port, disguise);
    const uri = `mongodb://127.0.0.1:${disguised.port}`;
    const database = await databaseAt({ uri, database: "looked_at" });
    const found = await checkServer(database, uri, names);
    await closeConnections();
    await disguised.stop();
    return found.findings;
  }

  it("that is FerretDB is refused by its name", async () => {
    expect(await findings({ buildInfo: { ferretdb: { version: "v2.1.0" } } })).toMatchObject([
      { code: "server-product", text: expect.stringContaining("FerretDB") as string },
    ]);
  });

  it("that has an arbiter is used with a warning", async () => {
    expect(await findings({ hello: { arbiters: ["arbiter:27017"] } })).toMatchObject([
      {
        severity: "warn",
        code: "server-arbiter",
        text: expect.stringContaining("arbiter:27017") as string,
      },
    ]);
  });

  it("that has an arbiter is refused to services that do not wait for a majority", async () => {
    const disguise = { hello: { arbiters: ["arbiter:27017"] } };
    const disguised = await disguisedServer(current.server.port, disguise);
    const check = (options: string) => {
      const uri = `mongodb://127.0.0.1:${disguised.port}/?${options}`;
      return requireApplication({ uri, database: "looked_at" }, Object.values(names), false);
    };
    const stopped = check("retryWrites=true");
    await expect(stopped).rejects.toThrow(/arbiter.*w=majority/);
    await expect(check("w=majority")).resolves.toBeUndefined();
    await closeConnections();
    await disguised.stop();
  });

  it("that shards log entries by time is refused", async () => {
    const entries = current.client
      .db("config")
      .collection<{ _id: string; key: object }>("collections");
    await entries.insertOne({ _id: "looked_at.pack_run_logs", key: { timestamp: 1 } });
    const found = await findings({ standalone: true, hello: { msg: "isdbgrid" } });
    await entries.deleteOne({ _id: "looked_at.pack_run_logs" });
    expect(found.filter(({ severity }) => severity === "stop")).toMatchObject([
      {
        code: "shard-key",
        text: expect.stringContaining('pack_run_logs is sharded by {"timestamp":1}') as string,
      },
    ]);
  });

  it("that is too old is refused by the command of a Job before anything is changed", async () => {
    const older = await disguisedServer(current.server.port, { version: "5.0.31" });
    const env = { TASKRUNNER_MONGO_URI: `mongodb://127.0.0.1:${older.port}/of_apply` };
    const bin = bundledCommands();
    const { stderr, exitCode } = await execa("node", [bin, "apply"], { env, reject: false });
    await older.stop();

    expect(exitCode).toBe(1);
    expect(stderr).toContain(`127.0.0.1:${older.port} cannot be used;`);
    expect(stderr).toContain("It runs MongoDB 5.0.31");
    expect(await current.client.db("of_apply").listCollections().toArray()).toEqual([]);
  }, 60_000);
});
