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

  it.each([
    ["no project", { projectId: undefined }, "cluster.projectId: found nothing"],
    [
      "an even number of electable nodes",
      {
        regions: [
          { name: "EU_CENTRAL_1", electable: 2 },
          { name: "EU_WEST_1", electable: 2 },
        ],
      },
      "regions: found 4 electable nodes in total; allowed: 3, 5 or 7",
    ],
    [
      "a region without a node",
      { regions: [{ name: "EU_CENTRAL_1" }, { name: "EU_WEST_1", electable: 0 }] },
      "regions.1.electable: found 0",
    ],
    [
      "a region twice",
      {
        regions: [{ name: "EU_CENTRAL_1" }, { name: "EU_CENTRAL_1", electable: 2 }],
      },
      'regions: found "EU_CENTRAL_1" more than once',
    ],
    [
      "point in time without backups",
      { backup: { enabled: false, pointInTime: true } },
      "backup.pointInTime: found true; allowed: false without backup.enabled",
    ],
    ["an entry of nothing", { accessList: [{ comment: "x" }] }, "accessList.0: found nothing"],
    [
      "an entry of two things",
      { accessList: [{ address: "192.0.2.1", range: "192.0.2.0/24" }] },
      'accessList.0: found "192.0.2.1" and "192.0.2.0/24"',
    ],
    [
      "an entry twice",
      { accessList: [{ address: "192.0.2.1" }, { address: "192.0.2.1" }] },
      'accessList: found "192.0.2.1" more than once',
    ],
    [
      "an address and its range of one",
      { accessList: [{ address: "192.0.2.1" }, { range: "192.0.2.1/32" }] },
      'accessList: found "192.0.2.1" more than once',
    ],
    [
      "a comment that Atlas would cut",
      { accessList: [{ address: "192.0.2.1", comment: "x".repeat(81) }] },
      "accessList.0.comment: found",
    ],
    ["an address that is none", { accessList: [{ address: "192.0.2" }] }, "an IPv4 address"],
    ["a range that is none", { accessList: [{ range: "192.0.2.0/33" }] }, "a range of IPv4"],
    ["a size that is not dedicated", { instanceSize: "M0" }, "M0, Flex and serverless are not"],
    ["a version without its dot", { mongoVersion: "8" }, "a major version from"],
    ["a version too old", { mongoVersion: "5.0" }, "a major version from"],
    ["an unknown way in", { connection: "public" }, "standard, private, privateEndpoint:<id"],
    ["an unknown key", { regionz: [] }, "cluster.regionz: found an unknown setting"],
  ])("refuse %s", (_what, more, words) => {
    expect(problemsWith(more)).toContain(words);
  });

  it("name everything that a take-over would change, and ask a rollback for none of it", () => {
    const named = (problems: string) =>
      [...problems.matchAll(/cluster\.(\S+): found nothing, and cluster\.import/g)].map(
        ([, key]) => key,
      );
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
