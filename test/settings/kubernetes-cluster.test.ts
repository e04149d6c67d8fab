import { describe, expect, it } from "vitest";
import { parseSettings } from "../../components/settings";
import { describeProblems } from "./problems";

const kubernetes = {
  kind: "kubernetes",
  resource: { version: "8.0.12", tls: { certificateSecret: "tls", caConfigMap: "ca" } },
};
const whole = {
  storageMode: "mongo",
  cluster: kubernetes,
  jobs: { image: "registry.example.test/commands:1" },
  rollout: {
    target: "helm",
    namespace: "taskrunner",
    worker: { chart: "charts/one" },
    web: { chart: "charts/one" },
  },
};
const resource = (change: object) => ({
  ...whole,
  cluster: { ...kubernetes, resource: { ...kubernetes.resource, ...change } },
});
const cluster = (change: object) => ({ ...whole, cluster: { ...kubernetes, ...change } });
const values = { target: "values", directory: "deploy", confirm: "none" };

describe("a replica set in Kubernetes", () => {
  it("is taken with a version and the names for TLS alone", () => {
    expect(parseSettings(whole)).toMatchObject({
      cluster: {
        operator: { install: true, chart: "mongodb-kubernetes", version: "1.10.0" },
        resource: { name: "taskrunner-mongo", members: 3 },
        overrides: {},
      },
    });
  });

  it.each([
    ["resource.members: found 2; allowed: 1, 3, 5 or 7", resource({ members: 2 })],
    ["resource.members: found 9", resource({ members: 9 })],
    ['resource.version: found "8.0"; allowed: a full version', resource({ version: "8.0" })],
    ['resource.version: found "5.0.31"', resource({ version: "5.0.31" })],
    ["resource.version: found nothing", resource({ version: undefined })],
    [
      "overrides.users: found a key that the stack sets itself; allowed: absent",
      cluster({ overrides: { users: [], statefulSet: {} } }),
    ],
    ["overrides.members: found a key", cluster({ overrides: { members: 5 } })],
    [
      'resource.resources.requests.memory: found "2gb"; allowed: a quantity of Kubernetes',
      resource({ resources: { requests: { memory: "2gb" } } }),
    ],
    ['resource.name: found "Mongo_1"', resource({ name: "Mongo_1" })],
    ["resource.size: found an unknown setting", resource({ size: 3 })],
    [
      "resource.tls.enabled: found false; allowed: true, or cluster.allowPlainText: true",
      resource({ tls: { enabled: false } }),
    ],
    [
      "resource.tls.certificateSecret: found nothing; allowed: the Secret with tls.crt",
      resource({ tls: { caConfigMap: "ca" } }),
    ],
    ["resource.tls.caConfigMap: found nothing", resource({ tls: { certificateSecret: "tls" } })],
    ['operator.repository: found "charts"', cluster({ operator: { repository: "charts" } })],
    [
      'users.application.name: found "one", which is the migrator\'s',
      cluster({ users: { migrator: { name: "one" }, application: { name: "one" } } }),
    ],
  ])("%s", (problem, settings) => {
    expect(describeProblems(settings)).toContain(`taskrunner-storage:cluster.${problem}`);
  });

  it.each([
    [
      "jobs: found nothing, and only the Kubernetes cluster reaches MongoDB in it; allowed: { image",
      { ...whole, jobs: undefined },
    ],
    ["mongoUri: found a connection string", { ...whole, mongoUri: "mongodb://127.0.0.1/x" }],
    [
      "cluster.namespace: found nothing, and rollout has none",
      { ...whole, rollout: values, jobs: { ...whole.jobs, namespace: "jobs" } },
    ],
  ])("%s", (problem, settings) => {
    expect(describeProblems(settings)).toContain(`taskrunner-storage:${problem}`);
  });

  it("takes an engine that is inside, and plain text where it is allowed", () => {
    const inside = { engineInside: true, allowPlainText: true };
    const plain = { version: "8.0.12", tls: { enabled: false } };

    const settings = cluster({ ...inside, resource: plain });

    expect(describeProblems({ ...settings, jobs: undefined })).toBe("no problem");
  });
});
