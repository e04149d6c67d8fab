import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import { makeSite, type Site } from "./site";

const minutes = 60_000;

let stack: Site["stack"];
let server: Site["server"];
let cluster: Site["cluster"];
let release: Site["release"];

beforeAll(async () => {
  ({ stack, server, cluster, release } = await makeSite(3));
  for (const storageMode of ["filesystem", "mongo"] as const) {
    await configure(storageMode);
    expect(await stack.up()).toMatchObject({ failed: false });
  }
}, 25 * minutes);
afterAll(async () => {
  await release();
});

const configure = (storageMode: "mongo" | "filesystem", kubernetes: object = cluster.kubernetes) =>
  stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes,
    rollout: cluster.rollout,
  });

interface Kubeconfig {
  readonly clusters: readonly [{ readonly name: string; readonly cluster: { server: string } }];
  readonly contexts: readonly [{ readonly name: string; readonly context: object }];
}

/** A kubeconfig with two contexts of the one cluster, each by another address. */
async function twoNames(): Promise<string> {
  const { kubeconfig } = cluster.kubernetes;
  const config = parse(await readFile(kubeconfig, "utf8")) as Kubeconfig;
  const [{ name, cluster: known }] = config.clusters;
  const [{ name: first, context }] = config.contexts;
  const byName = known.server.replace("127.0.0.1", "localhost");
  const other = { ...known, server: byName, "tls-server-name": "127.0.0.1" };
  const file = join(stack.folder, "two.kubeconfig");
  const contexts = [
    { name: first, context },
    { name: "renamed", context: { ...context, cluster: "other" } },
  ];
  const clusters = [
    { name, cluster: known },
    { name: "other", cluster: other },
  ];
  await writeFile(file, stringify({ ...config, clusters, contexts }));
  return file;
}

describe("a stack whose cluster has several names", () => {
  it(
    "wants to be told which context counts",
    async () => {
      await configure("mongo", { kubeconfig: await twoNames() });
      expect((await stack.up()).output).toMatch(
        /kubernetes\.context: .*several contexts; allowed: \S+, renamed/,
      );
    },
    2 * minutes,
  );

  it(
    "changes nothing there by another name and another address of it",
    async () => {
      const pods = await cluster.podsOf("worker");
      await configure("mongo", { kubeconfig: await twoNames(), context: "renamed" });
      const up = await stack.up();
      expect(up.failed, up.output).toBe(false);
      // The one is the engine's own note of how it reaches the cluster.
      expect(up.output).toMatch(/Resources:\n\s+~ 1 updated\n\s+\d+ unchanged\n/);
      expect(up.output).toMatch(/pulumi:providers:kubernetes taskrunner-kubernetes updated/);
      expect(await cluster.podsOf("worker")).toEqual(pods);

      await configure("filesystem", { kubeconfig: await twoNames(), context: "renamed" });
      expect(await stack.up()).toMatchObject({ failed: false });
      expect(await cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);
    },
    6 * minutes,
  );
});
