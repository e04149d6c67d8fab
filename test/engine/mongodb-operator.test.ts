import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { ConnectionString } from "mongodb-connection-string-url";
import { startControlPlane, type ControlPlane } from "../../tools/parts";
import { operatorChart } from "../cluster/kubernetes/definition";
import { playedOperator, type PlayedOperator } from "../cluster/kubernetes/played-operator";
import { stackSettings, type Changes } from "../cluster/kubernetes/settings";
import { makeProject, type TestProject } from "../cluster/project";
import { makeStack, type Run, type TestStack } from "./stack";
import { untilStepRuns } from "./steps";

const minutes = 60_000;
const [namespace, name] = ["mongodb", "taskrunner-mongo"];

let project: TestProject;
let stack: TestStack;
let controlPlane: ControlPlane;
let chart: string;
let operator: PlayedOperator;
/** Everything that the engine printed, and each state. */
const printed: string[] = [];
/** Each password that was generated. */
const passwords = new Set<string>();

beforeAll(async () => {
  project = await makeProject("mongodb");
  stack = await makeStack("test", project.folder, { kubernetes: true });
  controlPlane = await startControlPlane({ directory: join(stack.folder, "cluster") });
  chart = await operatorChart(stack.folder);
  operator = playedOperator(kubectl, name);
}, 28 * minutes);
afterAll(async () => {
  await controlPlane.stop();
  await stack.remove();
  await project.remove();
});

const kubectl = async (...args: string[]) => {
  const address = ["--kubeconfig", controlPlane.kubeconfig, "--namespace", namespace];
  return (await execa(controlPlane.kubectl, [...address, ...args])).stdout;
};

const configure = (changes: Changes = {}) =>
  stack.configure(
    stackSettings({ kubeconfig: controlPlane.kubeconfig, namespace, chart }, changes),
  );

const kept = async (running: Promise<Run>) => {
  const run = await running;
  printed.push(run.output, await stack.state());
  return run;
};
const up = () => kept(stack.up());
const uris = async () => {
  const { exportUri, appUri } = await stack.outputs("--show-secrets");
  for (const uri of [exportUri, appUri]) passwords.add(new ConnectionString(String(uri)).password);
  return { migrator: String(exportUri), application: String(appUri) };
};
const unchanged = /Resources:\n\s+\d+ unchanged(\n|$)/;
/** Waits until the engine has waited for MongoDB for some seconds. */
const waiting = async () => {
  await untilStepRuns(stack, "mongodb-ready");
  await sleep(5_000);
};
const hasStepAfter = async () => (await stack.state()).includes("::after-mongo");
const secretsOfUsers = async () => {
  const all = await kubectl("get", "secrets", "-o", "name");
  return all.split("\n").filter((one) => one.includes("taskrunner-"));
};

describe("MongoDB by its operator, from nothing", () => {
  it(
    "is previewed with what comes after it, while nothing of it exists",
    async () => {
      await configure();
      const preview = await kept(stack.preview());

      expect(preview).toMatchObject({ failed: false });
      expect(preview.output).toContain(
        "+ kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity",
      );
      expect(preview.output).toContain("+ kubernetes:helm.sh/v3:Release");
      expect(preview.output).toContain("after-mongo");
    },
    6 * minutes,
  );

  it(
    "is refused by the definition's validation where the spec is wrong, and nothing after it begins",
    async () => {
      vi.stubEnv("WRONG_TYPE", "Sharded");
      const run = await up();
      vi.unstubAllEnvs();

      expect(run.failed).toBe(true);
      expect(run.output).toContain('spec.type: Unsupported value: "Sharded"');
      expect(await hasStepAfter()).toBe(false);
    },
    6 * minutes,
  );

  it(
    "that does not run in time is an error which names the pod and why",
    async () => {
      await configure({ timeoutSeconds: 20 });
      const running = up();
      await operator.seen();
      await operator.makesPendingMember(join(stack.folder, "members.json"));
      await operator.says("Pending", "ReplicaSet is not yet ready, retrying in 10 seconds");
      const run = await running;

      expect(run.failed).toBe(true);
      expect(run.output).toContain(
        `MongoDB ${name} does not run after 20 s, in namespace ${namespace} of context`,
      );
      expect(run.output).toContain(
        `mongodbcommunity ${name}: Pending, ReplicaSet is not yet ready`,
      );
      expect(run.output).toContain(
        `pod ${name}-0: the image registry.example.test/mongodb/mongod:1 of container mongod cannot be had (ImagePullBackOff)`,
      );
      expect(await hasStepAfter()).toBe(false);
    },
    6 * minutes,
  );

  it(
    "is waited for until the operator says that it runs, and then the stack goes on",
    async () => {
      await configure();
      const running = up();
      await waiting();
      expect(await hasStepAfter()).toBe(false);
      await kubectl("delete", `statefulset/${name}`);
      await operator.confirms();
      await operator.says("Running");
      const run = await running;

      expect(run).toMatchObject({ failed: false });
      expect(run.output).toContain(
        `MongoDB: 2 to go: mongodbcommunity ${name} (Pending), pod ${name}-0`,
      );
      expect(run.output).toContain(`MongoDB: ${name} runs`);
      expect(await hasStepAfter()).toBe(true);
    },
    6 * minutes,
  );

  it(
    "gives two users' connection strings, and is not changed by a second up",
    async () => {
      const { migrator, application } = await uris();
      const host = (at: number) => `${name}-${at}.${name}-svc.${namespace}.svc.cluster.local:27017`;
      const { users } = await operator.spec();

      expect(new ConnectionString(migrator).hosts).toEqual([0, 1, 2].map(host));
      expect([migrator, application].map((uri) => new ConnectionString(uri).username)).toEqual(
        users.map((user) => user.name),
      );
      for (const [at, uri] of [migrator, application].entries()) {
        const { password } = new ConnectionString(uri);
        expect(await passwordIn(users[at]?.passwordSecretRef.name ?? "")).toBe(password);
      }
      expect(await stack.outputs()).toMatchObject({
        ...{ kind: "kubernetes", database: "taskrunner", serverVersion: "8.0.12" },
        ...{ uri: "[secret]", appUri: "[secret]" },
      });
      expect((await up()).output).toMatch(unchanged);
    },
    6 * minutes,
  );

  it("takes every image from the site's registry", async () => {
    const path = "jsonpath={.spec.template.spec}";
    const pod = JSON.parse(
      await kubectl("get", "deployment/mongodb-kubernetes-operator", "-o", path),
    ) as { containers: [{ image: string; env: { value: string }[] }] };
    const [{ image, env }] = pod.containers;

    for (const one of [image, ...env.map(({ value }) => value)]) {
      expect(one).toMatch(/^registry\.example\.test\/mongodb/);
    }
    expect(pod).toMatchObject({ imagePullSecrets: [{ name: "registry-login" }] });
  });
});

async function passwordIn(secret: string): Promise<string> {
  const text = await kubectl("get", `secret/${secret}`, "-o", "jsonpath={.data.password}");
  return Buffer.from(text, "base64").toString();
}

describe("MongoDB by its operator, later on", () => {
  it(
    "is neither watched nor changed in filesystem mode, whatever its settings say",
    async () => {
      await operator.says("Failed", "no node has room");
      await configure({
        storageMode: "filesystem",
        passwordVersion: 2,
        annotations: { team: "runs" },
        timeoutSeconds: 5,
      });

      const run = await up();
      expect(run).toMatchObject({ failed: false });
      expect(run.output).toMatch(unchanged);
      expect(run.output).not.toContain("MongoDB:");
      expect(Object.keys(await stack.outputs())).not.toContain("uri");
      await operator.says("Running");
    },
    6 * minutes,
  );

  it(
    "gets another password, which counts once the operator has taken it in",
    async () => {
      const [before, secrets] = [await uris(), await secretsOfUsers()];
      await configure({ passwordVersion: 2 });
      expect((await kept(stack.preview())).output).toMatch(
        /~ pulumi-nodejs:dynamic\/mongo:GeneratedPassword/,
      );

      const running = up();
      await vi.waitFor(
        async () => {
          const { users } = await operator.spec();
          expect(secrets).not.toContain(`secret/${users[1]?.passwordSecretRef.name ?? ""}`);
        },
        { timeout: 150_000, interval: 500 },
      );
      await waiting();
      await operator.confirms();
      const run = await running;
      const after = await uris();
      const { users } = await operator.spec();

      expect(run).toMatchObject({ failed: false });
      expect(run.output).toContain("running, not yet as it is asked for");
      expect(after.migrator).toBe(before.migrator);
      expect(after.application).not.toBe(before.application);
      expect(await passwordIn(users[1]?.passwordSecretRef.name ?? "")).toBe(
        new ConnectionString(after.application).password,
      );
      expect(await secretsOfUsers()).toHaveLength(2);
      expect((await up()).output).toMatch(unchanged);
    },
    8 * minutes,
  );

  it(
    "stays when the stack is destroyed, and a new one takes it over",
    async () => {
      const destroyed = await kept(stack.pulumi("destroy", "--yes", "--skip-preview"));
      expect(destroyed).toMatchObject({ failed: false });
      await kubectl("get", `mongodbcommunity/${name}`, "deployment/mongodb-kubernetes-operator");

      await configure({ install: false });
      const running = up();
      await vi.waitFor(
        async () => {
          const found = await kubectl(
            "get",
            `mongodbcommunity/${name}`,
            "-o",
            "jsonpath={.metadata.generation}",
          );
          expect(Number(found)).toBeGreaterThan(2);
        },
        { timeout: 150_000, interval: 500 },
      );
      await operator.confirms();
      const run = await running;
      await uris();

      expect(run).toMatchObject({ failed: false });
      expect(run.output).toContain(`MongoDB: ${name} runs`);
    },
    8 * minutes,
  );

  it(
    "keeps no way back waiting: not where it is late, and not where its Kubernetes API is down",
    async () => {
      const late = { install: false, annotations: { team: "late" }, timeoutSeconds: 3 };
      await configure(late);
      const failed = await up();
      expect(failed.failed).toBe(true);
      expect(failed.output).toContain("running, not yet as it is asked for");

      await configure({ ...late, storageMode: "filesystem" });
      const back = await up();
      expect(back).toMatchObject({ failed: false });
      expect(back.output).not.toContain("MongoDB:");
      await controlPlane.stop();
      const preview = await kept(stack.preview());
      expect(preview).toMatchObject({ failed: false });
      expect(preview.output).toMatch(unchanged);
      expect(await up()).toMatchObject({ failed: false });
    },
    8 * minutes,
  );

  it("never shows a password: not in a preview, an up, a destroy or a state", () => {
    expect(passwords.size).toBe(5);
    for (const text of printed) {
      for (const password of passwords) {
        expect(text).not.toContain(password);
        expect(text).not.toContain(Buffer.from(password).toString("base64"));
      }
    }
  });
});
