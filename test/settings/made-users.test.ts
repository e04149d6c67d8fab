import { describe, expect, it } from "vitest";
import { describeProblems, helm } from "./problems";

const projectId = "5f0000000000000000000001";
const regions = [{ name: "EU_CENTRAL_1" }];
const clusters = {
  atlas: { kind: "atlas", projectId, provider: "AWS", regions },
  kubernetes: {
    kind: "kubernetes",
    namespace: "taskrunner",
    resource: { version: "8.0.12", tls: { certificateSecret: "tls", caConfigMap: "ca" } },
  },
};
const selector = { worker: "app=worker", web: "app=web" };
const confirm = { namespace: "taskrunner", selector };
const values = { target: "values", directory: "deploy", confirm };
const jobs = { image: "registry.example.test/commands:1", namespace: "taskrunner" };

describe.each(["atlas", "kubernetes"] as const)("the users that cluster.kind %s makes", (kind) => {
  const whole = { cluster: clusters[kind], jobs, rollout: helm };
  const inSecret = { ...whole, jobs: { ...jobs, secret: { name: "site" } } };
  const named = { ...whole, rollout: { ...helm, connectionSecret: { name: "site" } } };
  const allowed = `found "site"; allowed: absent: cluster.kind ${kind} `;

  it("are in no Secret of the site's, which another password would not reach", () => {
    expect(describeProblems(whole)).toBe("no problem");
    expect(describeProblems(named)).toContain(`rollout.connectionSecret.name: ${allowed}`);
    expect(describeProblems(inSecret)).toContain(`jobs.secret: ${allowed}`);
  });

  it("are not required if values files change the services over, unless none wait", () => {
    const problems = describeProblems({ ...whole, rollout: values });

    expect(problems).toMatch(
      {
        atlas: /rollout\.target: found values/,
        kubernetes: /connectionSecret: found {"name":"taskrunner-mongo".*mongo\.database: missing/s,
      }[kind],
    );
    expect(describeProblems({ ...whole, rollout: { ...values, confirm: "none" } })).toBe(
      "no problem",
    );
  });

  it.each([named, inSecret, { ...whole, rollout: values }])("stop no rollback (%#)", (settings) => {
    expect(describeProblems({ ...settings, storageMode: "filesystem" })).toBe("no problem");
  });
});

it("values files may name the Secret that MongoDB's operator fills", () => {
  const connectionSecret = {
    name: "taskrunner-mongo-admin-taskrunner-app",
    key: "connectionString.standard",
  };
  const rollout = { ...values, connectionSecret };
  const whole = { cluster: clusters.kubernetes, jobs, rollout };

  expect(describeProblems({ ...whole, mongo: { database: "taskrunner" } })).toBe("no problem");
});
