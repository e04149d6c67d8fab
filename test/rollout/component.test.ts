import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime";
import { beforeAll, describe, expect, it } from "vitest";
import { WebRollout, WorkerRollout, connectionSecretRef } from "../../components/rollout";
import { parseSettings } from "../../components/settings";

const registered: MockResourceArgs[] = [];

const settings = parseSettings({
  mongoUri: "mongodb://127.0.0.1/taskrunner",
  rollout: {
    target: "values",
    directory: "deploy",
    confirm: "none",
    web: { path: "web.env", form: "map" },
    connectionSecret: { name: "mongo", key: "uri" },
  },
});
const rollout = settings.rollout;
const args = { settings: rollout, mode: "mongo", collections: settings.mongo.collections } as const;

let worker: WorkerRollout;
let web: WebRollout;

const valueOf = <T>(output: pulumi.Output<T>) =>
  new Promise<T>((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: (resource) => {
      registered.push(resource);
      return { id: resource.name, state: resource.inputs as object };
    },
    call: () => ({}),
  });
  worker = new WorkerRollout("worker", args);
  web = new WebRollout("web", { ...args, database: "taskrunner" }, { dependsOn: worker });
  await Promise.all([valueOf(worker.summary), valueOf(web.summary)]);
});

const inputsOf = (type: string, name: string) =>
  registered.find((resource) => resource.type === type && resource.name === name)?.inputs as
    Record<string, unknown> | undefined;

describe("the rollout of a service", () => {
  it("is a component with one values file, named as the service", () => {
    expect(registered.map(({ type, name }) => [type, name])).toEqual([
      ["taskrunner:storage:WorkerRollout", "worker"],
      ["pulumi-nodejs:dynamic/taskrunner:ValuesFile", "worker"],
      ["taskrunner:storage:WebRollout", "web"],
      ["pulumi-nodejs:dynamic/taskrunner:ValuesFile", "web"],
    ]);
  });

  it("asks for the document's entries in the file that the settings name", () => {
    const inputs = inputsOf("pulumi-nodejs:dynamic/taskrunner:ValuesFile", "web");
    expect(inputs).toMatchObject({
      service: "web",
      file: "deploy/web.values.yaml",
      path: "web.env",
      form: "map",
      mode: "mongo",
      environment: {
        TaskRunner__Storage__Mode: "mongo",
        TaskRunner__Storage__Mongo__ConnectionString: {
          secretKeyRef: { name: "mongo", key: "uri" },
        },
        TaskRunner__Storage__Mongo__Database: "taskrunner",
        TaskRunner__Storage__Mongo__RunsCollection: "pack_runs",
      },
    });
  });

  it("leaves the database out where none is given", () => {
    const inputs = inputsOf("pulumi-nodejs:dynamic/taskrunner:ValuesFile", "worker");
    expect(Object.keys(inputs?.environment as object)).toHaveLength(6);
  });

  it("says its target, mode and file", async () => {
    expect(await valueOf(worker.summary)).toEqual({
      target: "values",
      mode: "mongo",
      file: "deploy/worker.values.yaml",
    });
  });

  it("refers to the Secret of the connection string by name and key", () => {
    expect(connectionSecretRef(rollout)).toEqual({ name: "mongo", key: "uri" });
  });
});
