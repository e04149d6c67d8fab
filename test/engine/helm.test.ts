import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse, stringify } from "yaml";
import type { EngineRun } from "./stack";
import { helmStack, type Mode } from "./stacks";
import { cutoverKinds, stepsDone } from "./steps";
import { makeUser } from "./user";

const password = "s3cret-of-the-services";
const onFiles = ["filesystem", "filesystem"];
const onMongo = ["mongo", "mongo"];

const site = helmStack({ runs: 10 });
const printed: string[] = [];

const configure = async (
  storageMode: Mode,
  user = `web:${password}@`,
  kubernetes: object = site.cluster.kubernetes,
) => {
  // A rollback may find the server stopped.
  if (storageMode === "mongo") await makeUser(site.server.uri, "taskrunner", user);
  const appMongoUri = `mongodb://${user}127.0.0.1:${site.server.port}/taskrunner`;
  await site.configure(storageMode, { appMongoUri, kubernetes });
};

const kept = (run: EngineRun) => {
  printed.push(run.output);
  return run;
};

describe("the cutover of two Helm releases on a real control plane", () => {
  it("begins with both services on files", async () => {
    await configure("filesystem");
    kept(await site.up());
    expect(await site.modes()).toEqual([onFiles, onFiles]);
  });

  it("shows in a preview what changes in the services' environments, and no secret", async () => {
    await configure("mongo");
    const { output } = kept(await site.stack.preview());

    expect(output).toContain('~ value: "filesystem" => "mongo"');
    expect(output).toContain('+ name     : "Worker__Storage__Mongo__ConnectionString"');
    for (const step of ["worker-drain", "handover", "worker-pods", "web-pods"]) {
      expect(output).toContain(`::taskrunner-${step}]`);
    }
  });

  it("takes no service past its drain and its handover by --target", async () => {
    const targets = ["worker", "worker-pods", "web"].map((name) => [
      "--target",
      `**::taskrunner-${name}`,
    ]);
    const up = kept(await site.up(...targets.flat()));

    expect(await site.modes()).toEqual([onFiles, onFiles]);
    expect(up.output).toContain("[service-stays]");
  });

  it("drains the worker, imports, rolls out the worker, then web, and verifies it", async () => {
    const up = kept(await site.up());

    expect(stepsDone(up, cutoverKinds)).toEqual([
      "BulkPass bulk-pass",
      "Canary canary",
      "FirstVerification first-verification",
      "Drain worker-drain",
      "Handover handover",
      "Release worker",
      "PodsReplaced worker-pods",
      "Release web",
      "PodsReplaced web-pods",
      "FinalPass final-pass",
      "Verification verification",
    ]);
    expect(await site.modes()).toEqual([onMongo, onMongo]);
    expect(await site.stack.outputs()).toMatchObject({
      verification: { holds: true },
      rollout: {
        worker: { target: "helm", mode: "mongo", release: "taskrunner-worker", revision: 2 },
        web: { target: "helm", mode: "mongo", revision: 2 },
      },
    });
  });

  it("gives the services their own connection string, only by a Secret", async () => {
    const { connectionSecretRef } = (await site.stack.outputs()) as {
      connectionSecretRef: { name: string; key: string };
    };
    const secret = JSON.parse(
      await site.cluster.kubectl("get", "secret", connectionSecretRef.name, "-o", "json"),
    ) as { immutable: boolean; data: Record<string, string> };

    expect(secret.immutable).toBe(true);
    const text = Buffer.from(secret.data[connectionSecretRef.key] ?? "", "base64").toString();
    expect(text).toContain(`web:${password}@`);
    const deployed = await site.cluster.kubectl("get", "deployments", "-o", "yaml");
    const state = await site.stack.state();
    expect([deployed, state, ...printed].join("\n")).not.toContain(password);
  });

  it("rolls the pods when the connection string changes, and leaves the old Secret to the docs' command", async () => {
    const secrets = () => site.cluster.kubectl("get", "secrets", "-o", "name");
    const before = /taskrunner-mongo-connection-\w+/.exec(await secrets())?.[0] ?? "";
    await configure("mongo", "web:another@");
    const up = kept(await site.up());

    expect(up.output).toContain("PodsReplaced taskrunner-web-pods updated");
    const labelled = ["--selector", "taskrunner.stellaops.io/connection-of"];
    const found = await site.cluster.kubectl("get", "secrets", "-o", "name", ...labelled);
    const { connectionSecretRef } = await site.stack.outputs();
    const inUse = (connectionSecretRef as { readonly name: string }).name;
    const names = [before, inUse].map((name) => `secret/${name}`);
    expect(found.trim().split("\n").sort()).toEqual(names.sort());
    expect(inUse).not.toBe(before);
    expect(await site.cluster.modesOf("worker")).toEqual(onMongo);
  });
});

interface Kubeconfig {
  readonly clusters: readonly [{ readonly name: string; readonly cluster: { server: string } }];
  readonly contexts: readonly [{ readonly name: string; readonly context: object }];
}

/** A kubeconfig with two contexts of the one cluster, each by another address. */
async function twoNames(): Promise<string> {
  const { kubeconfig } = site.cluster.kubernetes;
  const config = parse(await readFile(kubeconfig, "utf8")) as Kubeconfig;
  const [{ name, cluster: known }] = config.clusters;
  const [{ name: first, context }] = config.contexts;
  const byName = known.server.replace("127.0.0.1", "localhost");
  const other = { ...known, server: byName, "tls-server-name": "127.0.0.1" };
  const file = join(site.stack.folder, "two.kubeconfig");
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
  it("wants to be told which context counts", async () => {
    await configure("mongo", "web:another@", { kubeconfig: await twoNames() });
    expect((await site.stack.up()).output).toMatch(
      /kubernetes\.context: .*several contexts; allowed: \S+, renamed/,
    );
  });

  it("changes nothing there by another name and another address of it", async () => {
    const pods = await site.cluster.podsOf("worker");
    const renamed = { kubeconfig: await twoNames(), context: "renamed" };
    await configure("mongo", "web:another@", renamed);
    const up = kept(await site.up());
    // The one is the engine's own note of how it reaches the cluster.
    expect(up.output).toMatch(/Resources:\n\s+~ 1 updated\n\s+\d+ unchanged\n/);
    expect(up.output).toMatch(/pulumi:providers:kubernetes taskrunner-kubernetes updated/);
    expect(await site.cluster.podsOf("worker")).toEqual(pods);
  });
});

describe("the rollback of two Helm releases, by another name of their cluster", () => {
  const configureBack = async () =>
    configure("filesystem", "web:another@", { kubeconfig: await twoNames(), context: "renamed" });

  it("stops before the drain if its export has nowhere to go, with both services at work", async () => {
    const runs = join(site.root, "state/runs");
    await rename(runs, `${runs}.away`);
    await configureBack();
    const up = kept(await site.stack.up());
    await rename(`${runs}.away`, runs);
    expect(up.failed).toBe(true);
    expect(up.output).toContain("worker was not stopped");
    expect(stepsDone(up, cutoverKinds)).toEqual([]);
    expect(await site.modes()).toEqual([onMongo, onMongo]);
  });

  it("goes back to files with MongoDB stopped, the worker first, with its replicas", async () => {
    await site.server.stop();
    await configureBack();
    const up = kept(await site.up());
    expect(stepsDone(up, cutoverKinds)).toEqual([
      "BulkPass bulk-pass",
      "Drain worker-drain",
      "Handover handover",
      "Release worker",
      "PodsReplaced worker-pods",
      "Release web",
      "PodsReplaced web-pods",
      "FinalPass final-pass",
    ]);
    expect(await site.modes()).toEqual([onFiles, onFiles]);
  });
});
