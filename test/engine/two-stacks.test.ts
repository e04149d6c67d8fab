import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { makeCluster, makeEngineSite, type TestSite } from "./cluster";
import { makeStack, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";
import { makeUser } from "./user";
import { type BorrowedCluster, type BorrowedServer, borrowServer } from "../pool";

allowForEngine();

const onMongo = { worker: ["mongo", "mongo"], web: ["mongo", "mongo"] };

/** An environment: a stack, its services and the folder with its state. */
interface Environment {
  readonly stack: TestStack;
  readonly site: TestSite;
  readonly state: string;
  readonly database: string;
}

let server: BorrowedServer;
let controlPlane: BorrowedCluster;
/** In one namespace, with releases of their own names. */
let staging: Environment;
let preview: Environment;
/** With the names of staging's releases, in another namespace. */
let production: Environment;

beforeAll(async () => {
  const first = await makeStack("staging", undefined, { kubernetes: true });
  server = await borrowServer();
  const cluster = await makeCluster(first.folder);
  controlPlane = cluster.controlPlane;
  staging = await environment(first, cluster, "staging");
  const others = ["preview", "production"] as const;
  const [second, third] = await Promise.all(
    others.map((name) => makeStack(name, undefined, { kubernetes: true })),
  );
  if (!second || !third) throw new Error("no stacks");
  const beside = await makeEngineSite(controlPlane, second.folder, cluster.namespace, "preview");
  preview = await environment(second, beside, "preview");
  const apart = await makeEngineSite(controlPlane, third.folder, "production");
  production = await environment(third, apart, "production");
});
afterAll(async () => {
  await controlPlane.release();
  await server.release();
  for (const { stack } of [preview, production, staging]) await stack.remove();
});

async function environment(stack: TestStack, site: TestSite, database: string) {
  const state = join(stack.folder, "state");
  await generateSample(state, { runs: 3 });
  return { stack, site, state, database };
}

const neighbour: Readonly<Record<string, string>> = {
  staging: "preview-worker",
  preview: "taskrunner-worker",
  production: "none",
};
const up = async ({ stack, site, state, database }: Environment, user = "services:first@") => {
  await makeUser(server.uri, database, user);
  await stack.configure({
    storageMode: "mongo",
    mongoUri: `${server.uri}/${database}`,
    appMongoUri: `mongodb://${user}127.0.0.1:${server.port}/${database}`,
    backfill: { source: { path: state } },
    kubernetes: site.kubernetes,
    // In one namespace each worker is another's neighbour.
    rollout: { ...site.rollout, ignorePods: `app.kubernetes.io/instance=${neighbour[stack.name]}` },
  });
  return stack.up();
};
const modes = async ({ site }: Environment) => ({
  worker: await site.modesOf("worker"),
  web: await site.modesOf("web"),
});
const secretOf = async ({ stack }: Environment) => {
  const { connectionSecretRef } = await stack.outputs();
  return (connectionSecretRef as { readonly name: string }).name;
};
const secretsOf = async ({ site }: Environment) =>
  (await site.kubectl("get", "secrets", "-o", "name"))
    .split("\n")
    .filter((name) => name.includes("taskrunner-mongo-connection"))
    .map((name) => name.replace("secret/", ""))
    .sort();

describe("environments on one cluster", () => {
  it("change over beside one another, in one namespace and in two", async () => {
    for (const each of [staging, preview, production]) {
      expect(await up(each)).toMatchObject({ failed: false });
    }
    for (const each of [staging, preview, production]) {
      expect(await modes(each)).toEqual(onMongo);
    }
    expect(await secretsOf(staging)).toEqual(
      [await secretOf(staging), await secretOf(preview)].sort(),
    );
    expect(await secretsOf(production)).toEqual([await secretOf(production)]);
  });

  it("keep their Secrets and pods when another one's connection string changes", async () => {
    const others = await Promise.all([secretOf(preview), secretOf(production)]);
    const pods = await preview.site.podsOf("web");
    const former = await secretOf(staging);

    expect(await up(staging, "services:second@")).toMatchObject({ failed: false });
    expect(await secretOf(staging)).not.toBe(former);
    // The former one stays: no stack deletes a Secret.
    expect(await secretsOf(staging)).toEqual([await secretOf(staging), former, others[0]].sort());
    expect(await secretsOf(production)).toEqual([others[1]]);
    expect(await preview.site.podsOf("web")).toEqual(pods);
  });
});
