import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs, Mocks } from "@pulumi/pulumi/runtime";
import { beforeEach, expect, it } from "vitest";
import { MongoCluster } from "../../components/cluster";
import { parseSettings } from "../../components/settings";
import { directionTo } from "../../components/settings/derived";

let registered: MockResourceArgs[];

beforeEach(async () => {
  registered = [];
  const mocks: Mocks = {
    newResource: (resource) => {
      registered.push(resource);
      const inputs = resource.inputs as object;
      const made = resource.type.endsWith(":Secret") ? { metadata: { name: resource.name } } : {};
      const log = resource.type.endsWith(":LogIn") ? { uri: `mongodb://${resource.name}` } : {};
      return { id: resource.name, state: { password: "pw", ...inputs, ...made, ...log } };
    },
    call: () => ({}),
  };
  await pulumi.runtime.setMocks(mocks, "taskrunner-storage", "test", false, "organization");
});

const valueOf = <T>(output: pulumi.Output<T> | undefined) =>
  new Promise<T>((resolve) => void output?.apply(resolve));

/** The cluster of a stack whose steps run as Jobs. */
async function connectionStrings(name = "taskrunner") {
  const settings = parseSettings({
    storageMode: "mongo",
    cluster: {
      kind: "kubernetes",
      namespace: "mongodb",
      allowPlainText: true,
      resource: { version: "8.0.12", tls: { enabled: false } },
    },
    jobs: { image: "registry.example.test/commands:1", namespace: "jobs" },
    rollout: {
      target: "helm",
      namespace: "apps",
      worker: { chart: "charts/one" },
      web: { chart: "charts/one" },
    },
  });
  const direction = directionTo(settings.storageMode);
  const { uri, appUri } = new MongoCluster(name, { ...settings, direction } as never).mongo;
  return { uri: await valueOf(uri), appUri: await valueOf(appUri) };
}

const inputsOf = (name: string) =>
  registered.find((one) => one.name === `taskrunner-${name}`)?.inputs as Record<string, unknown>;

it("both users' connection strings are those with which they logged in", async () => {
  expect(await connectionStrings()).toEqual({
    uri: "mongodb://taskrunner-migrator-log-in",
    appUri: "mongodb://taskrunner-application-log-in",
  });
});

it("a Job logs in as each user with a Secret of the user's own", async () => {
  await connectionStrings();

  const jobOf = (name: string) => inputsOf(name).job as { secret: { name: string } };
  expect(jobOf("migrator-log-in").secret.name).toBe("taskrunner-migrator-connection");
  expect(jobOf("application-log-in").secret.name).toBe("taskrunner-application-connection");
  expect(JSON.stringify(inputsOf("application-connection"))).toContain("taskrunner-app:pw@");
});

it("all that a cluster registers has the name of its instance, so that a program can have two", async () => {
  await connectionStrings("blue");

  const names = registered.map(({ name }) => name);
  expect(names.filter((name) => !name.startsWith("blue"))).toEqual([]);
  expect(names).toContain("blue-kubernetes-of-jobs");
});
