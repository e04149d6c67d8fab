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
const cluster = (change: object) => ({ ...whole, cluster: { ...kubernetes, ...change } });
describe("a replica set in Kubernetes", () => {
  it("is taken with only a version and the names for TLS", () => {
    expect(parseSettings(whole)).toMatchObject({
      cluster: {
        operator: { install: true, chart: "mongodb-kubernetes", version: "1.10.0" },
        resource: { name: "taskrunner-mongo", members: 3 },
        overrides: {},
      },
    });
  });

  it("takes an engine that is inside, and plain text where it is allowed", () => {
    const inside = { engineInside: true, allowPlainText: true };
    const plain = { version: "8.0.12", tls: { enabled: false } };

    const settings = cluster({ ...inside, resource: plain });

    expect(describeProblems({ ...settings, jobs: undefined })).toBe("no problem");
  });
});
