import { describe, expect, it } from "vitest";
import { parseSettings, type AtlasSettings } from "../../components/settings";
import { problemsOf } from "./problems";

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
  problemsOf({ rollout, cluster: { ...least, ...more }, ...others });

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
      backup: {
        enabled: true,
        schedule: true,
        pointInTime: false,
        restoreWindowDays: 7,
        hourly: { everyHours: 6, keepDays: 7 },
        daily: { keepDays: 7 },
        weekly: { keepWeeks: 4 },
        monthly: { keepMonths: 12 },
      },
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
        diskSizeGb: 100,
        backup: { pointInTime: true },
        accessList: [{ range: "192.0.2.0/24" }],
        connection: "privateEndpoint:vpce-0a1b2c",
      }),
    ).toBe("no problem");
  });

  it.each([
    ["no project", { projectId: undefined }, "cluster.projectId: found nothing"],
    [
      "two projects",
      { project: { name: "n", orgId: projectId } },
      `projectId: found "${projectId}", and a new project`,
    ],
    [
      "a new project, and a cluster in it that exists",
      { projectId: undefined, project: { name: "n", orgId: projectId }, import: true },
      "cluster.import: found true, and a new project; allowed: false, or projectId",
    ],
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
      "a disk that grows by itself and is set",
      { diskSizeGb: 100 },
      "diskSizeGb: found 100, while the disk grows by itself",
    ],
    [
      "a size with disks of its own and snapshots every six hours",
      { instanceSize: "M40_NVME" },
      "cluster.backup.hourly.everyHours: found 6; allowed: 12 for the size M40_NVME",
    ],
    [
      "a size with disks of its own and no backups",
      { instanceSize: "M40_NVME", backup: { enabled: false } },
      "cluster.backup.enabled: found false; allowed: true for the size M40_NVME",
    ],
    [
      "point in time without backups",
      { backup: { enabled: false, pointInTime: true } },
      "backup.pointInTime: found true; allowed: false without backup.enabled",
    ],
    [
      "a window longer than hourly snapshots are kept",
      { backup: { pointInTime: true, restoreWindowDays: 14 } },
      "hourly.keepDays: found 7 days; allowed: at least as long as backup.restoreWindowDays, 14",
    ],
    [
      "daily snapshots kept shorter than hourly ones",
      { backup: { daily: { keepDays: 3 } } },
      "backup.daily.keepDays: found 3 days; allowed: at least as long as backup.hourly.keepDays",
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
      "a range that begins inside its network",
      { accessList: [{ range: "198.51.100.21/28" }] },
      'accessList.0.range: found "198.51.100.21/28"; allowed: "198.51.100.16/28"',
    ],
    [
      "a comment that has no room for its date",
      { accessList: [{ address: "192.0.2.1", comment: "c".repeat(63), expires: "2999-12-31" }] },
      "accessList.0.comment: found 81 characters with its date; allowed: 80",
    ],
    ["an address that is none", { accessList: [{ address: "192.0.2" }] }, "an IPv4 address"],
    ["a range that is none", { accessList: [{ range: "192.0.2.0/33" }] }, "a range of IPv4"],
    [
      "a day that is none",
      { accessList: [{ address: "192.0.2.1", expires: "2026-13-01" }] },
      "a day, such as 2026-12-31",
    ],
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
    const snapshots = ["hourly", "daily", "weekly", "monthly"].map((key) => `backup.${key}`);
    expect(named(problemsWith({ import: true }))).toEqual([
      ...[...own, "backup.pointInTime", "regions.0.electable", ...snapshots],
    ]);
    const takenOver = {
      ...{ import: true, instanceSize: "M40", mongoVersion: "7.0", autoScaling: { disk: true } },
      regions: [{ name: "EU_CENTRAL_1", electable: 3 }],
    };
    const backup = { enabled: true, pointInTime: true };
    expect(named(problemsWith({ ...takenOver, backup }))).toContain("backup.restoreWindowDays");
    expect(problemsWith({ ...takenOver, backup: { ...backup, schedule: false } })).toBe(
      "no problem",
    );
    expect(problemsWith({ import: true }, { storageMode: "filesystem" })).toBe("no problem");
  });

  it("take disks of its own with snapshots twice a day", () => {
    const nvme = { instanceSize: "M40_NVME", backup: { hourly: { everyHours: 12 } } };

    expect(problemsWith(nvme)).toBe("no problem");
  });

  it("stop no rollback of disks of its own with other snapshots", () => {
    const more = { instanceSize: "M40_NVME" };
    expect(problemsWith(more)).not.toBe("no problem");
    expect(problemsWith(more, { storageMode: "filesystem" })).toBe("no problem");
  });

  it.each(["mongoUri", "appMongoUri"])("refuse a %s, without quoting it", (key) => {
    const problems = problemsWith({}, { [key]: "mongodb://u:geheim@db.example.net/taskrunner" });

    expect(problems).toContain(`${key}: found a connection string, and cluster.kind is atlas`);
    expect(problems).not.toContain("geheim");
  });

  it("stop no rollback of entries that Atlas would not take as they are", () => {
    const accessList = [
      { range: "198.51.100.21/28" },
      { address: "192.0.2.1", comment: "c".repeat(80), expires: "2999-12-31" },
      { range: "192.0.2.1/32" },
    ];
    expect(problemsWith({ accessList })).not.toBe("no problem");
    expect(problemsWith({ accessList }, { storageMode: "filesystem" })).toBe("no problem");
  });

  it("leave an access list that is open to all to the policies", () => {
    expect(problemsWith({ accessList: [{ range: "0.0.0.0/0" }] })).toBe("no problem");
  });

  it("take a day in YAML without quotes as the engine hands it over", () => {
    const accessList = [{ address: "192.0.2.1", expires: "2026-12-31 00:00:00 +0000 UTC" }];

    expect(clusterOf({ accessList }).accessList[0]?.expires).toBe("2026-12-31");
  });
});
