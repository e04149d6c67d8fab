import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { commandSettings } from "../../components/settings";
import { describeProblems, dev, helm } from "./problems";

describe("a release's chart", () => {
  const problemsWith = (worker: object, plain: string[] = []) => {
    const rollout = { ...helm, install: false, worker, web: { chart: "charts/web" } };
    return describeProblems({ ...dev, rollout }, plain);
  };

  it("is named for a release that the stack installs too", () => {
    const rollout = { target: "helm", namespace: "taskrunner", install: true, web: helm.web };
    const problems = describeProblems({ ...dev, rollout });
    expect(problems).toContain("rollout.worker.chart: missing");
    expect(problems).not.toContain("rollout.web");
  });

  it("is named if the release exists, with its version unless it is a folder", () => {
    expect(problemsWith({})).toContain("rollout.worker.chart: missing");
    expect(problemsWith({ chart: "oci://registry/chart" })).toContain(
      "rollout.worker.version: missing",
    );
    const repository = { url: "https://charts.example.test" };
    expect(problemsWith({ chart: "worker", repository })).toContain("rollout.worker.version");
    for (const worker of [
      { chart: "charts/worker" },
      { chart: "worker", repository, version: "1.2.3" },
    ]) {
      expect(problemsWith(worker)).toBe("no problem");
    }
  });

  it("may need a password, which is a secret", () => {
    const repository = { url: "https://charts.example.test", username: "ci", password: "geheim" };
    const worker = { chart: "worker", version: "1.2.3", repository };

    expect(problemsWith(worker)).toBe("no problem");
    expect(problemsWith(worker, ["rollout"])).toContain("rollout: found a password");
    expect(problemsWith(worker, ["rollout"])).not.toContain("geheim");
  });

  it("has no user in the address of its repository, which errors show", () => {
    const repository = { url: "https://ci:geheim@charts.example.test" };
    const problem = problemsWith({ chart: "worker", version: "1.2.3", repository });
    expect(problem).toContain("rollout.worker.repository.url: found a user in the address");
    expect(problem).not.toContain("geheim");
  });

  it("is read by commands with its password encrypted", async () => {
    const repository = { url: "https://charts.example.test", password: { secure: "v1:abc" } };
    const worker = { chart: "worker", version: "1.2.3", repository };
    const config = { "taskrunner-storage:rollout": { ...helm, worker } };

    await expect(commandSettings({ text: stringify({ config }) })).resolves.toBeDefined();
  });
});
