import { describe, expect, it } from "vitest";
import { commandSettings, commandSettingsAsText, parseSettings } from "../../components/settings";
import { problemsOf } from "./problems";

const asJobs = {
  storageMode: "mongo",
  mongoUri: "mongodb://127.0.0.1:27017/taskrunner",
  migration: { runAs: "job" },
  backfill: { source: { persistentVolumeClaim: "state" }, runAs: "job", parallelism: 4 },
  jobs: { image: "registry.example.test/commands:1" },
  rollout: { target: "helm", namespace: "taskrunner" },
};
const values = { target: "values", directory: "deploy", confirm: "none" };

describe("what runs as Jobs", () => {
  it("is taken where claim, image and namespace are there", () => {
    expect(parseSettings(asJobs)).toMatchObject({
      jobs: { image: "registry.example.test/commands:1", podAnnotations: {}, timeoutSeconds: 600 },
    });
  });

  it.each([
    ["jobs: found nothing", { ...asJobs, jobs: undefined }],
    ["jobs: found a section, and migration.runAs is engine", { ...asJobs, migration: {} }],
    ["jobs.namespace: found nothing", { ...asJobs, rollout: values }],
    [
      "backfill.runAs: found engine, and migration.runAs is job; allowed: job",
      { ...asJobs, backfill: { ...asJobs.backfill, runAs: "engine" } },
    ],
    [
      "backfill.runAs: found job, and migration.runAs is engine; allowed: engine",
      { ...asJobs, migration: {} },
    ],
    [
      "backfill.source: found a path of this machine; allowed: persistentVolumeClaim",
      { ...asJobs, backfill: { source: { path: "state" }, runAs: "job" } },
    ],
    [
      "backfill.source: found a claim; allowed: path",
      { ...asJobs, migration: {}, backfill: { source: { persistentVolumeClaim: "state" } } },
    ],
    [
      "backfill.parallelism: found 2; allowed: 1 where runAs is engine",
      { ...asJobs, migration: {}, backfill: { source: { path: "state" }, parallelism: 2 } },
    ],
  ])("%s", (problem, settings) => {
    expect(problemsOf(settings)).toContain(problem);
  });

  it("that is described and not meant stops no way back", () => {
    const left = { ...asJobs, migration: {}, backfill: undefined };

    expect(problemsOf({ ...left, storageMode: "filesystem" })).toBe("no problem");
    expect(problemsOf({ ...left, jobs: undefined })).toBe("no problem");
  });

  it("needs no mongoUri where a Secret has it, but then the database's name and appMongoUri", () => {
    const { mongoUri, ...others } = asJobs;
    const secret = { name: "mongo", key: "uri" };
    const hidden = { ...others, jobs: { ...asJobs.jobs, secret } };
    expect(problemsOf(hidden)).toMatch(
      /mongo\.database: found nothing[^]*appMongoUri: found nothing/,
    );
    const mongo = { database: "taskrunner" };
    expect(problemsOf({ ...hidden, mongo, appMongoUri: mongoUri })).toBe("no problem");
    const rollout = { ...asJobs.rollout, connectionSecret: { name: "app" } };
    expect(problemsOf({ ...hidden, mongo, rollout })).toBe("no problem");
    expect(problemsOf({ ...hidden, mongo, appMongoUri: "mongodb://elsewhere/x" })).toContain(
      "appMongoUri: found a connection without TLS",
    );
    expect(problemsOf({ ...others, mongo, appMongoUri: mongoUri })).toContain("mongoUri: found");
  });
});

it("the commands read the settings that a Job is given, without secrets", async () => {
  const settings = parseSettings({ ...asJobs, logRetentionDays: 90, tenancy: "enforced" });
  const text = commandSettingsAsText(settings);
  expect(text).not.toMatch(/mongodb:|storageMode|rollout/);
  const { logRetentionDays, tenancy, migration, backfill } = settings;
  expect(await commandSettings({ text })).toMatchObject({
    ...{ logRetentionDays, tenancy, migration, backfill },
  });
});
