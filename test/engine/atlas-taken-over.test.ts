import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeAtlasSite, type AtlasSite } from "../atlas/site";
import { stable } from "../review/stable";
import { reviewed } from "./reviewed";
import { allowForEngine } from "./stacks";

const projectId = "5f0000000000000000000001";
const created = { accessList: [] };
/** What a take-over has to name, as the cluster below has it. */
const takenOver = {
  ...created,
  import: true,
  regions: [{ name: "EU_CENTRAL_1", electable: 3 }],
  instanceSize: "M40",
  mongoVersion: "7.0",
  autoScaling: { disk: true },
  backup: { enabled: true, pointInTime: true },
};

/** The cluster as somebody made it before, as Atlas answers. */
const live = {
  projectId,
  name: "taskrunner",
  clusterType: "REPLICASET",
  mongoDbMajorVersion: "7.0",
  replicationSpecs: [
    {
      zoneName: "Zone 1",
      regionConfigs: [
        {
          providerName: "AWS",
          regionName: "EU_CENTRAL_1",
          priority: 7,
          electableSpecs: { instanceSize: "M40", nodeCount: 3, diskSizeGb: 80 },
          analyticsSpecs: { instanceSize: "M40", nodeCount: 1, diskSizeGb: 80 },
          autoScaling: { diskGbEnabled: true, computeEnabled: false },
        },
      ],
    },
  ],
  backupEnabled: true,
  pitEnabled: true,
  terminationProtectionEnabled: true,
  advancedConfiguration: { minimumEnabledTlsProtocol: "TLS1_3", javascriptEnabled: true },
  tags: { team: "runs" },
};

allowForEngine();

let site: AtlasSite;
beforeAll(async () => {
  site = await makeAtlasSite();
});
afterAll(() => site.remove());

describe("a stack whose cluster Atlas finished after the engine gave up", () => {
  it("is refused a second one of the name, whatever the state says", async () => {
    await site.play([], { late: ["create AdvancedCluster"] });
    await site.configure(created);
    const late = await site.failed(site.stack.up());
    expect(late).toContain("Atlas has not finished create AdvancedCluster cluster in time");
    await site.play();
    const again = await site.failed(site.stack.up());

    expect(again).toContain("DUPLICATE_CLUSTER_NAME");
    expect(await site.databases()).not.toContain("taskrunner");
  });

  it("takes it over with `import`", async () => {
    const asCreated = { ...takenOver, instanceSize: "M10", mongoVersion: "8.0" };
    const backup = { ...takenOver.backup, pointInTime: false };
    const settings = { ...asCreated, backup, protection: false };
    await site.atlas.setCluster({
      ...(await site.atlas.cluster()),
      terminationProtectionEnabled: false,
    });
    await site.configure(settings);
    await site.succeeded(site.stack.pulumi("up", "--yes", "--skip-preview", "--refresh"));
    expect(await site.atlas.calls()).not.toContain("delete AdvancedCluster cluster");
    expect(await site.stack.outputs()).toMatchObject({ verification: { holds: true } });
  });
});

describe("a stack with a cluster that Atlas has already", () => {
  beforeAll(async () => {
    // The state is lost, or the stack was destroyed: Atlas keeps what it has.
    await site.succeeded(site.stack.pulumi("destroy", "--yes", "--skip-preview"));
    await site.play();
    await site.atlas.setCluster(live);
    await site.atlas.calls();
  });

  it("names the nodes that it would lose, and changes nothing", async () => {
    const autoScaling = { disk: true, compute: { min: "M30", max: "M60" } };
    await site.configure({ ...takenOver, autoScaling });
    const output = await site.failed(site.stack.preview());

    expect(output).toMatch(/cluster taskrunner: .* 1 in EU_CENTRAL_1\. .*autoScaling\.compute/);
  });

  it("shows what the take-over changes as a change of MongoDB", async () => {
    const backup = { ...takenOver.backup, pointInTime: false };
    await site.configure({ ...takenOver, instanceSize: "M30", backup });
    const { level, verdict, body } = await reviewed(site.stack, {});

    expect(level).toBe("risks");
    expect(verdict).toContain("1 protection of MongoDB");
    expect(verdict).toContain("MongoDB itself changes");
    expect(body).toContain("instanceSize` `M40` → `M30`");
    const snapshot = "../review/gallery/take-over.md";
    await expect(stable(body)).toMatchFileSnapshot(snapshot);
  });

  it("takes it over as it is, with other names for its users than those that Atlas has", async () => {
    await site.configure(takenOver);
    const refused = await site.failed(site.stack.up());
    expect(refused).toMatch(/Atlas answers 409 to create (CustomDbRole|DatabaseUser)/);

    await site.configure({ ...takenOver, passwordVersion: 2 });
    await site.succeeded(site.stack.up());
    expect(await site.atlas.cluster()).toEqual(live);
    expect(await site.atlas.calls()).not.toContain("create AdvancedCluster cluster");
    expect(await site.stack.outputs()).toMatchObject({ verification: { holds: true } });
    expect(await site.userNames()).toContain("taskrunner-migrator-1");
    await site.atlas.calls();
  });

  it("leaves it as it is when `import` is taken away", async () => {
    await site.configure({ ...takenOver, import: undefined, passwordVersion: 2 });
    await site.succeeded(site.stack.up());

    expect(await site.atlas.calls()).toEqual([]);
    expect(await site.atlas.cluster()).toEqual(live);
  });

  it("turns its backup off only by a change of the cluster", async () => {
    const backup = { enabled: false, pointInTime: false };
    await site.configure({ ...takenOver, passwordVersion: 2, backup });
    await site.succeeded(site.stack.up());

    expect(await site.atlas.calls()).toEqual(["update AdvancedCluster cluster"]);
  });

  it("names the nodes that `compute` would lose later too, also without `import`", async () => {
    const autoScaling = { disk: true, compute: { min: "M30", max: "M60" } };
    const later = { ...takenOver, import: undefined, passwordVersion: 2, autoScaling };
    await site.configure(later);
    const output = await site.failed(site.stack.preview());

    expect(output).toMatch(/cluster taskrunner: .* 1 in EU_CENTRAL_1\. .*autoScaling\.compute/);
  });
});
