import { rename } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ConnectionString } from "mongodb-connection-string-url";
import { makeOperatorSite, type OperatorSite } from "../cluster/kubernetes/site";
import { allowForEngine } from "./stacks";

const namespace = "mongodb";
const name = "taskrunner-mongo";
const unchanged = /Resources:\n\s+\d+ unchanged(\n|$)/;

allowForEngine();

let site: OperatorSite;
beforeAll(async () => {
  site = await makeOperatorSite(namespace, name);
});
afterAll(() => site.remove());

describe("MongoDB by its operator, from nothing", () => {
  it("is previewed with what comes after it, while nothing of it exists", async () => {
    await site.configure();
    const preview = await site.kept(site.stack.preview());

    expect(preview.failed, preview.output).toBe(false);
    expect(preview.output).toContain(
      "+ kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity",
    );
    expect(preview.output).toContain("+ kubernetes:helm.sh/v3:Release");
    expect(preview.output).toContain("after-mongo");
  });

  it("that does not run in time is an error which names the pod and why", async () => {
    await site.configure({ timeoutSeconds: 10 });
    const running = site.up();
    await site.operator.seen();
    await site.operator.makesPendingMember(join(site.stack.folder, "members.json"));
    await site.operator.says("Pending", "ReplicaSet is not yet ready, retrying in 10 seconds");
    const run = await running;

    expect(run.failed).toBe(true);
    expect(run.output).toContain(
      `MongoDB ${name} is not running after 10 s, in namespace ${namespace} of context`,
    );
    expect(run.output).toContain(`mongodbcommunity ${name}: Pending, ReplicaSet is not yet ready`);
    expect(run.output).toContain(
      `pod ${name}-0: Pending, ImagePullBackOff, Back-off pulling image`,
    );
    expect(await site.hasStepAfter()).toBe(false);
  });

  it("is waited for until the operator says that it runs, and then the stack goes on", async () => {
    await site.configure();
    const running = site.up();
    await site.waiting();
    expect(await site.hasStepAfter()).toBe(false);
    await site.kubectl("delete", `statefulset/${name}`);
    await site.operator.confirms();
    await site.operator.says("Running");
    const run = await running;

    expect(run).toMatchObject({ failed: false });
    expect(run.output).toContain(
      `MongoDB: 2 to go: mongodbcommunity ${name} (Pending), pod ${name}-0`,
    );
    expect(run.output).toContain(`MongoDB: ${name} runs`);
    expect(await site.hasStepAfter()).toBe(true);
  });

  it("gives two users' connection strings", async () => {
    const { migrator, application } = await site.uris();
    const host = (at: number) => `${name}-${at}.${name}-svc.${namespace}.svc.cluster.local:27017`;
    const { users } = await site.operator.spec();

    expect(new ConnectionString(migrator).hosts).toEqual([0, 1, 2].map(host));
    expect([migrator, application].map((uri) => new ConnectionString(uri).username)).toEqual(
      users.map((user) => user.name),
    );
    for (const [at, uri] of [migrator, application].entries()) {
      const { password } = new ConnectionString(uri);
      expect(await site.passwordIn(users[at]?.passwordSecretRef.name ?? "")).toBe(password);
    }
    expect(await site.stack.outputs()).toMatchObject({
      database: "taskrunner",
      uri: "[secret]",
      appUri: "[secret]",
    });
  });

  it("takes every image from the site's registry", async () => {
    const path = "jsonpath={.spec.template.spec}";
    const pod = JSON.parse(
      await site.kubectl("get", "deployment/mongodb-kubernetes-operator", "-o", path),
    ) as { containers: [{ image: string; env: { value: string }[] }] };
    const [{ image, env }] = pod.containers;

    for (const one of [image, ...env.map(({ value }) => value)]) {
      expect(one).toMatch(/^registry\.example\.test\/mongodb/);
    }
    expect(pod).toMatchObject({ imagePullSecrets: [{ name: "registry-login" }] });
  });
});

describe("MongoDB by its operator, later on", () => {
  it("is neither watched nor changed in filesystem mode, whatever its settings say", async () => {
    await site.operator.says("Failed", "no node has room");
    await site.configure({
      storageMode: "filesystem",
      passwordVersion: 2,
      annotations: { team: "runs" },
      timeoutSeconds: 5,
    });

    const run = await site.up();
    expect(run).toMatchObject({ failed: false });
    expect(run.output).toMatch(unchanged);
    expect(run.output).not.toContain("MongoDB:");
    await site.operator.says("Running");
  });

  it("is left out of a rollback while its chart's registry does not answer", async () => {
    const chart = join(site.stack.folder, "mongodb-kubernetes");
    await rename(chart, `${chart}-away`);
    const stopped = await site.up();
    const run = await site.kept(
      site.stack.pulumi("up", "--yes", "--exclude", "**::taskrunner-operator"),
    );
    await rename(`${chart}-away`, chart);

    expect(stopped.output).toContain("check the chart name and repository configuration");
    expect(run).toMatchObject({ failed: false });
    expect(run.output).toMatch(unchanged);
  });

  it("gets another password, which counts once the operator has taken it in", async () => {
    const before = await site.uris();
    const secrets = await site.secretsOfUsers();
    await site.configure({ passwordVersion: 2 });
    const running = site.up();
    await vi.waitFor(
      async () => {
        const { users } = await site.operator.spec();
        expect(secrets).not.toContain(`secret/${users[1]?.passwordSecretRef.name ?? ""}`);
      },
      { timeout: 150_000, interval: 500 },
    );
    await site.waiting();
    await site.operator.confirms();
    const run = await running;
    const after = await site.uris();
    const { users } = await site.operator.spec();

    expect(run).toMatchObject({ failed: false });
    expect(run.output).toContain("running, but the last change is not applied yet");
    expect(after.migrator).toBe(before.migrator);
    expect(after.application).not.toBe(before.application);
    expect(await site.passwordIn(users[1]?.passwordSecretRef.name ?? "")).toBe(
      new ConnectionString(after.application).password,
    );
    expect(await site.secretsOfUsers()).toHaveLength(2);
    expect((await site.up()).output).toMatch(unchanged);
  });

  it("is protected: the stack is not destroyed before its settings say otherwise", async () => {
    const refused = await site.kept(site.stack.pulumi("destroy", "--yes"));
    expect(refused).toMatchObject({ failed: true });
    expect(refused.output).toContain("MongoDBCommunity");
    expect(refused.output).toContain("protect");

    await site.configure({ passwordVersion: 2, protection: false });
    expect((await site.up()).output).toMatch(unchanged);
  });

  it("stays when the stack is destroyed, and a new one takes it over", async () => {
    const destroyed = await site.kept(site.stack.pulumi("destroy", "--yes", "--skip-preview"));
    expect(destroyed).toMatchObject({ failed: false });
    await site.kubectl("get", `mongodbcommunity/${name}`, "deployment/mongodb-kubernetes-operator");

    await site.configure({ install: false });
    const running = site.up();
    await vi.waitFor(
      async () => {
        const found = await site.kubectl(
          "get",
          `mongodbcommunity/${name}`,
          "-o",
          "jsonpath={.metadata.generation}",
        );
        expect(Number(found)).toBeGreaterThan(2);
      },
      { timeout: 150_000, interval: 500 },
    );
    await site.operator.confirms();
    const run = await running;
    await site.uris();

    expect(run).toMatchObject({ failed: false });
    expect(run.output).toContain(`MongoDB: ${name} runs`);
  });

  it("keeps no rollback waiting: not where it is late, and not where its Kubernetes API is down", async () => {
    const late = { install: false, annotations: { team: "late" }, timeoutSeconds: 3 };
    await site.configure(late);
    const failed = await site.up();
    expect(failed.failed).toBe(true);
    expect(failed.output).toContain("running, but the last change is not applied yet");

    await site.configure({ ...late, storageMode: "filesystem" });
    const back = await site.up();
    expect(back).toMatchObject({ failed: false });
    expect(back.output).not.toContain("MongoDB:");
    await site.cutOff();
    const again = await site.up();
    expect(again).toMatchObject({ failed: false });
    expect(again.output).toMatch(unchanged);
  });

  it("never shows a password: not in a preview, an up, a destroy or a state", () => {
    expect(site.passwords.size).toBe(5);
    for (const text of site.printed) {
      for (const password of site.passwords) {
        expect(text).not.toContain(password);
        expect(text).not.toContain(Buffer.from(password).toString("base64"));
      }
    }
  });
});
