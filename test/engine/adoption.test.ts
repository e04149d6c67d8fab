import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { repository } from "../../tools/parts";
import { reviewed } from "./reviewed";
import { clusterSiteValues, type SiteService } from "./cluster";
import { helmStack, type Mode } from "./stacks";

const services = ["worker", "web"] as const;

const site = helmStack();

/** What the release's values say, as Helm has it. */
const valuesOf = async (service: SiteService) =>
  JSON.parse(
    await site.cluster.helm("get", "values", site.cluster.releases[service], "-o", "json"),
  ) as Values;
const fileOf = async (service: SiteService) =>
  parse(await readFile(site.cluster.valuesFiles[service], "utf8")) as Values;

interface Values {
  readonly env: readonly { readonly name: string }[];
}
/** Values without our variables. */
const siteOwn = ({ env, ...others }: Values) => ({
  ...others,
  env: env.filter(({ name }) => !name.includes("__Storage__")),
});

beforeAll(async () => {
  // An autoscaler has the number of the worker's pods, and of web's: the values leave it out.
  await site.cluster.setValues("worker", {
    ...clusterSiteValues.worker,
    replicaCount: undefined,
    // The chart's default is a list with something in it.
    securityContext: { capabilities: { drop: [] } },
  });
  await site.cluster.setValues("web", {
    ...clusterSiteValues.web,
    replicaCount: undefined,
    env: [
      { name: "ASPNETCORE_URLS", value: "http://+:8080" },
      { name: "TaskRunner__Storage__Mode", value: "filesystem" },
    ],
    resources: { requests: { cpu: "50m" } },
  });
  await site.cluster.kubectl("create", "namespace", site.cluster.namespace);
  for (const service of services) {
    const values = ["-f", site.cluster.valuesFiles[service]];
    const chart = join(repository, "examples/chart");
    await site.cluster.helm("install", site.cluster.releases[service], chart, ...values);
    const deployment = `deployment/${site.cluster.releases[service]}`;
    await site.cluster.kubectl("autoscale", deployment, "--min=3", "--max=5", "--cpu=80%");
    await site.cluster.kubectl("scale", deployment, "--replicas=3");
    await site.cluster.kubectl("rollout", "status", deployment, "--timeout=60s");
  }
});

const configure = (storageMode: Mode, install = false) =>
  site.configure(storageMode, { rollout: { install } });

/** What is to change in each release, by the names of its inputs. */
const changesOf = (output: string) =>
  output
    .split(/[~=+] (?=[a-z-]+:)/)
    .filter((step) => step.startsWith("kubernetes:helm.sh/v3:Release: (update)"))
    .map((step) => [...step.matchAll(/^ {10}[~+-] (\w+) *:/gm)].map(([, name]) => name).sort());

describe("releases that a site has installed", () => {
  it("are not installed again: an up without a preview stops before its first change", async () => {
    await configure("mongo", true);
    const pods = await site.cluster.podsOf("worker");
    const up = await site.stack.up();

    expect(up.failed).toBe(true);
    expect(up.output).toMatch(/taskrunner-worker exists.*rollout\.install: false/);
    expect(up.output).not.toMatch(/LogIn|MongoCollection .* (created|creating)/);
    expect(await site.cluster.podsOf("worker")).toEqual(pods);
  });

  it("are imported and changed in one update, only in our variables", async () => {
    await configure("filesystem");
    const { output } = await site.stack.preview();
    expect(output.match(/= kubernetes:helm.sh\/v3:Release: \(import\)/g)).toHaveLength(2);
    expect(changesOf(output)).toEqual([
      ["allowNullValues", "chart", "maxHistory", "skipAwait", "timeout", "values"],
      ["allowNullValues", "chart", "maxHistory", "skipAwait", "timeout"],
    ]);
    expect(output).toContain('+ name : "Worker__Storage__Mode"');
    const webPods = await site.cluster.podsOf("web");
    await site.up();

    for (const service of services) {
      const own = siteOwn(await fileOf(service));
      expect(siteOwn(await valuesOf(service))).toEqual(own);
    }
    expect(await site.cluster.modesOf("worker")).toEqual(Array(3).fill("filesystem"));
    expect(await site.cluster.replicas()).toEqual({ worker: 3, web: 3 });
    // Nothing of web's changed.
    expect(await site.cluster.podsOf("web")).toEqual(webPods);
  });

  it("are not drained for a chart whose schema refuses the values", async () => {
    const values = await fileOf("web");
    await site.cluster.setValues("web", { ...values, replicas: 3 });
    await configure("mongo");
    const up = await site.stack.up();
    await site.cluster.setValues("web", values);

    expect(up.failed).toBe(true);
    expect(up.output).toMatch(/examples\/chart .*taskrunner-web cannot/);
    expect(up.output).not.toMatch(/(worker-drain|handover) (updating|creating)/);
    expect(await site.cluster.replicas()).toEqual({ worker: 3, web: 3 });
  });

  it("change over with the replicas that the autoscaler has set", async () => {
    await configure("mongo");
    await site.up();

    expect(await site.cluster.modesOf("worker")).toEqual(Array(3).fill("mongo"));
    expect(await site.cluster.modesOf("web")).toEqual(Array(3).fill("mongo"));
    for (const service of services) {
      const own = siteOwn(await fileOf(service));
      expect(siteOwn(await valuesOf(service))).toEqual(own);
    }
  });

  it("may be scaled by others: nothing is to change, and nothing is", async () => {
    for (const service of services) {
      await site.cluster.kubectl(
        "scale",
        `deployment/${site.cluster.releases[service]}`,
        "--replicas=4",
      );
    }
    const up = await site.up("--refresh");

    expect(up.output).toMatch(/Resources:\n\s+\d+ unchanged\n/);
    expect(await site.cluster.replicas()).toEqual({ worker: 4, web: 4 });
  });

  it("stay, with their pods and their Secret, when the stack is destroyed", async () => {
    const pods = [await site.cluster.podsOf("worker"), await site.cluster.podsOf("web")];
    const destroy = await site.stack.pulumi("destroy", "--yes", "--skip-preview");

    expect(destroy.failed).toBe(false);
    expect(JSON.parse(await site.cluster.helm("list", "-o", "json"))).toHaveLength(2);
    expect([await site.cluster.podsOf("worker"), await site.cluster.podsOf("web")]).toEqual(pods);
    expect(await site.cluster.kubectl("get", "secrets", "-o", "name")).toMatch(
      /taskrunner-mongo-connection-/,
    );
  });

  it("are taken over on MongoDB, and go back with what is only there", async () => {
    const files = join(site.root, "state/runs");
    const name = (await readdir(files)).find((one) => one.endsWith(".json")) ?? "";
    await rm(join(files, name));
    await configure("mongo");
    const { headline, body } = await reviewed(site.stack, {});
    expect(headline).toContain("takes over services on MongoDB");
    expect(body).not.toMatch(/cut over|you stop|import \d+ runs/);
    for (const mode of ["mongo", "filesystem"] as const) {
      await configure(mode);
      await site.up();
    }
    expect(await readdir(files)).toContain(name);
    expect(await site.cluster.modesOf("worker")).toEqual(Array(4).fill("filesystem"));
    expect(await site.cluster.modesOf("web")).toEqual(Array(4).fill("filesystem"));
  });
});
