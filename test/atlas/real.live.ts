import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realAtlasFor } from "./api";
import { makeAtlasSite, type AtlasSite } from "./site";

/** What a take-over has to name, as the cluster below has it. */
const takenOver = {
  accessList: [],
  import: true,
  regions: [{ name: "EU_CENTRAL_1", electable: 3 }],
  instanceSize: "M40",
  mongoVersion: "7.0",
  autoScaling: { disk: true },
  backup: { enabled: true, pointInTime: true },
};

/** A cluster as somebody made it before, as the Admin API has it. */
const live = {
  name: "taskrunner",
  clusterType: "REPLICASET",
  mongoDBMajorVersion: "7.0",
  replicationSpecs: [
    {
      zoneName: "Zone 1",
      regionConfigs: [
        {
          providerName: "AWS",
          regionName: "EU_CENTRAL_1",
          priority: 7,
          electableSpecs: { instanceSize: "M40", nodeCount: 3, diskSizeGB: 80 },
          analyticsSpecs: { instanceSize: "M40", nodeCount: 1, diskSizeGB: 80 },
          autoScaling: { diskGB: { enabled: true }, compute: { enabled: false } },
        },
      ],
    },
  ],
  backupEnabled: true,
  pitEnabled: true,
  terminationProtectionEnabled: true,
  advancedConfiguration: { minimumEnabledTlsProtocol: "TLS1_3" },
  tags: [{ key: "team", value: "runs" }],
};

let site: AtlasSite;

describe("the real plugin, with a project and a cluster of the stack's own", () => {
  beforeAll(async () => {
    site = await makeAtlasSite(realAtlasFor);
    await site.play();
    await site.configure();
  });
  afterAll(() => site.remove());

  it("previews without a change to Atlas", async () => {
    const output = await site.succeeded(site.stack.preview());

    expect(output).toContain("+ mongodbatlas:index/advancedCluster:AdvancedCluster: (create)");
    expect(output).toMatch(/Resources:\n\s+\+ \d+ to create$/);
    expect(await site.atlas.calls()).toEqual([]);
  });

  it("creates everything and cuts over", async () => {
    await site.succeeded(site.stack.up());

    expect(await site.stack.outputs()).toMatchObject({ verification: { holds: true } });
    expect(await site.atlas.accessList()).toEqual({ "203.0.113.7": "the engine" });
    expect(await site.atlas.cluster()).toMatchObject({ terminationProtectionEnabled: true });
    expect(await site.modes()).toEqual(["mongo", "mongo"]);
    const calls = await site.atlas.calls();
    expect(calls).toContain("POST /clusters");
    expect(calls.filter((call) => /[45]\d\d$/.test(call))).toEqual([]);
  });

  it("changes nothing a second time", async () => {
    expect(await site.succeeded(site.stack.up())).toMatch(/Resources:\n\s+\d+ unchanged\n/);
    expect(await site.atlas.calls()).toEqual([]);
  });

  it("goes back to files while Atlas is away", async () => {
    await site.atlas.stop?.();
    await site.configure({}, "filesystem");
    await site.succeeded(site.stack.up());

    expect(await site.modes()).toEqual([undefined, undefined]);
  });
});

describe("the real plugin, with a cluster that Atlas has already", () => {
  beforeAll(async () => {
    site = await makeAtlasSite(realAtlasFor);
    await site.play();
    await site.atlas.setCluster(live);
  });
  afterAll(() => site.remove());

  it("is refused a second cluster of the name", async () => {
    await site.configure({ ...takenOver, import: false });
    const output = await site.failed(site.stack.up());

    expect(output).toContain("DUPLICATE_CLUSTER_NAME");
    expect(await site.atlas.cluster()).toMatchObject(live);
  });

  it("takes it over, and changes nothing that nobody named", async () => {
    await site.configure(takenOver);
    await site.atlas.calls();
    await site.succeeded(site.stack.up());
    const changes = await site.atlas.calls();
    expect(changes.filter((call) => !/ \/(customDBRoles|databaseUsers)/.test(call))).toEqual([]);

    expect(await site.atlas.cluster()).toMatchObject(live);
    expect(await site.stack.outputs()).toMatchObject({ verification: { holds: true } });
  });

  it("changes nothing a second time", async () => {
    await site.atlas.calls();
    expect(await site.succeeded(site.stack.up())).toMatch(/Resources:\n\s+\d+ unchanged\n/);
    expect(await site.atlas.calls()).toEqual([]);
  });
});
