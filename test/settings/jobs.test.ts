import { describe, expect, it } from "vitest";
import { parseSettings } from "../../components/settings";
import { describeProblems } from "./problems";

const asJobs = {
  storageMode: "mongo",
  mongoUri: "mongodb://127.0.0.1:27017/taskrunner",
  backfill: { source: { persistentVolumeClaim: "state" } },
  jobs: { image: "registry.example.test/commands:1" },
  rollout: {
    target: "helm",
    namespace: "taskrunner",
    worker: { chart: "charts/one" },
    web: { chart: "charts/one" },
  },
};
const values = { target: "values", directory: "deploy", confirm: "none" };

describe("what runs as Jobs", () => {
  it("is taken if claim, image and namespace are there", () => {
    expect(parseSettings(asJobs)).toMatchObject({
      jobs: { image: "registry.example.test/commands:1", timeoutSeconds: 600 },
    });
  });

  it.each([
    ["jobs.namespace: missing", { ...asJobs, rollout: values }],
    ['backfill.source.path: found "state"', { ...asJobs, backfill: { source: { path: "state" } } }],
    [
      'backfill.source.persistentVolumeClaim: found "state"',
      { ...asJobs, jobs: undefined, backfill: { source: { persistentVolumeClaim: "state" } } },
    ],
  ])("%s", (problem, settings) => {
    expect(describeProblems(settings)).toContain(problem);
    expect(describeProblems({ ...settings, storageMode: "filesystem" })).toContain(problem);
  });

  it("needs no mongoUri if a Secret has it, but then the database's name and appMongoUri", () => {
    const { mongoUri, ...others } = asJobs;
    const secret = { name: "mongo", key: "uri" };
    const hidden = { ...others, jobs: { ...asJobs.jobs, secret } };
    expect(describeProblems(hidden)).toMatch(/mongo\.database: missing[^]*appMongoUri: missing/);
    const mongo = { database: "taskrunner" };
    expect(describeProblems({ ...hidden, mongo, appMongoUri: mongoUri })).toBe("no problem");
    const rollout = { ...asJobs.rollout, connectionSecret: { name: "app" } };
    expect(describeProblems({ ...hidden, mongo, rollout })).toBe("no problem");
    expect(describeProblems({ ...hidden, mongo, appMongoUri: "mongodb://elsewhere/x" })).toContain(
      "appMongoUri: found a connection",
    );
    expect(describeProblems({ ...others, mongo, appMongoUri: mongoUri })).toContain(
      "mongoUri: missing",
    );
  });
});
