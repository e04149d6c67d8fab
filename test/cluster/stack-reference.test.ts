import { describe, expect, it } from "vitest";
import { connectionStrings } from "../../components/cluster/stack-reference";
import { parseSettings, SettingsError } from "../../components/settings";

const stack = "organization/platform/mongo";
const values = {
  storageMode: "mongo",
  cluster: { kind: "stackReference", stack },
  rollout: { target: "values", directory: "deploy", confirm: "none" },
};
const remote = (user: string) => `mongodb+srv://${user}:geheim@db.example.net/taskrunner`;
const both = { mongoUri: remote("migrator"), appMongoUri: remote("application") };

describe("the settings of a stack whose cluster is another one's", () => {
  it("name only the stack", () => {
    expect(parseSettings(values).cluster).toEqual({
      kind: "stackReference",
      stack,
      allowPlainText: false,
      outputs: { mongoUri: "mongoUri", appMongoUri: "appMongoUri" },
    });
  });

  it("have no connection string in a cutover, and may have one on a rollback", () => {
    const given = { ...values, mongoUri: remote("migrator") };

    expect(problemsOf(given)).toContain(` output of stack ${stack}`);
    expect(problemsOf({ ...given, storageMode: "filesystem" })).toBe("no problem");
  });

  it("name the database where Jobs do the work", () => {
    const jobs = { ...values, jobs: { image: "i", namespace: "n" } };

    expect(problemsOf(jobs)).toContain("mongo.database: missing");
    expect(problemsOf({ ...jobs, mongo: { database: "taskrunner" } })).toBe("no problem");
  });
});

describe("another stack's outputs", () => {
  it("have both connection strings, under any names", () => {
    expect(strings(both)).toEqual(both);
    const outputs = { mongoUri: "migrator", appMongoUri: "services" };
    const others = { migrator: both.mongoUri, services: both.appMongoUri };
    expect(strings(others, { outputs })).toEqual(both);
  });

  it("may have only the migrator's if the server is this machine's", () => {
    const mongoUri = "mongodb://127.0.0.1/taskrunner";

    expect(strings({ mongoUri })).toEqual({ mongoUri });
  });

  it.each([
    [{}, `The stack ${stack} has no output mongoUri; it has none.`],
    [{ mongoUri: 1, x: 2 }, `has no string in its output mongoUri; it has mongoUri, x.`],
    [{ mongoUri: both.mongoUri }, `has no output appMongoUri; it has mongoUri.`],
  ])("that are missing are named, with those that are there: %j", (outputs, message) => {
    expect(() => strings(outputs)).toThrow(message);
  });

  it("keep the rules of the settings, and are never quoted", () => {
    const broken = { mongoUri: remote("one"), appMongoUri: remote("one") };

    expect(() => strings(broken)).toThrow(
      `The connection strings of stack ${stack} cannot be used; nothing was changed.\n` +
        "  output appMongoUri: found the same user",
    );
    expect(() => strings({ ...broken, mongoUri: "geheim" })).toThrow(/^(?!.*geheim)/s);
  });
});

function strings(outputs: Record<string, unknown>, own: object = {}) {
  const { cluster, mongo } = parseSettings({ ...values, cluster: { ...values.cluster, ...own } });
  if (cluster.kind !== "stackReference") throw new Error("another kind");
  return connectionStrings(outputs, { cluster, mongo });
}

function problemsOf(given: Record<string, unknown>): string {
  try {
    parseSettings(given);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
  }
  return "no problem";
}
