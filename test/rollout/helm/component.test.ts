import { describe, expect, it } from "vitest";
import {
  registeredNames,
  inputsOf,
  mockedEngine,
  named,
  replaceable,
  rolledOut,
  staying,
} from "../rolled-out";

mockedEngine();

const chart = "examples/chart";
const onCluster = { target: "helm", namespace: "apps", worker: { chart }, web: { chart } };
const kubernetes = { kubeconfig: "kube.config" };

describe("the rollout by Helm releases", () => {
  it("has a Secret of the stack's, and a release and a watch for each service", async () => {
    await rolledOut(onCluster, { kubernetes });

    expect(named()).toEqual([
      "Cutover cutover",
      "Drain worker-drain",
      "DrainRequest worker-drain-request",
      "PodsReplaced web-pods",
      "PodsReplaced worker-pods",
      "Release web",
      "Release worker",
      "Secret mongo-connection",
      "Services services",
      "ServicesCheck services-check",
      "Update update",
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

  it("comes from a private repository, whose password is a secret, and keeps ten revisions", async () => {
    const repository = { url: "https://charts.test", username: "ci", password: "geheim", ca: "ca" };
    const worker = { chart: "task-runner", version: "1.4.0", repository };
    const values = ["test/rollout/helm/umbrella.values.yaml"];
    await rolledOut({ ...onCluster, worker: { ...worker, values, path: "runner.worker.env" } });

    const release = inputsOf(":Release", "worker");
    expect(release).toMatchObject({ chart: "task-runner", version: "1.4.0", maxHistory: 10 });
    // What has a secret in it is one, with its value below it.
    expect(release?.repositoryOpts).toMatchObject({
      value: { repo: "https://charts.test", username: "ci", caFile: "ca", password: "geheim" },
    });
  });

  it("stays when the stack is destroyed, with its Secret", async () => {
    await rolledOut(onCluster);

    expect(staying()).toEqual(["mongo-connection", "web", "worker"]);
  });

  it("is replaced in a protected environment too, with the steps", async () => {
    await rolledOut(onCluster);

    expect(replaceable()).toEqual([
      "cutover",
      "mongo-connection",
      "services-check",
      "web-pods",
      "worker-drain",
      "worker-drain-request",
      "worker-pods",
    ]);
  });

  it("has no Secret beside one of the site's", async () => {
    await rolledOut({ ...onCluster, connectionSecret: { name: "site" } });

    expect(named()).not.toContain("Secret mongo-connection");
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

describe("the rollout by Helm releases without the handover before it, as under --target", () => {
  it("leaves worker and web in the mode in which they are", async () => {
    const { worker, web } = await rolledOut(onCluster, { kubernetes, last: "back" });

    const entries = [{ name: "Worker__Storage__Mode", value: "filesystem" }];
    expect(inputsOf(":Release", "worker")?.values).toEqual({ env: entries });
    for (const pods of ["worker-pods", "web-pods"]) {
      expect(inputsOf(":PodsReplaced", pods)).toMatchObject({ direction: "back" });
    }
    expect([worker, web]).toMatchObject([{ mode: "filesystem" }, { mode: "filesystem" }]);
  });

  it("leaves them on MongoDB in a rollback too", async () => {
    const inForce = { connectionSecret: { name: "site", key: "uri" } };
    await rolledOut({ ...onCluster, ...inForce }, { mode: "filesystem", last: "forward" });

    expect(inputsOf(":Release", "web")?.values).toMatchObject({
      env: expect.arrayContaining([
        { name: "TaskRunner__Storage__Mode", value: "mongo" },
      ]) as unknown,
    });
  });
});

describe("the rollout by one Helm release that holds both services", () => {
  const file = "test/rollout/helm/umbrella.values.yaml";
  const umbrella = {
    target: "umbrella",
    namespace: "apps",
    release: "stella",
    chart: "oci://charts/stella",
    version: "7.1.0",
    values: [file],
    worker: { selector: "app=worker", path: "runner.worker.env" },
    web: { selector: "app=web", path: "runner.web.settings" },
  };

  it("has one release, and the look at it before anything else", async () => {
    await rolledOut(umbrella, { kubernetes });

    expect(named()).toEqual([
      "Cutover cutover",
      "Drain worker-drain",
      "DrainRequest worker-drain-request",
      "PodsReplaced web-pods",
      "PodsReplaced worker-pods",
      "Release release",
      "Secret mongo-connection",
      "Services services",
      "ServicesCheck services-check",
      "Update update",
      "WebRollout web-rollout",
      "WorkerDrain worker-drain",
      "WorkerRollout worker-rollout",
      "kubernetes kubernetes",
    ]);
    expect(inputsOf(":ServicesCheck", "services-check")).toMatchObject({
      kubeconfig: "kube.config",
      release: "stella",
      releases: ["stella"],
      install: false,
      selector: "app=worker",
      web: { release: "stella", selector: "app=web" },
      direction: "forward",
    });
  });

  it("has both services in the mode, of which web waits for the worker", async () => {
    const { worker, web } = await rolledOut(umbrella);

    expect(inputsOf(":Release", "release")).toMatchObject({
      name: "stella",
      version: "7.1.0",
      values: {
        runner: {
          worker: { env: expect.arrayContaining([mode("Worker", "mongo")]) as unknown },
          web: { settings: { TaskRunner__Storage__Mode: "mongo" } },
        },
      },
    });
    expect(inputsOf(":Drain", "worker-drain")).toMatchObject({
      release: "stella",
      selector: "app=worker",
      web: { release: "stella", selector: "app=web" },
      direction: "forward",
    });
    const pods = { release: "stella", revision: 4, stoppedAt: "1", direction: "forward" };
    const ofWorker = { selector: "app=worker" };
    const ofWeb = { selector: "app=web" };
    expect(inputsOf(":PodsReplaced", "worker-pods")).toMatchObject({ ...pods, ...ofWorker });
    expect(inputsOf(":PodsReplaced", "web-pods")).toMatchObject({ ...pods, ...ofWeb });
    expect(registeredNames().indexOf("web-pods")).toBeGreaterThan(
      registeredNames().indexOf("worker-pods"),
    );
    expect(worker).toMatchObject({ target: "umbrella", mode: "mongo", release: "stella" });
    expect(web).toMatchObject({ mode: "mongo", release: "stella", revision: 4 });
  });

  it("leaves both where they are without the handover before it", async () => {
    await rolledOut(umbrella, { last: "back" });

    expect(inputsOf(":Release", "release")?.values).toMatchObject({
      runner: {
        worker: { env: expect.arrayContaining([mode("Worker", "filesystem")]) as unknown },
        web: { settings: { TaskRunner__Storage__Mode: "filesystem" } },
      },
    });
  });

  it("lets an empty list of the site's come to Helm", async () => {
    await rolledOut(umbrella);
    expect(inputsOf(":Release", "release")).toMatchObject({ allowNullValues: true });
  });

  const mode = (section: string, value: string) => ({ name: `${section}__Storage__Mode`, value });
});

it("drains and watches those Deployments of a service's release that its labels name", async () => {
  await rolledOut({ ...onCluster, worker: { chart, selector: "app=worker" } });

  const worker = { release: "taskrunner-worker", selector: "app=worker" };
  expect(inputsOf(":Drain", "worker-drain")).toMatchObject(worker);
  expect(inputsOf(":PodsReplaced", "worker-pods")).toMatchObject(worker);
  expect(inputsOf(":PodsReplaced", "web-pods")).not.toHaveProperty("selector");
  expect(inputsOf(":Release", "worker")).not.toHaveProperty("selector");
});

it("pauses nothing where each service has its own release", async () => {
  await rolledOut(onCluster);

  const web = { release: "taskrunner-web" };
  expect(inputsOf(":ServicesCheck", "services-check")).toMatchObject({ web });
  expect(inputsOf(":PodsReplaced", "web-pods")).not.toHaveProperty("stoppedAt");
});
