import * as pulumi from "@pulumi/pulumi";
import type { MockResourceArgs } from "@pulumi/pulumi/runtime";
import { beforeEach, describe, expect, it } from "vitest";
import {
  releaseStepOf,
  Services,
  WebRollout,
  WorkerDrain,
  WorkerRollout,
} from "../../components/rollout/program";
import { parseSettings } from "../../components/settings";

let registered: MockResourceArgs[];

beforeEach(async () => {
  registered = [];
  await pulumi.runtime.setMocks({
    newResource: (resource) => {
      registered.push(resource);
      const outputs = resource.type.endsWith(":Release") ? { status: { revision: 4 } } : {};
      const state = { drains: 1, requests: 0, ...(resource.inputs as object), ...outputs };
      return { id: resource.name, state };
    },
    call: () => ({}),
  });
});

const valueOf = <T>(output: pulumi.Output<T>) =>
  new Promise<T>((resolve) => {
    output.apply((value) => {
      resolve(value);
    });
  });

const inFolder = {
  target: "values",
  directory: "deploy",
  web: { path: "web.env", form: "map" },
  connectionSecret: { name: "mongo", key: "uri" },
};
const onCluster = { target: "helm", kubeconfig: "kube.config", namespace: "apps" };

/** What worker and web say in the end, and where their connection string is. */
async function rolledOut(rollout: Record<string, unknown>, database?: string) {
  const mongoUri = "mongodb://127.0.0.1/taskrunner";
  const settings = parseSettings({ mongoUri, rollout });
  releaseStepOf(settings);
  const services = new Services("services", {
    settings: settings.rollout,
    mode: "mongo",
    collections: settings.mongo.collections,
    database,
    appUri: pulumi.secret(mongoUri),
  });
  const drain = new WorkerDrain("worker-drain", services);
  const worker = new WorkerRollout("worker-rollout", services, drain);
  const web = new WebRollout("web-rollout", services, { dependsOn: worker });
  return {
    secretRef: await valueOf(services.connectionSecretRef),
    worker: await valueOf(worker.summary),
    web: await valueOf(web.summary),
  };
}

/** In alphabetical order: what no other waits for is registered in any. */
const named = () =>
  registered.map(({ type, name }) => `${type.split(":").at(-1) ?? ""} ${name}`).sort();

const inputsOf = (type: string, name: string) =>
  registered.find((resource) => resource.type.endsWith(type) && resource.name === name)?.inputs as
    Record<string, unknown> | undefined;

describe("the rollout by values files", () => {
  it("has one file a service, and nothing else for a stack without services", async () => {
    await rolledOut({ ...inFolder, confirm: "none" });

    expect(named()).toEqual([
      "Services services",
      "ValuesFile web",
      "ValuesFile worker",
      "WebRollout web-rollout",
      "WorkerDrain worker-drain",
      "WorkerRollout worker-rollout",
    ]);
  });

  it("asks for the document's entries in the file that the settings name", async () => {
    await rolledOut({ ...inFolder, confirm: "none" }, "taskrunner");

    expect(inputsOf(":ValuesFile", "web")).toMatchObject({
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

  it("leaves the database out where none is given", async () => {
    await rolledOut({ ...inFolder, confirm: "none" });

    const { environment } = inputsOf(":ValuesFile", "worker") ?? {};
    expect(Object.keys(environment as object)).toHaveLength(6);
  });

  it("says its target, mode and file, and refers to the Secret by name and key", async () => {
    expect(await rolledOut({ ...inFolder, confirm: "none" })).toMatchObject({
      worker: { target: "values", mode: "mongo", file: "deploy/worker.values.yaml" },
      secretRef: { name: "mongo", key: "uri" },
    });
  });

  it("watches the pods where the settings say where they are", async () => {
    const selector = { worker: "app=worker", web: "app=web" };
    await rolledOut({ ...inFolder, confirm: { namespace: "apps", selector } });

    expect(named()).toEqual([
      "Drain worker-drain",
      "DrainRequest worker-drain-request",
      "PodsReplaced web-pods",
      "PodsReplaced worker-pods",
      "Services services",
      "ValuesFile web",
      "ValuesFile worker",
      "WebRollout web-rollout",
      "WorkerDrain worker-drain",
      "WorkerRollout worker-rollout",
    ]);
    expect(inputsOf(":PodsReplaced", "worker-pods")).toMatchObject({
      namespace: "apps",
      selector: "app=worker",
      mode: "mongo",
      drains: 1,
    });
    expect(inputsOf(":PodsReplaced", "web-pods")).not.toHaveProperty("drains");
  });

  it("waits for the site's word where nothing can be watched", async () => {
    await rolledOut({ ...inFolder, confirmed: "drained" });

    expect(named().filter((name) => name.startsWith("Confirmation"))).toEqual([
      "Confirmation web-deployed",
      "Confirmation worker-deployed",
      "Confirmation worker-drained",
    ]);
    expect(inputsOf(":Confirmation", "web-deployed")).toMatchObject({
      step: "web",
      file: "deploy/web.values.yaml",
      confirmed: "drained",
    });
  });
});

describe("the rollout by Helm releases", () => {
  it("has a Secret of the stack's, and a release and a watch for each service", async () => {
    await rolledOut(onCluster);

    expect(named()).toEqual([
      "Drain worker-drain",
      "DrainRequest worker-drain-request",
      "FormerSecrets former-secrets",
      "PodsReplaced web-pods",
      "PodsReplaced worker-pods",
      "Release web",
      "Release worker",
      "Secret taskrunner-mongo",
      "Services services",
      "WebRollout web-rollout",
      "WorkerDrain worker-drain",
      "WorkerRollout worker-rollout",
      "kubernetes kubernetes",
    ]);
    expect(inputsOf(":PodsReplaced", "web-pods")).toMatchObject({
      kubeconfig: "kube.config",
      namespace: "apps",
      release: "taskrunner-web",
      revision: 4,
    });
  });

  it("is not atomic, and has our variables on top of the site's values", async () => {
    await rolledOut({ ...onCluster, connectionSecret: { name: "site", key: "uri" } });

    const release = inputsOf(":Release", "worker");
    expect(release).toMatchObject({ atomic: false, skipAwait: true, name: "taskrunner-worker" });
    expect(release?.values).toMatchObject({
      env: [
        { name: "Worker__Storage__Mode", value: "mongo" },
        {
          name: "Worker__Storage__Mongo__ConnectionString",
          valueFrom: { secretKeyRef: { name: "site", key: "uri" } },
        },
        ...Array.from({ length: 4 }, () => expect.anything() as unknown),
      ],
    });
  });

  it("puts the version of a Secret of the site's into an annotation of the pods", async () => {
    const connectionSecret = { name: "site" };
    await rolledOut({ ...onCluster, connectionSecret, secretVersion: "2026-11" });

    expect(inputsOf(":Release", "web")?.values).toMatchObject({
      podAnnotations: { "taskrunner.stellaops.io/secret-version": "2026-11" },
    });
    expect(named()).not.toContain("Secret taskrunner-mongo");
  });

  it("says release, namespace and revision", async () => {
    expect((await rolledOut(onCluster)).web).toEqual({
      target: "helm",
      mode: "mongo",
      namespace: "apps",
      release: "taskrunner-web",
      revision: 4,
    });
  });
});

describe("the rollout by one Helm release that holds both services", () => {
  const shared = {
    ...onCluster,
    release: "shared",
    shared: { release: "stella", chart: "charts/stella", version: "7.1.0" },
    worker: { selector: "app=worker", path: "runner.worker.env" },
    web: { selector: "app=web", path: "runner.web.settings", form: "map" },
  };

  it("has one release, and the look at it before anything else", async () => {
    await rolledOut({ ...shared, step: "worker" });

    expect(named()).toEqual([
      "Drain worker-drain",
      "DrainRequest worker-drain-request",
      "FormerSecrets former-secrets",
      "PodsReplaced web-pods",
      "PodsReplaced worker-pods",
      "Release release",
      "ReleaseStep release-step",
      "Secret taskrunner-mongo",
      "Services services",
      "WebRollout web-rollout",
      "WorkerDrain worker-drain",
      "WorkerRollout worker-rollout",
      "kubernetes kubernetes",
    ]);
    expect(inputsOf(":ReleaseStep", "release-step")).toMatchObject({
      release: "stella",
      selectors: { worker: "app=worker", web: "app=web" },
      step: "worker",
      mode: "mongo",
    });
  });

  it("leaves web in its former mode in the worker's step", async () => {
    const { worker, web } = await rolledOut({ ...shared, step: "worker" });

    expect(inputsOf(":Release", "release")).toMatchObject({
      name: "stella",
      version: "7.1.0",
      values: {
        runner: {
          worker: { env: expect.arrayContaining([mode("Worker", "mongo")]) as unknown },
          web: { settings: { TaskRunner__Storage__Mode: "filesystem" } },
        },
      },
    });
    expect(inputsOf(":Drain", "worker-drain")).toMatchObject({
      release: "stella",
      selector: "app=worker",
      mode: "mongo",
    });
    const pods = { release: "stella", revision: 4, step: "worker" };
    const [ofWorker, ofWeb] = [{ selector: "app=worker" }, { selector: "app=web" }];
    expect(inputsOf(":PodsReplaced", "worker-pods")).toMatchObject({
      ...{ ...pods, ...ofWorker, mode: "mongo" },
    });
    expect(inputsOf(":PodsReplaced", "web-pods")).toMatchObject({
      ...{ ...pods, ...ofWeb, mode: "filesystem" },
    });
    expect(inputsOf(":FormerSecrets", "former-secrets")).toMatchObject({ isEarly: true });
    expect([worker, web]).toMatchObject([{ mode: "mongo" }, { mode: "filesystem" }]);
  });

  it("has both in the mode in web's step", async () => {
    const { web } = await rolledOut({ ...shared, step: "web" });

    const { values } = inputsOf(":Release", "release") ?? {};
    expect(values).toMatchObject({
      runner: { web: { settings: { TaskRunner__Storage__Mode: "mongo" } } },
    });
    expect(inputsOf(":PodsReplaced", "web-pods")).toMatchObject({ mode: "mongo", step: "web" });
    expect(inputsOf(":FormerSecrets", "former-secrets")).not.toHaveProperty("isEarly");
    expect(web).toMatchObject({ mode: "mongo", release: "stella", revision: 4 });
  });

  it("has the version of a Secret at the places of the services in mongo mode alone", async () => {
    const version = { connectionSecret: { name: "site" }, secretVersion: "2026-11" };
    await rolledOut({ ...shared, ...version, step: "worker" });

    const { values } = inputsOf(":Release", "release") ?? {};
    expect(values).toMatchObject({
      worker: { podAnnotations: { "taskrunner.stellaops.io/secret-version": "2026-11" } },
    });
    expect(values).not.toHaveProperty("web");
  });

  const mode = (section: string, value: string) => ({ name: `${section}__Storage__Mode`, value });
});

it("says nothing of steps where each service has its own release", async () => {
  await rolledOut(onCluster);

  expect(named()).not.toContain("ReleaseStep release-step");
  for (const pods of ["worker-pods", "web-pods"]) {
    expect(inputsOf(":PodsReplaced", pods)).not.toHaveProperty("step");
    expect(inputsOf(":PodsReplaced", pods)).not.toHaveProperty("selector");
  }
  expect(inputsOf(":FormerSecrets", "former-secrets")).not.toHaveProperty("isEarly");
});
