import { cp } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { helm, repository } from "../../tools/parts";
import type { SiteService } from "./cluster";
import { services, syncServices, watchedSettings } from "./git-ops";
import { makeSite, type Site } from "./site";
import { ownValues, readSiteValues } from "./values";

const minutes = 60_000;

let stack: Site["stack"];
let server: Site["server"];
let cluster: Site["cluster"];
let release: Site["release"];
let gitOps: GitOps;

beforeAll(async () => {
  ({ stack, server, cluster, release } = await makeSite(5));
  await cp("tools/sample/rollout", join(stack.folder, "rollout"), { recursive: true });
  await cluster.kubectl("create", "namespace", cluster.namespace);
  gitOps = await startGitOps();
  await gitOps.synced();
}, 25 * minutes);
afterAll(async () => {
  await gitOps.stop();
  await release();
});

interface GitOps {
  /** The services in the order in which a change of their files was deployed. */
  readonly deployed: SiteService[];
  /** Waits until both are deployed. */
  synced(): Promise<void>;
  stop(): Promise<void>;
}

/** What a GitOps controller does: deploys each values file when it is another one than the last. */
async function startGitOps(): Promise<GitOps> {
  const program = await helm();
  const chart = join(repository, "examples/chart");
  const last = new Map<SiteService, string>();
  const deployed: SiteService[] = [];
  const sync = async (service: SiteService) => {
    const directory = join(stack.folder, "rollout");
    const file = `${service}.values.yaml`;
    const own = await ownValues(directory, service);
    const text = (await readSiteValues(directory, service)) + own;
    if (last.get(service) === text) return;
    const files = own === "" ? [file] : [file, `taskrunner-storage.${file}`];
    const release = ["upgrade", "--install", cluster.releases[service], chart];
    for (const file of files) release.push("--values", join(directory, file));
    // The sample's claim is not on this cluster.
    release.push("--set", "persistence.existingClaim=");
    const address = ["--kubeconfig", cluster.controlPlane.kubeconfig, "-n", cluster.namespace];
    await execa(program, [...release, ...address]);
    last.set(service, text);
    deployed.push(service);
  };
  const { stop } = syncServices(sync, 200);
  return {
    deployed,
    synced: async () => {
      while (last.size < services.length) await sleep(100);
      deployed.length = 0;
    },
    stop,
  };
}

const configure = (storageMode: "mongo" | "filesystem") =>
  stack.configure({
    storageMode,
    ...watchedSettings({ stack, server, cluster }, join(stack.folder, "rollout")),
  });

describe("values files that somebody else deploys, with their pods watched", () => {
  it(
    "change over worker first, then web, in one update",
    async () => {
      await configure("mongo");
      const up = await stack.up();

      expect(up.failed).toBe(false);
      expect(up.output).toContain("worker: drained");
      expect(gitOps.deployed).toEqual(["worker", "web"]);
      expect(await cluster.modesOf("worker")).toEqual(["mongo"]);
      expect(await cluster.modesOf("web")).toEqual(["mongo", "mongo"]);
      expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });
    },
    4 * minutes,
  );

  it(
    "go back in the same order with MongoDB stopped",
    async () => {
      await server.stop();
      await configure("filesystem");
      gitOps.deployed.length = 0;
      const up = await stack.up();

      expect(up.failed).toBe(false);
      expect(gitOps.deployed).toEqual(["worker", "web"]);
      expect(await cluster.modesOf("worker")).toEqual(["filesystem"]);
      expect(await cluster.modesOf("web")).toEqual(["filesystem", "filesystem"]);
      expect(await cluster.replicas()).toEqual({ worker: 1, web: 2 });
    },
    3 * minutes,
  );
});
