import { describe, expect, it } from "vitest";
import { inputsOf, mockedEngine, named, rolledOut } from "../rolled-out";

mockedEngine();

const inFolder = {
  target: "values",
  directory: "deploy",
  web: { path: "web.env" },
  connectionSecret: { name: "mongo", key: "uri" },
};

describe("the rollout by values files", () => {
  it("has one file a service, and nothing else for a stack without services", async () => {
    await rolledOut({ ...inFolder, confirm: "none" });

    expect(named()).toEqual([
      "Cutover cutover",
      "Services services",
      "Update update",
      "ValuesFile web",
      "ValuesFile worker",
      "WebRollout web-rollout",
      "WorkerDrain worker-drain",
      "WorkerRollout worker-rollout",
    ]);
  });

  it("asks for the specification's entries in the file that the settings name", async () => {
    await rolledOut({ ...inFolder, confirm: "none" }, { database: "taskrunner" });

    expect(inputsOf(":ValuesFile", "web")).toMatchObject({
      service: "web",
      file: "deploy/taskrunner-storage.web.values.yaml",
      site: ["deploy/web.values.yaml"],
      stack: "organization/taskrunner-storage/test",
      path: "web.env",
      direction: "forward",
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
      worker: {
        target: "values",
        mode: "mongo",
        file: "deploy/taskrunner-storage.worker.values.yaml",
      },
      secretRef: { name: "mongo", key: "uri" },
    });
  });

  it("watches the pods where the settings say where they are", async () => {
    const selector = { worker: "app=worker", web: "app=web" };
    await rolledOut({ ...inFolder, confirm: { namespace: "apps", selector } });

    expect(named()).toEqual([
      "Cutover cutover",
      "Drain worker-drain",
      "DrainRequest worker-drain-request",
      "PodsReplaced web-pods",
      "PodsReplaced worker-pods",
      "Services services",
      "ServicesCheck services-check",
      "Update update",
      "ValuesFile web",
      "ValuesFile worker",
      "WebRollout web-rollout",
      "WorkerDrain worker-drain",
      "WorkerRollout worker-rollout",
    ]);
    expect(inputsOf(":PodsReplaced", "worker-pods")).toMatchObject({
      namespace: "apps",
      selector: "app=worker",
      direction: "forward",
      stoppedAt: "1",
    });
    expect(inputsOf(":PodsReplaced", "web-pods")).not.toHaveProperty("stoppedAt");
    expect(inputsOf(":ValuesFile", "worker")).not.toHaveProperty("stoppedAt");
  });

  it("has the check of the services form and push both files", async () => {
    const selector = { worker: "app=worker", web: "app=web" };
    const confirm = { namespace: "apps", selector };
    await rolledOut({ ...inFolder, confirm, push: { branch: "main" } });

    const push = { branch: "main" };
    expect(inputsOf(":ServicesCheck", "services-check")).toMatchObject({
      namespace: "apps",
      selector: "app=worker",
      web: { selector: "app=web" },
      direction: "forward",
      files: [
        { service: "worker", file: "deploy/taskrunner-storage.worker.values.yaml", push },
        {
          service: "web",
          file: "deploy/taskrunner-storage.web.values.yaml",
          path: "web.env",
          push,
        },
      ],
    });
    expect(inputsOf(":ValuesFile", "web")).toMatchObject({ push: { branch: "main" } });
  });

  it("asks for a stopped worker if nothing can be watched and a state is handed over", async () => {
    const backfill = { source: { path: "state" } };
    await rolledOut({ ...inFolder, confirm: "none", workerStopped: 1 }, { backfill });

    expect(named().filter((name) => name.startsWith("WorkerStopped"))).toHaveLength(1);
    expect(inputsOf(":WorkerStopped", "worker-stopped")).toMatchObject({
      cutover: 1,
      stoppedFor: 1,
    });
    for (const service of ["worker", "web"]) {
      expect(inputsOf(":ValuesFile", service)).toMatchObject({ stoppedAt: "1" });
    }
  });
});
