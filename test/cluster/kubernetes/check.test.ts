import { describe, expect, it } from "vitest";
import { providers } from "../../../components/cluster/provider";
import { mongoDBRules } from "../../rights";
import { definition } from "./definition";
import { kubeconfigOf } from "../../account";
import { clusterForTests } from "../../rollout/pods/cluster";

const { MongoDBCheck } = providers;
const current = clusterForTests();

/** What a stack is told that asks for it, and does not have it yet. */
async function refusedTo(stack: string, asked: object = {}) {
  const news = {
    namespace: "default",
    name: "runs",
    kubeconfig: current.cluster.kubeconfig,
    stack,
  };
  return (await MongoDBCheck.check({}, { ...news, ...asked })).failures;
}

it("says nothing while the operator's definition is not there, or no Kubernetes API", async () => {
  expect(await refusedTo("prod")).toEqual([]);
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
        reason: expect.stringContaining("stack organization/taskrunner-storage/prod") as string,
      },
    ]);
    const annotation = "taskrunner.stellaops.io/stack-";
    await current.cluster.kubectl("annotate", "mongodbcommunity", "runs", annotation);
    expect(await refusedTo("organization/taskrunner-storage/staging")).toEqual([]);
  });
});

describe("right before the resource changes", () => {
  const inputs = () => ({
    namespace: "default",
    name: "runs",
    kubeconfig: current.cluster.kubeconfig,
    stack: "organization/taskrunner-storage/staging",
  });

  it("looks again, and leaves another stack's replica set to it", async () => {
    const annotation = "taskrunner.stellaops.io/stack=organization/taskrunner-storage/prod";
    await current.cluster.kubectl("annotate", "mongodbcommunity", "runs", annotation);
    await expect(MongoDBCheck.create(inputs())).rejects.toMatchObject({
      reasons: [expect.stringContaining("organization/taskrunner-storage/prod")],
    });
    await expect(MongoDBCheck.create({ ...inputs(), name: "new" })).resolves.toBeDefined();
  });

  it("stops if the API refuses to say whose it is", async () => {
    await current.cluster.kubectl("create", "namespace", "forbidden");
    const kubeconfig = await kubeconfigOf(current.cluster, "forbidden", []);
    await expect(MongoDBCheck.create({ ...inputs(), kubeconfig })).rejects.toThrow("status 403");
  });

  it("needs no more rights than the docs say, and stops no rollback", async () => {
    const kubeconfig = await kubeconfigOf(current.cluster, "default", mongoDBRules);
    const own = { ...inputs(), kubeconfig, stack: "organization/taskrunner-storage/prod" };
    await expect(MongoDBCheck.create(own)).resolves.toBeDefined();
    await expect(MongoDBCheck.create({ ...inputs(), direction: "back" })).resolves.toBeDefined();
  });
});
