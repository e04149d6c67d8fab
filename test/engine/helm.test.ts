import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeSite, type Site } from "./site";
import type { EngineRun } from "./stack";
import { cutoverKinds, stepsDone } from "./steps";
import { makeUser } from "./user";

const minutes = 60_000;
const password = "s3cret-of-the-services";

let stack: Site["stack"];
let server: Site["server"];
let cluster: Site["cluster"];
let release: Site["release"];
const printed: string[] = [];

beforeAll(async () => {
  ({ stack, server, cluster, release } = await makeSite(10));
}, 25 * minutes);
afterAll(async () => {
  await release();
});

const configure = async (storageMode: "mongo" | "filesystem", user = `web:${password}@`) => {
  // A rollback may find the server stopped.
  if (storageMode === "mongo") await makeUser(server.uri, "taskrunner", user);
  await stack.configure({
    storageMode,
    mongoUri: `${server.uri}/taskrunner`,
    appMongoUri: `mongodb://${user}127.0.0.1:${server.port}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: cluster.kubernetes,
    rollout: cluster.rollout,
  });
};

const kept = (run: EngineRun) => {
  printed.push(run.output);
  return run;
};

describe("the cutover of two Helm releases on a real control plane", () => {
  it(
    "begins with both services on files",
    async () => {
      await configure("filesystem");

      expect(kept(await stack.up())).toMatchObject({ failed: false });
      expect(await cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);
      expect(await cluster.modesOf("web")).toEqual(["filesystem", "filesystem"]);
    },
    3 * minutes,
  );

  it(
    "shows in a preview what changes in the services' environments, and no secret",
    async () => {
      await configure("mongo");
      const { output } = kept(await stack.preview());

      expect(output).toContain('~ value: "filesystem" => "mongo"');
      expect(output).toContain('+ name     : "Worker__Storage__Mongo__ConnectionString"');
      for (const step of ["worker-drain", "handover", "worker-pods", "web-pods"]) {
        expect(output).toContain(`::taskrunner-${step}]`);
      }
    },
    2 * minutes,
  );

  it(
    "takes no service past its drain and its handover by --target",
    async () => {
      const targets = ["worker", "worker-pods", "web"].map((name) => [
        "--target",
        `**::taskrunner-${name}`,
      ]);
      const up = kept(await stack.pulumi("up", "--yes", "--skip-preview", ...targets.flat()));

      expect(await cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);
      expect(await cluster.modesOf("web")).toEqual(["filesystem", "filesystem"]);
      expect(up.failed).toBe(false);
      expect(up.output).toContain("[service-stays]");

      const handover = ["--target", "**::taskrunner-handover"];
      expect(kept(await stack.pulumi("up", "--yes", "--skip-preview", ...handover)).output).toMatch(
        /Resources:\n\s+\d+ unchanged\n/,
      );
    },
    3 * minutes,
  );

  it(
    "drains the worker, imports, rolls the worker, then web, then proves it",
    async () => {
      const up = kept(await stack.up());

      expect(up.failed).toBe(false);
      expect(stepsDone(up, cutoverKinds)).toEqual([
        "BulkPass bulk-pass",
        "Canary canary",
        "Proof proof",
        "Drain worker-drain",
        "Handover handover",
        "Release worker",
        "PodsReplaced worker-pods",
        "Release web",
        "PodsReplaced web-pods",
        "FinalPass final-pass",
        "Verification verification",
      ]);
      expect(await cluster.modesOf("worker")).toEqual(["mongo", "mongo"]);
      expect(await cluster.modesOf("web")).toEqual(["mongo", "mongo"]);
      expect(await stack.outputs()).toMatchObject({
        verification: { holds: true },
        rollout: {
          worker: { target: "helm", mode: "mongo", release: "taskrunner-worker", revision: 2 },
          web: { target: "helm", mode: "mongo", revision: 2 },
        },
      });
    },
    3 * minutes,
  );

  it("gives the services their own connection string, by a Secret alone", async () => {
    const { connectionSecretRef } = (await stack.outputs()) as {
      connectionSecretRef: { name: string; key: string };
    };
    const secret = JSON.parse(
      await cluster.kubectl("get", "secret", connectionSecretRef.name, "-o", "json"),
    ) as { immutable: boolean; data: Record<string, string> };

    expect(secret.immutable).toBe(true);
    const text = Buffer.from(secret.data[connectionSecretRef.key] ?? "", "base64").toString();
    expect(text).toContain(`web:${password}@`);
    const deployed = await cluster.kubectl("get", "deployments", "-o", "yaml");
    const state = await stack.state();
    expect([deployed, state, ...printed].join("\n")).not.toContain(password);
  });

  it(
    "changes nothing a second time",
    async () => {
      expect(kept(await stack.up()).output).toMatch(/Resources:\n\s+\d+ unchanged\n/);
    },
    2 * minutes,
  );

  it(
    "rolls the pods when the connection string changes, and leaves the old Secret to the docs' command",
    async () => {
      const secrets = () => cluster.kubectl("get", "secrets", "-o", "name");
      const before = /taskrunner-mongo-connection-\w+/.exec(await secrets())?.[0] ?? "";
      await configure("mongo", "web:another@");
      const up = kept(await stack.up());

      expect(up.failed).toBe(false);
      expect(up.output).toContain("PodsReplaced taskrunner-web-pods updated");
      const labelled = ["--selector", "taskrunner.stellaops.io/connection-of"];
      const found = await cluster.kubectl("get", "secrets", "-o", "name", ...labelled);
      const { connectionSecretRef } = await stack.outputs();
      const inUse = (connectionSecretRef as { readonly name: string }).name;
      const names = [before, inUse].map((name) => `secret/${name}`);
      expect(found.trim().split("\n").sort()).toEqual(names.sort());
      expect(inUse).not.toBe(before);
      expect(await cluster.modesOf("worker")).toEqual(["mongo", "mongo"]);
    },
    3 * minutes,
  );

  it(
    "stops a rollback before the drain if its export has nowhere to go, with both services at work",
    async () => {
      const runs = join(stack.folder, "state/state/runs");
      await rename(runs, `${runs}.away`);
      await configure("filesystem", "web:another@");
      const up = kept(await stack.up());
      await rename(`${runs}.away`, runs);
      expect(up.failed).toBe(true);
      expect(up.output).toContain("worker was not stopped");
      expect(stepsDone(up, cutoverKinds)).toEqual([]);
      expect(await cluster.modesOf("worker")).toEqual(["mongo", "mongo"]);
      expect(await cluster.modesOf("web")).toEqual(["mongo", "mongo"]);
    },
    3 * minutes,
  );

  it(
    "goes back to files with MongoDB stopped, the worker first, with its replicas",
    async () => {
      await server.stop();
      await configure("filesystem", "web:another@");
      const up = kept(await stack.up());
      expect(up.failed).toBe(false);
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
      expect(await cluster.modesOf("worker")).toEqual(["filesystem", "filesystem"]);
      expect(await cluster.modesOf("web")).toEqual(["filesystem", "filesystem"]);
    },
    3 * minutes,
  );

  it(
    "goes forward again, then leaves the services running when the stack is destroyed",
    async () => {
      await server.start();
      await configure("mongo", "web:another@");
      expect(kept(await stack.up())).toMatchObject({ failed: false });
      expect(await stack.outputs()).toMatchObject({ verification: { holds: true } });

      expect(kept(await stack.pulumi("destroy", "--yes", "--skip-preview"))).toMatchObject({
        failed: false,
      });
      expect(await cluster.modesOf("worker")).toEqual(["mongo", "mongo"]);
      expect(await cluster.kubectl("get", "secrets", "-o", "name")).toMatch(
        /taskrunner-mongo-connection-/,
      );
    },
    5 * minutes,
  );
});
