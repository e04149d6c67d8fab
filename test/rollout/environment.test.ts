import { describe, expect, it } from "vitest";
import { environmentKeys, serviceEnvironment } from "../../components/rollout";
import { modeAfter, modeBefore } from "../../components/rollout/environment";
import { serviceNames } from "./names";

const { collections, connectionSecret } = serviceNames;
const unnamed = { collections, connectionSecret };

describe("the environment of a service", () => {
  it("has the specification's configuration keys in its order, for web", () => {
    expect(
      serviceEnvironment("web", "forward", serviceNames).map(({ name, value }) => [name, value]),
    ).toEqual([
      ["TaskRunner__Storage__Mode", "mongo"],
      [
        "TaskRunner__Storage__Mongo__ConnectionString",
        { secretKeyRef: { name: "taskrunner-mongo", key: "connectionString" } },
      ],
      ["TaskRunner__Storage__Mongo__Database", "taskrunner"],
      ["TaskRunner__Storage__Mongo__RunsCollection", "pack_runs"],
      ["TaskRunner__Storage__Mongo__LogsCollection", "pack_run_logs"],
      ["TaskRunner__Storage__Mongo__ArtifactsCollection", "pack_artifacts"],
      ["TaskRunner__Storage__Mongo__ApprovalsCollection", "pack_run_approvals"],
    ]);
  });

  it("is mirrored under the section Worker for the worker", () => {
    const keysOf = (service: "worker" | "web") =>
      serviceEnvironment(service, "forward", { ...serviceNames, database: "d" }).map(
        ({ name }) => name,
      );
    expect(keysOf("worker")).toEqual(
      keysOf("web").map((name) => name.replace(/^TaskRunner__/, "Worker__")),
    );
    expect(keysOf("worker")).toEqual(environmentKeys("worker"));
  });

  it("leaves the database out where the name in the connection string counts", () => {
    const keys = serviceEnvironment("worker", "forward", unnamed).map(({ name }) => name);
    expect(keys).not.toContain("Worker__Storage__Mongo__Database");
    expect(keys).toHaveLength(6);
  });

  it.each([
    ["forward", "filesystem", "mongo"],
    ["back", "mongo", "filesystem"],
  ] as const)("has one mode before a direction, and the other one after it: %s", (to, ...modes) => {
    expect([modeBefore(to), modeAfter(to)]).toEqual(modes);
  });

  it("states only the mode in filesystem mode", () => {
    expect(serviceEnvironment("worker", "back", unnamed)).toEqual([
      { name: "Worker__Storage__Mode", value: "filesystem" },
    ]);
  });
});
