import { describe, expect, it } from "vitest";
import { providers } from "../../../components/cluster/provider";
import { mongoDBRules } from "../../rights";
import { definition } from "./definition";
import { kubeconfigOf } from "../../rollout/pods/account";
import { clusterForTests } from "../../rollout/pods/cluster";

const { MongoDBCheck } = providers;
const current = clusterForTests();
const spec = {
  type: "ReplicaSet",
  members: 3,
  version: "8.0.12",
  security: { authentication: { modes: ["SCRAM"] } },
  users: [],
};

/** What a stack is told that asks for it, and does not have it yet. */
async function refusedTo(stack: string, asked: object = {}) {
  const news = {
    namespace: "default",
    name: "runs",
    kubeconfig: current.cluster.kubeconfig,
    stack,
  };
  return (await MongoDBCheck.check({}, { ...news, spec, ...asked })).failures;
}

it("says nothing while the operator's definition is not there, or no Kubernetes API", async () => {
  expect(await refusedTo("prod", { spec: { members: "three" } })).toEqual([]);
  expect(await refusedTo("prod", { kubeconfig: "missing" })).toEqual([]);
});

describe("a replica set that exists", () => {
  it("is refused to another stack than the one that created it", async () => {
    await current.cluster.kubectl("apply", "--filename", await definition());
    await current.cluster.kubectl("wait", "--for=condition=Established", "--all", "crds");
    await current.cluster.apply({
      apiVersion: "mongodbcommunity.mongodb.com/v1",
      kind: "MongoDBCommunity",
      metadata: {
        name: "runs",
        namespace: "default",
        annotations: { "taskrunner.stellaops.io/stack": "organization/taskrunner-storage/prod" },
      },
      spec: { type: "ReplicaSet", security: { authentication: { modes: ["SCRAM"] } }, users: [] },
    });

    expect(await refusedTo("organization/taskrunner-storage/prod")).toEqual([]);
    expect(await refusedTo("organization/taskrunner-storage/staging")).toMatchObject([
      {
        property: "name",
        reason: expect.stringContaining("stack organization/taskrunner-storage/prod") as string,
      },
    ]);
    const annotation = "taskrunner.stellaops.io/stack-";
    await current.cluster.kubectl("annotate", "mongodbcommunity", "runs", annotation);
    expect(await refusedTo("organization/taskrunner-storage/staging")).toEqual([]);
  });
});

describe("a spec that the API does not take", () => {
  const wrong = { ...spec, members: "three" };

  it.each([
    ["members that are no number", wrong, "spec.members"],
    ["a field that it does not have", { ...spec, size: 3 }, 'unknown field "spec.size"'],
  ])("is refused with %s, whether the replica set exists or not", async (_, asked, found) => {
    const reason = expect.stringContaining(found) as string;
    for (const name of ["runs", "others"]) {
      expect(await refusedTo("prod", { name, spec: asked })).toMatchObject([
        { property: "spec", reason },
      ]);
    }
  });

  it("leaves nothing behind, stops no rollback, and needs no more rights than the docs say", async () => {
    const kubeconfig = await kubeconfigOf(current.cluster, "default", mongoDBRules);
    expect(await refusedTo("prod", { name: "allowed", kubeconfig })).toEqual([]);
    expect(await refusedTo("prod", { name: "allowed", kubeconfig, spec: wrong })).toHaveLength(1);
    expect(await refusedTo("prod", { spec: wrong, direction: "back" })).toEqual([]);
    const names = await current.cluster.kubectl("get", "mongodbcommunity", "-o", "name");
    expect(names.trim()).toBe("mongodbcommunity.mongodbcommunity.mongodb.com/runs");
  });
});
