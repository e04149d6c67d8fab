import { describe, expect, it } from "vitest";
import { providers } from "../../../components/cluster/provider";
import { mongoDBRules } from "../../rights";
import { definition } from "./definition";
import { kubeconfigOf } from "../../rollout/pods/account";
import { clusterForTests } from "../../rollout/pods/cluster";

const { MongoDBStorage } = providers;
const inputs = { namespace: "mongodb", name: "runs", size: "10Gi", logsSize: "2Gi" };
const refused = async (news: object, olds: object = inputs) =>
  (await MongoDBStorage.check(olds, { ...inputs, ...news })).failures;

it("refuses volumes that the replica set was not created with, and says what it has", async () => {
  expect(await refused({ size: "20Gi" })).toEqual([
    {
      property: "size",
      reason: expect.stringMatching(
        /cluster\.resource\.storage\.size is 20Gi, and MongoDB runs was created with 10Gi/,
      ) as string,
    },
  ]);
  expect(await refused({ logsSize: "3Gi" })).toMatchObject([{ property: "logsSize" }]);
  expect(await refused({ class: "fast" })).toMatchObject([
    { property: "class", reason: expect.stringContaining("the cluster's default") as string },
  ]);
});

it("takes the same volumes, those of a new stack, and those of another replica set", async () => {
  expect(await refused({})).toEqual([]);
  expect(await refused({ size: "20Gi" }, {})).toEqual([]);
  expect(await refused({ size: "20Gi", name: "others" })).toEqual([]);
});

const current = clusterForTests();

describe("a replica set that exists", () => {
  /** What a stack is told that asks for it, and does not have it yet. */
  const refusedTo = async (stack: string) => {
    const { kubeconfig } = current.cluster;
    const news = { ...inputs, namespace: "default", kubeconfig, stack };
    return (await MongoDBStorage.check({}, news)).failures;
  };

  it("is refused to another stack than the one that created it", async () => {
    await current.cluster.kubectl("apply", "--filename", await definition());
    await current.cluster.kubectl("wait", "--for=condition=Established", "--all", "crds");
    await current.cluster.apply({
      apiVersion: "mongodbcommunity.mongodb.com/v1",
      kind: "MongoDBCommunity",
      metadata: {
        ...{ name: "runs", namespace: "default" },
        annotations: { "taskrunner.stellaops.io/stack": "organization/taskrunner-storage/prod" },
      },
      spec: { type: "ReplicaSet", security: { authentication: { modes: ["SCRAM"] } }, users: [] },
    });

    expect(await refusedTo("organization/taskrunner-storage/prod")).toEqual([]);
    expect(await refusedTo("organization/taskrunner-storage/staging")).toMatchObject([
      {
        property: "name",
        reason: expect.stringContaining(
          "belongs to stack organization/taskrunner-storage/prod",
        ) as string,
      },
    ]);
    const annotation = "taskrunner.stellaops.io/stack-";
    await current.cluster.kubectl("annotate", "mongodbcommunity", "runs", annotation);
    expect(await refusedTo("organization/taskrunner-storage/staging")).toEqual([]);
  });
});

describe("a refresh", () => {
  const claim = (name: string, storage: string) =>
    current.cluster.apply({
      apiVersion: "v1",
      kind: "PersistentVolumeClaim",
      metadata: { name, namespace: "mongodb" },
      spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage } } },
    });

  it("takes the size of claims that were enlarged by hand, which is asked for from then on", async () => {
    await current.cluster.kubectl("create", "namespace", "mongodb");
    await claim("data-volume-runs-0", "20Gi");
    await claim("logs-volume-runs-0", "2Gi");
    const kubeconfig = await kubeconfigOf(current.cluster, "mongodb", mongoDBRules);
    const state = { ...inputs, kubeconfig, applied: true };
    const read = await MongoDBStorage.read("id", state);

    expect(read.inputs).toMatchObject({ size: "20Gi", logsSize: "2Gi" });
    expect(await refused({ size: "20Gi" }, read.inputs as object)).toEqual([]);
  });

  it("keeps what it has if no claim is there, or no Kubernetes API", async () => {
    const { kubeconfig } = current.cluster;
    for (const address of [{ kubeconfig, namespace: "default" }, { kubeconfig: "missing" }]) {
      const state = { ...inputs, ...address, applied: true };
      expect(await MongoDBStorage.read("id", state)).toEqual({ id: "id", props: state });
    }
  });
});
