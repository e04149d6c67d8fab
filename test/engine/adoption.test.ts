import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { generateSample } from "../../tools/sample";
import { helm, repository } from "../../tools/parts";
import { makeCluster, clusterSiteValues, type SiteService, type EngineCluster } from "./cluster";
import { makeStack, type TestStack } from "./stack";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;
const services = ["worker", "web"] as const;

let stack: TestStack;
let server: BorrowedServer;
let cluster: EngineCluster;
let helmFile: string;

/** The site's own Helm, in its namespace. */
const siteHelm = async (...args: string[]) => {
  const address = ["--kubeconfig", cluster.controlPlane.kubeconfig, "-n", cluster.namespace];
  return (await execa(helmFile, [...args, ...address])).stdout;
};
/** What the release's values say, as Helm has it. */
const valuesOf = async (service: SiteService) =>
  JSON.parse(await siteHelm("get", "values", cluster.releases[service], "-o", "json")) as Values;
const fileOf = async (service: SiteService) =>
  parse(await readFile(cluster.valuesFiles[service], "utf8")) as Values;

interface Values {
  readonly env: readonly { readonly name: string }[];
}
/** Values without our variables. */
const siteOwn = ({ env, ...others }: Values) => ({
  ...others,
  env: env.filter(({ name }) => !name.includes("__Storage__")),
});

beforeAll(async () => {
  stack = await makeStack("test", undefined, { kubernetes: true });
  server = await borrowServer();
  cluster = await makeCluster(stack.folder);
  helmFile = await helm();
  await generateSample(join(stack.folder, "state"), { runs: 5 });
  // An autoscaler has the number of the worker's pods, and of web's: the values leave it out.
  await cluster.setValues("worker", {
    ...clusterSiteValues.worker,
    replicaCount: undefined,
    // The chart's default is a list with something in it.
    securityContext: { capabilities: { drop: [] } },
  });
  await cluster.setValues("web", {
    ...clusterSiteValues.web,
    replicaCount: undefined,
    env: [
      { name: "ASPNETCORE_URLS", value: "http://+:8080" },
      { name: "TaskRunner__Storage__Mode", value: "filesystem" },
    ],
    resources: { requests: { cpu: "50m" } },
  });
  await cluster.kubectl("create", "namespace", cluster.namespace);
  for (const service of services) {
    const values = ["-f", cluster.valuesFiles[service]];
    const chart = join(repository, "examples/chart");
    await siteHelm("install", cluster.releases[service], chart, ...values);
    const deployment = `deployment/${cluster.releases[service]}`;
    await cluster.kubectl("autoscale", deployment, "--min=3", "--max=5", "--cpu=80%");
    await cluster.kubectl("scale", deployment, "--replicas=3");
    await cluster.kubectl("rollout", "status", deployment, "--timeout=60s");
  }
}, 25 * minutes);
afterAll(async () => {
  await cluster.controlPlane.release();
  await server.release();
  await stack.remove();
});

const configure = (storageMode: "mongo" | "filesystem", install = false) =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: cluster.kubernetes,
    rollout: { ...cluster.rollout, install },
  });

/** What is to change in each release, by the names of its inputs. */
const changesOf = (output: string) =>
  output
    .split(/[~=+] (?=[a-z-]+:)/)
    .filter((step) => step.startsWith("kubernetes:helm.sh/v3:Release: (update)"))
    .map((step) => [...step.matchAll(/^ {10}[~+-] (\w+) *:/gm)].map(([, name]) => name).sort());

describe("releases that a site has installed", () => {
  it(
    "are not installed again: an up without a preview stops before its first change",
    async () => {
      await configure("mongo", true);
      const pods = await cluster.podsOf("worker");
      const up = await stack.up();

      expect(up.failed).toBe(true);
      expect(up.output).toMatch(/taskrunner-worker exists.*rollout\.install: false/);
      expect(up.output).not.toMatch(/LogIn|MongoCollection .* (created|creating)/);
      expect(await cluster.podsOf("worker")).toEqual(pods);
    },
    2 * minutes,
  );

  it(
    "are imported and changed in one update, in our variables alone",
    async () => {
      await configure("filesystem");
      const { output } = await stack.preview();
      expect(output.match(/= kubernetes:helm.sh\/v3:Release: \(import\)/g)).toHaveLength(2);
      expect(changesOf(output)).toEqual([
        ["allowNullValues", "chart", "maxHistory", "skipAwait", "timeout", "values"],
        ["allowNullValues", "chart", "maxHistory", "skipAwait", "timeout"],
      ]);
      expect(output).toContain('+ name : "Worker__Storage__Mode"');
      const webPods = await cluster.podsOf("web");
      const up = await stack.up();

      expect(up.failed).toBe(false);
      for (const service of services) {
        const own = siteOwn(await fileOf(service));
        expect(siteOwn(await valuesOf(service))).toEqual(own);
      }
      expect(await cluster.modesOf("worker")).toEqual(Array(3).fill("filesystem"));
      expect(await cluster.replicas()).toEqual({ worker: 3, web: 3 });
      // Nothing of web's changed.
      expect(await cluster.podsOf("web")).toEqual(webPods);
    },
    3 * minutes,
  );

  it(
    "are not drained for a chart whose schema refuses the values",
    async () => {
      const values = await fileOf("web");
      await cluster.setValues("web", { ...values, replicas: 3 });
      await configure("mongo");
      const up = await stack.up();
      await cluster.setValues("web", values);

      expect(up.failed).toBe(true);
      expect(up.output).toMatch(/examples\/chart .*taskrunner-web cannot/);
      expect(up.output).not.toMatch(/(worker-drain|handover) (updating|creating)/);
      expect(await cluster.replicas()).toEqual({ worker: 3, web: 3 });
    },
    3 * minutes,
  );

  it(
    "change over with the replicas that the autoscaler has set",
    async () => {
      await configure("mongo");
      const up = await stack.up();

      expect(up.failed).toBe(false);
      expect(await cluster.modesOf("worker")).toEqual(Array(3).fill("mongo"));
      expect(await cluster.modesOf("web")).toEqual(Array(3).fill("mongo"));
      for (const service of services) {
        const own = siteOwn(await fileOf(service));
        expect(siteOwn(await valuesOf(service))).toEqual(own);
      }
    },
    3 * minutes,
  );

  it(
    "may be scaled by others: nothing is to change, and nothing is",
    async () => {
      for (const service of services) {
        await cluster.kubectl("scale", `deployment/${cluster.releases[service]}`, "--replicas=4");
      }
      const up = await stack.pulumi("up", "--yes", "--skip-preview", "--refresh");

      expect(up.failed).toBe(false);
      expect(up.output).toMatch(/Resources:\n\s+\d+ unchanged\n/);
      expect(await cluster.replicas()).toEqual({ worker: 4, web: 4 });
    },
    2 * minutes,
  );

  it(
    "stay, with their pods and their Secret, when the stack is destroyed",
    async () => {
      const pods = [await cluster.podsOf("worker"), await cluster.podsOf("web")];
      const destroy = await stack.pulumi("destroy", "--yes", "--skip-preview");

      expect(destroy.failed).toBe(false);
      expect(JSON.parse(await siteHelm("list", "-o", "json"))).toHaveLength(2);
      expect([await cluster.podsOf("worker"), await cluster.podsOf("web")]).toEqual(pods);
      expect(await cluster.kubectl("get", "secrets", "-o", "name")).toMatch(
        /taskrunner-mongo-connection-/,
      );
    },
    2 * minutes,
  );

  it(
    "are not taken to files by a stack that knows of no cutover",
    async () => {
      const pods = [await cluster.podsOf("worker"), await cluster.podsOf("web")];
      await configure("filesystem");

      const run = await stack.up();
      expect(run.failed).toBe(true);
      expect(run.output).toMatch(new RegExp(`${cluster.releases.worker} .*is in mongo mode`));
      expect(run.output).toContain("storageMode: mongo first");
      expect([await cluster.podsOf("worker"), await cluster.podsOf("web")]).toEqual(pods);
    },
    3 * minutes,
  );

  it(
    "go back with what is only in MongoDB once the stack knows of one",
    async () => {
      const files = join(stack.folder, "state/state/runs");
      const name = (await readdir(files)).find((one) => one.endsWith(".json")) ?? "";
      await rm(join(files, name));
      await configure("mongo");
      const there = await stack.up();
      expect(there.failed, there.output).toBe(false);
      await configure("filesystem");
      const back = await stack.up();

      expect(back.failed, back.output).toBe(false);
      expect(await readdir(files)).toContain(name);
      expect(await cluster.modesOf("worker")).toEqual(Array(4).fill("filesystem"));
      expect(await cluster.modesOf("web")).toEqual(Array(4).fill("filesystem"));
    },
    4 * minutes,
  );
});
