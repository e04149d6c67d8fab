import { describe, expect, it } from "vitest";
import { parseSettings } from "../../components/settings";
import { describeProblems, helm, umbrella } from "./problems";

const mongoUri = "mongodb://127.0.0.1/taskrunner";
const parsed = (rollout: object) =>
  parseSettings({ storageMode: "mongo", mongoUri, rollout }).rollout;

const problemsWith = (rollout: object) => describeProblems({ mongoUri, rollout });

describe("one release for both services", () => {
  it("has a path and labels for each, and one chart", () => {
    expect(parsed(umbrella)).toMatchObject({
      release: "stella",
      chart: "charts/stella",
      values: [],
      worker: {
        selector: "app=worker",
        path: "worker.env",
      },
      web: { selector: "app=web", path: "web.env" },
    });
  });

  it("may have paths whose names begin alike", () => {
    expect(
      problemsWith({
        ...umbrella,
        worker: { ...umbrella.worker, path: "run.env" },
        web: { ...umbrella.web, path: "run.envWeb" },
      }),
    ).toBe("no problem");
  });
});

describe("a release for each service", () => {
  it("is what target helm means", () => {
    expect(parsed(helm)).toMatchObject({ worker: { release: "taskrunner-worker" } });
  });

  it("may have Deployments that are not the service's", () => {
    const selector = "app.kubernetes.io/component=worker";
    expect(problemsWith({ ...helm, worker: { ...helm.worker, selector } })).toBe("no problem");
    expect(parsed({ ...helm, worker: { ...helm.worker, selector } })).toMatchObject({
      worker: { ...helm.worker, selector },
    });
  });

  it("stop no rollback where one release is named for both", () => {
    const rollout = {
      ...helm,
      worker: { ...helm.worker, release: "stella" },
      web: { ...helm.web, release: "stella" },
    };

    expect(describeProblems({ mongoUri, rollout, storageMode: "filesystem" })).toBe("no problem");
  });
});
