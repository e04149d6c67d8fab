import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mongoDBCommunitySpec } from "../../../components/cluster/kubernetes/spec";
import { collections } from "../../../components/contract";
import { definition } from "./definition";
import { clusterSettings, allSettings, plainText } from "./settings";
import { type BorrowedCluster, borrowCluster } from "../../pool";

let folder: string;
let controlPlane: BorrowedCluster;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "definition-"));
  controlPlane = await borrowCluster();
  await controlPlane.kubectl("apply", "--filename", await definition());
  const established = ["--for=condition=Established", "crd", "--all", "--timeout=30s"];
  await controlPlane.kubectl("wait", ...established);
}, 15 * 60_000);
afterAll(async () => {
  await controlPlane.release();
  await rm(folder, { recursive: true });
});

const names = Object.fromEntries(
  Object.entries(collections).map(([role, { name }]) => [role, name]),
) as Record<keyof typeof collections, string>;
const specOf = (settings: object) =>
  mongoDBCommunitySpec(
    clusterSettings(settings),
    { database: "taskrunner", collections: names, extraCollections: ["pack_run_provenance"] },
    { migrator: "password-1", application: "password-2" },
  );

/** What the API server says of an object, every field of which has to be one that it knows. */
async function answerTo(object: object): Promise<string> {
  const file = join(folder, "object.json");
  await writeFile(file, JSON.stringify(object));
  const dry = ["apply", "--namespace=default", "--dry-run=server", "--validate=strict"];
  return controlPlane.kubectl(...dry, `--filename=${file}`).catch(String);
}

const answerToSpec = (spec: object) =>
  answerTo({
    apiVersion: "mongodbcommunity.mongodb.com/v1",
    kind: "MongoDBCommunity",
    metadata: { name: "taskrunner-mongo" },
    spec,
  });

describe("the MongoDBCommunity resource", () => {
  it.each([
    ["as the defaults are, without TLS", plainText],
    ["with every setting", allSettings],
  ])("is what the operator's definition asks for, %s", async (_, settings) => {
    expect(await answerToSpec(specOf(settings))).toMatch(/created \(server dry run\)$/);
  });

  it.each([
    ["members that are no number", { members: "three" }, "spec.members"],
    ["another type", { type: "Sharded" }, "spec.type: Unsupported value"],
    ["no users", { users: undefined }, "spec.users: Required value"],
    ["a field that it does not have", { size: 3 }, 'unknown field "spec.size"'],
  ])("is refused by it with %s", async (_, change, found) => {
    expect(await answerToSpec({ ...specOf(plainText), ...change })).toContain(found);
  });

  it("lays over the members' StatefulSet what Kubernetes knows", async () => {
    const { spec } = specOf(allSettings).statefulSet as unknown as { spec: Template };
    const labels = { app: "runs-svc" };
    const { containers, initContainers } = spec.template.spec;
    const complete = {
      ...spec,
      selector: { matchLabels: labels },
      serviceName: "runs-svc",
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    };
    const metadata = { name: "runs" };
    const answer = await answerTo({
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata,
      spec: complete,
    });

    expect(answer).toMatch(/created \(server dry run\)$/);
    expect([...containers, ...initContainers].map(({ name, image }) => [name, image])).toEqual([
      ["mongod", "registry.example.test/mongod@sha256:1"],
      ["mongodb-agent", "registry.example.test/agent:1"],
      ["mongod-posthook", "registry.example.test/hook:1"],
      ["mongodb-agent-readinessprobe", "registry.example.test/probe:1"],
    ]);
    const { resources } = allSettings.resource;
    expect(containers[0]).toMatchObject({ resources });
    expect(spec.template.spec).toHaveProperty("affinity.podAntiAffinity");
  });

  it("gives each user its own role and no other, with the least that it needs", () => {
    const { users, security } = specOf(allSettings);

    expect(users.map(({ name, roles }) => [name, roles])).toEqual([
      ["schema", [{ name: "taskrunnerMigrator", db: "taskrunner" }]],
      ["services", [{ name: "taskrunnerApplication", db: "taskrunner" }]],
    ]);
    expect(security.roles).toMatchObject([
      {
        role: "taskrunnerMigrator",
        privileges: [{ resource: { db: "taskrunner", collection: "" } }],
      },
      {
        role: "taskrunnerApplication",
        privileges: [...Object.values(names), "pack_run_provenance"].map((collection) => ({
          resource: { db: "taskrunner", collection },
          actions: ["find", "insert", "update", "remove", "createIndex"],
        })),
      },
    ]);
  });
});

interface Template {
  readonly template: {
    readonly metadata: object;
    readonly spec: {
      readonly containers: readonly Container[];
      readonly initContainers: readonly Container[];
    };
  };
}
interface Container {
  readonly name: string;
  readonly image: string;
}
