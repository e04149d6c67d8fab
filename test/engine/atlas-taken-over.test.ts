import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { clusterArgs } from "../../components/cluster/atlas/cluster";
import { parseSettings, type AtlasSettings } from "../../components/settings";
import { makeAtlasSite, type AtlasSite } from "../atlas/site";

const minutes = 60_000;
const projectId = "5f0000000000000000000001";
const takenOver = { project: undefined, projectId, import: true, accessList: [] };

/** The cluster as somebody made it before, of another size than the stack asks for. */
function existing() {
  const { cluster } = parseSettings({
    storageMode: "mongo",
    rollout: { target: "values", directory: "deploy", confirm: "none" },
    cluster: {
      ...{ kind: "atlas", projectId, provider: "AWS", regions: [{ name: "EU_CENTRAL_1" }] },
      instanceSize: "M20",
    },
  });
  const args = { ...clusterArgs(cluster as AtlasSettings), projectId };
  return JSON.parse(JSON.stringify(args)) as Record<string, unknown>;
}

let site: AtlasSite;
beforeAll(async () => {
  site = await makeAtlasSite();
}, 15 * minutes);
afterAll(() => site.remove());

describe("a stack with a cluster that Atlas has already", () => {
  it(
    "says that it is paused, before anything is done in it",
    async () => {
      await site.play([], { existing: existing(), paused: true });
      await site.configure(takenOver);
      const output = await site.failed(site.stack.up());

      expect(output).toContain("The Atlas cluster taskrunner is paused, so no user can log in");
      expect(await site.databases()).not.toContain("taskrunner");
    },
    8 * minutes,
  );

  it(
    "takes it over and changes it, and creates none",
    async () => {
      await site.play([], { existing: existing() });
      await site.succeeded(site.stack.pulumi("up", "--yes", "--skip-preview", "--refresh"));

      const calls = await site.atlas.calls();
      expect(calls).toContain("update AdvancedCluster cluster");
      expect(calls).not.toContain("create AdvancedCluster cluster");
      expect(await site.stack.outputs()).toMatchObject({ verification: { holds: true } });
    },
    8 * minutes,
  );

  it(
    "turns its backup off without a call for a schedule that is gone with it",
    async () => {
      await site.configure({ ...takenOver, backup: { enabled: false } });
      await site.succeeded(site.stack.up());

      expect(await site.atlas.calls()).toEqual(["update AdvancedCluster cluster"]);
    },
    8 * minutes,
  );
});
