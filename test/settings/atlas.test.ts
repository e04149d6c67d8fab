import { describe, expect, it } from "vitest";
import { parseSettings, type AtlasSettings } from "../../components/settings";
import { describeProblems } from "./problems";

const rollout = { target: "values", directory: "deploy", confirm: "none" };
const projectId = "5f0000000000000000000001";
const least = {
  kind: "atlas",
  projectId,
  provider: "AWS",
  regions: [{ name: "EU_CENTRAL_1" }],
};

function clusterOf(more: object = {}): AtlasSettings {
  const { cluster } = parseSettings({
    storageMode: "mongo",
    rollout,
    cluster: { ...least, ...more },
  });
  return cluster as AtlasSettings;
}

const problemsWith = (more: object, others: object = {}) =>
  describeProblems({ rollout, cluster: { ...least, ...more }, ...others });

describe("the settings of a cluster of Atlas", () => {
  it("have defaults for everything but the project, the provider and its regions", () => {
    expect(clusterOf()).toEqual({
      ...least,
      name: "taskrunner",
      import: false,
      mongoVersion: "8.0",
      regions: [{ name: "EU_CENTRAL_1", electable: 3 }],
      instanceSize: "M10",
      autoScaling: { disk: true },
      backup: { enabled: true },
      accessList: [],
      connection: "standard",
      passwordVersion: 1,
      protection: true,
    });
  });

  it("are what a site with many regions needs", () => {
    expect(
      problemsWith({
        regions: [{ name: "EU_CENTRAL_1" }, { name: "EU_WEST_1", electable: 2 }],
        instanceSize: "M40",
        autoScaling: { disk: false },
        backup: { pointInTime: true },
        tags: { team: "runs" },
        accessList: [{ range: "192.0.2.0/24" }],
        connection: "privateEndpoint:vpce-0a1b2c",
      }),
    ).toBe("no problem");
  });

  it("name everything that a take-over would change, and ask a rollback for none of it", () => {
    const named = (problems: string) =>
      [...problems.matchAll(/cluster\.(\S+): missing, and cluster\.import/g)].map(([, key]) => key);
    const own = ["instanceSize", "mongoVersion", "autoScaling.disk", "backup.enabled"];
    expect(named(problemsWith({ import: true }))).toEqual([
      ...own,
      "backup.pointInTime",
      "regions.0.electable",
    ]);
    const takenOver = {
      import: true,
      instanceSize: "M40",
      mongoVersion: "7.0",
      autoScaling: { disk: true },
      regions: [{ name: "EU_CENTRAL_1", electable: 3 }],
    };
    const backup = { enabled: true, pointInTime: true };
    expect(problemsWith({ ...takenOver, backup })).toBe("no problem");
    expect(problemsWith({ import: true }, { storageMode: "filesystem" })).toBe("no problem");
  });

  it.each(["mongoUri", "appMongoUri"])("refuse a %s, without quoting it", (key) => {
    const problems = problemsWith({}, { [key]: "mongodb://u:geheim@db.example.net/taskrunner" });

    expect(problems).toMatch(new RegExp(`\\b${key}: found a connection .* atlas;`));
    expect(problems).not.toContain("geheim");
  });

  it("stop no rollback of entries that Atlas would not take as they are", () => {
    const accessList = [{ address: "192.0.2.1" }, { range: "192.0.2.1/32" }];
    expect(problemsWith({ accessList })).not.toBe("no problem");
    expect(problemsWith({ accessList }, { storageMode: "filesystem" })).toBe("no problem");
  });

  it("leave an access list that is open to all to the policies", () => {
    expect(problemsWith({ accessList: [{ range: "0.0.0.0/0" }] })).toBe("no problem");
  });
});
