import { describe, expect, it } from "vitest";
import { databaseOf, parseSettings, statedMongoUri } from "../../components/settings";
import { describeProblems, dev as least, helm } from "./problems";

const dev = { storageMode: "mongo", ...least };

describe("settings", () => {
  it("have the documented defaults", () => {
    const own = (of: string) => ({ file: `taskrunner-storage.${of}`, values: [of], path: "env" });
    expect(parseSettings(dev)).toEqual({
      storageMode: "mongo",
      cluster: { kind: "existing", allowPlainText: false },
      mongoUri: dev.mongoUri,
      mongo: {
        collections: {
          runs: "pack_runs",
          logs: "pack_run_logs",
          artifacts: "pack_artifacts",
          approvals: "pack_run_approvals",
        },
      },
      validation: { enabled: true, level: "strict", action: "error" },
      approvals: true,
      cutover: 1,
      tenancy: "reserved",
      migration: { onDataIssue: "fail", adopt: false },
      kubernetes: {},
      rollout: {
        target: "values",
        directory: "deploy",
        confirm: "none",
        worker: own("worker.values.yaml"),
        web: own("web.values.yaml"),
        connectionSecret: { name: "taskrunner-mongo", key: "connectionString" },
        timeoutSeconds: 600,
        canary: true,
      },
      advanced: {
        ledger: "schema_migrations",
        electionSeconds: 60,
      },
    });
  });

  it("say the direction: no new stack cuts over by a default", () => {
    expect(describeProblems({ ...dev, storageMode: undefined })).toContain("storageMode: missing");
  });

  it("say every problem at once: key, what was found, what is allowed", () => {
    const problems = describeProblems({
      storageMode: "files",
      validation: { level: "loose" },
      mongo: { collections: { runs: "system.runs" }, databse: "x" },
      unheardOf: 1,
    });

    expect(problems).toContain('storageMode: found "files"; allowed: mongo, filesystem');
    expect(problems).toContain('validation.level: found "loose"; allowed: strict, moderate');
    expect(problems).toContain(
      'mongo.collections.runs: found "system.runs"; allowed: a collection',
    );
    expect(problems).toContain("mongo.databse: found an unknown");
    expect(problems).toContain("unheardOf: found an unknown");
    expect(problems).toContain("rollout: missing; allowed:");
  });
});

describe("the connection string", () => {
  it("is needed in mongo mode and not in filesystem mode", () => {
    const withoutUri = { rollout: dev.rollout };

    expect(describeProblems(withoutUri)).toContain("mongoUri: missing");
    expect(parseSettings({ ...withoutUri, storageMode: "filesystem" }).mongoUri).toBeUndefined();
  });

  it("names the database unless the settings do", () => {
    expect(databaseOf(parseSettings(dev))).toBe("taskrunner");
    expect(databaseOf(parseSettings({ ...dev, mongo: { database: "other" } }))).toBe("other");
    expect(describeProblems({ ...dev, mongoUri: "mongodb://127.0.0.1" })).toContain(
      "mongo.database: missing",
    );
  });

  it("needs TLS and the services' own user where the server is another machine's", () => {
    const remote = "mongodb://db.example.net/taskrunner";
    const problems = describeProblems({ ...dev, mongoUri: remote });

    expect(problems).toContain("mongoUri: found a connection without TLS");
    expect(problems).toContain("appMongoUri: missing");
    const tls = remoteUris("migrator", "application");
    expect(() => parseSettings({ ...dev, ...tls })).not.toThrow();
    const plain = { ...tls, appMongoUri: tls.appMongoUri.replace("?tls=true", "") };
    const allowed = { kind: "existing", allowPlainText: true };
    expect(describeProblems({ ...dev, ...plain })).toContain(
      "appMongoUri: found a connection without",
    );
    expect(describeProblems({ ...dev, ...plain, cluster: allowed })).toBe("no problem");
  });

  it("on this machine needs no TLS, by any name of it, and another machine takes ssl=true", () => {
    for (const host of ["localhost", "127.0.0.1:27018", "127.8.0.1", "[::1]", "[::1]:27017"]) {
      const mongoUri = `mongodb://${host}/taskrunner`;
      expect(describeProblems({ ...dev, mongoUri }), host).toBe("no problem");
    }
    const { mongoUri, appMongoUri } = remoteUris("migrator", "application");
    const ssl = (uri: string) => uri.replace("tls=true", "ssl=true");
    const settings = { ...dev, mongoUri: ssl(mongoUri), appMongoUri: ssl(appMongoUri) };
    expect(describeProblems(settings)).toBe("no problem");
  });

  it.each(["MONGODB-X509", "MONGODB-AWS", "MONGODB-OIDC"])(
    "with authMechanism %s has its user elsewhere",
    (mechanism) => {
      const { mongoUri } = remoteUris("", "");
      const uri = `${mongoUri}&authMechanism=${mechanism}`;
      const both = { ...dev, mongoUri: uri, appMongoUri: uri };
      expect(describeProblems(both)).not.toContain("found no user");
      expect(describeProblems({ ...dev, mongoUri, appMongoUri: mongoUri })).not.toBe(
        describeProblems(both),
      );
    },
  );

  it("needs the database's name for Jobs if another stack has the cluster", () => {
    const cluster = { kind: "stackReference", stack: "organization/mongo/prod" };
    const referring = { storageMode: "mongo", rollout: dev.rollout, cluster };
    const withJobs = { ...referring, jobs: { image: "image", namespace: "jobs" } };
    expect(describeProblems(referring)).toBe("no problem");
    expect(describeProblems(withJobs)).toContain("mongo.database: missing");
    expect(describeProblems({ ...withJobs, mongo: { database: "runs" } })).toBe("no problem");
  });

  it("counts a database's name in bytes", () => {
    const named = (database: string) => describeProblems({ ...dev, mongo: { database } });
    expect(named("ä".repeat(31))).toBe("no problem");
    expect(named(`${"ä".repeat(31)}a`)).toBe("no problem");
    expect(named("ä".repeat(32))).toContain("mongo.database: found");
  });

  it.each(["tlsInsecure=true", "tlsAllowInvalidCertificates=true", "sslVerifyCertificate=false"])(
    "needs TLS that checks certificates, without %s",
    (option) => {
      const { mongoUri, appMongoUri } = remoteUris("one", "two");
      const both = { mongoUri, appMongoUri: `${appMongoUri}&${option}` };
      const [name = ""] = option.split("=");

      expect(describeProblems({ ...dev, ...both })).toContain(
        `certificates (${name}); allowed: TLS`,
      );
      const allowed = { kind: "existing", allowPlainText: true };
      expect(describeProblems({ ...dev, ...both, cluster: allowed })).toBe("no problem");
      expect(describeProblems({ ...dev, mongoUri: `${dev.mongoUri}?tls=true&${option}` })).toBe(
        "no problem",
      );
    },
  );

  it("of the services is another user's, unless the host is local", () => {
    expect(describeProblems({ ...dev, ...remoteUris("one", "one") })).toContain(
      "appMongoUri: found the same user",
    );
    expect(describeProblems({ ...dev, ...remoteUris("", "") })).toContain(
      "appMongoUri: found no user",
    );
    expect(describeProblems({ ...dev, appMongoUri: dev.mongoUri })).toBe("no problem");
  });

  it.each([
    ["w=1", "w=1 and readPreference=primary"],
    ["W=0", "w=0 and"],
    ["readPreference=secondaryPreferred", "readPreference=secondaryPreferred"],
  ])(
    "of the services waits for a majority and reads from the primary, without %s",
    (option, found) => {
      const { mongoUri, appMongoUri } = remoteUris("one", "two");
      const both = (options: string) => ({ mongoUri, appMongoUri: `${appMongoUri}&${options}` });

      const problems = describeProblems({ ...dev, ...both(option) });
      expect(problems).toContain("appMongoUri: found w=");
      expect(problems).toContain(found);
      expect(describeProblems({ ...dev, ...both("w=majority&readPreference=primary") })).toBe(
        "no problem",
      );
      // The migrator reads and writes safely whatever it says.
      expect(describeProblems({ ...dev, ...both(""), mongoUri: `${mongoUri}&${option}` })).toBe(
        "no problem",
      );
    },
  );

  it("of both may have its user in a certificate", () => {
    const { mongoUri, appMongoUri } = remoteUris("", "");
    const x509 = (uri: string) => `${uri}&authMechanism=MONGODB-X509`;
    const both = { mongoUri: x509(mongoUri), appMongoUri: x509(appMongoUri) };

    expect(describeProblems({ ...dev, ...both })).toBe("no problem");
  });

  it.each([
    ["other", 'the database "other", and "taskrunner" in mongoUri'],
    ["", 'the database none, and "taskrunner" in mongoUri'],
  ])("of the services names the same database: not %j", (name, found) => {
    const appMongoUri = `mongodb://127.0.0.1/${name}`;

    expect(describeProblems({ ...dev, appMongoUri })).toContain(`appMongoUri: found ${found}`);
    const mongo = { database: "taskrunner" };
    expect(describeProblems({ ...dev, mongo, appMongoUri })).toBe("no problem");
  });

  it("is not looked at in filesystem mode", () => {
    const storageMode = "filesystem";

    expect(describeProblems({ ...dev, storageMode, ...remoteUris("one", "one") })).toBe(
      "no problem",
    );
  });

  it("is found in a stack's settings, whatever the name of its project", async () => {
    const of = (key: string, value: unknown = dev.mongoUri) =>
      statedMongoUri({ config: { [key]: value } });
    expect(await of("taskrunner-storage:mongoUri")).toMatchObject({ uri: dev.mongoUri });
    expect(await of("our-platform:mongoUri")).toMatchObject({ uri: dev.mongoUri });
    expect(await of("our-platform:storageUri")).toEqual({ uri: undefined, isEncrypted: false });
    expect(await of("our-platform:mongoUri", { secure: "v1" })).toEqual({
      uri: undefined,
      isEncrypted: true,
    });
  });

  it("is never quoted, and a password in plain text is refused", () => {
    const mongoUri = "mongodb://migrator:geheim@127.0.0.1/taskrunner";
    const plain = describeProblems({ ...dev, mongoUri }, ["mongoUri"]);
    const broken = describeProblems({ ...dev, mongoUri: "mongo//migrator:geheim@" });

    expect(plain).toContain("pulumi config set --secret mongoUri");
    expect(broken).toContain("mongoUri: ");
    expect(plain + broken).not.toContain("geheim");
  });

  const misplaced = "mongodb://m:geheim@db.example.net/taskrunner";
  it.each([
    ["cluster", { cluster: misplaced }],
    ["jobs.secret", { jobs: { image: "i", secret: misplaced } }],
    ["rollout.connectionSecret", { rollout: { ...helm, connectionSecret: misplaced } }],
    ["mongo.database", { mongo: { database: misplaced.replace("mongodb", "mongodb+srv") } }],
    ["backfill", { backfill: [{ uri: misplaced, path: "x" }] }],
    ["jobs.image", { jobs: { image: { password: "geheim", uri: misplaced } } }],
    ["mongo.collections.logs", { mongo: { collections: { runs: misplaced, logs: misplaced } } }],
  ])("is not quoted where it is put by mistake: %s", (key, change) => {
    const problems = describeProblems({ ...dev, ...change });

    expect(problems).toContain(`${key}: found a connection string,`);
    expect(problems).not.toMatch(/geheim|db\.example/);
  });

  it("is not quoted as the name of a setting, nor as that of the other stack", () => {
    const cluster = { kind: "stackReference", stack: misplaced };

    const problems =
      describeProblems({ ...dev, mongo: { [misplaced]: 1 } }) +
      describeProblems({ ...dev, cluster });
    expect(problems).toMatch(/mongo\.\(a connection string, .*\): found an unknown/);
    expect(problems).toContain("output of stack a connection string,");
    expect(problems).not.toContain("geheim");
  });

  it.each(["mongodb://127.0.0.1/db%zz", "mongodb://u%zz:geheim@127.0.0.1/db"])(
    "is refused with its reason if a part of it is encoded wrongly: %s",
    (uri) => {
      const problems = describeProblems({ ...dev, mongoUri: uri, appMongoUri: uri });

      expect(problems).toMatch(/mongoUri: found .* not a connection string; /);
      expect(problems).not.toMatch(/geheim|%zz/);
    },
  );
});

describe("the rollout by Helm releases", () => {
  it("needs a namespace, and has a default for everything else if it installs", () => {
    expect(describeProblems({ ...dev, rollout: { target: "helm" } })).toContain(
      "rollout.namespace: missing",
    );
    expect(parseSettings({ ...dev, rollout: helm }).rollout).toMatchObject({
      worker: { release: "taskrunner-worker", path: "env" },
      web: { release: "taskrunner-web", values: [] },
      connectionSecret: { key: "connectionString" },
    });
  });
});

function remoteUris(migrator: string, application: string) {
  const uri = (user: string) =>
    `mongodb://${user === "" ? "" : `${user}:p@`}db.example.net/taskrunner?tls=true`;
  return { mongoUri: uri(migrator), appMongoUri: uri(application) };
}
