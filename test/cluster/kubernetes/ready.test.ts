import { beforeAll, describe, expect, it, vi } from "vitest";
import { providers } from "../../../components/cluster/provider";
import { mongoDBRules } from "../../rights";
import { kubeconfigOf } from "../../account";
import { clusterForTests } from "../../rollout/pods/cluster";
import { definition } from "./definition";

vi.setConfig({ testTimeout: 60_000 });

const { MongoDBReady } = providers;
const current = clusterForTests();

const spec = { type: "ReplicaSet", members: 1, version: "8.0.12", security: {}, users: [] };

beforeAll(async () => {
  const { kubectl } = current.cluster;
  await kubectl("apply", `--filename=${await definition()}`);
  await kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=30s");
});

/** A namespace with a resource that no operator has seen. */
async function namespaceWith(namespace: string): Promise<void> {
  const { cluster } = current;
  await cluster.kubectl("create", "namespace", namespace);
  await cluster.apply({
    apiVersion: "mongodbcommunity.mongodb.com/v1",
    kind: "MongoDBCommunity",
    metadata: { name: "runs", namespace },
    spec,
  });
}

const inputs = (namespace: string, kubeconfig = current.cluster.kubeconfig) => ({
  kubeconfig,
  namespace,
  name: "runs",
  generation: 1,
  timeoutSeconds: 0.5,
});
const reasonsOf = async (running: Promise<unknown>) => {
  const error = (await running.catch((one: unknown) => one)) as { reasons?: string[] };
  expect(error).toMatchObject({ properties: { applied: false } });
  return error.reasons?.join("\n") ?? "";
};

describe("the wait for MongoDB", () => {
  it("names the operator's pods while it has not answered, and no others", async () => {
    await namespaceWith("silent");
    const labels = { app: "worker", "app.kubernetes.io/name": "mongodb-kubernetes-operator" };
    await current.cluster.apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "operator", namespace: "silent" },
      spec: {
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            nodeSelector: { room: "none" },
            containers: [{ name: "operator", image: "registry.example.test/operator:1" }],
          },
        },
      },
    });
    const unscheduled = "--for=condition=PodScheduled=False";
    await current.cluster.untilPods("silent", 1);
    await current.cluster.kubectl("wait", "pods", "--all", "-n", "silent", unscheduled);
    const reasons = await reasonsOf(MongoDBReady.create(inputs("silent")));

    expect(reasons).toContain("mongodbcommunity runs: the operator does not answer.");
    expect(reasons).toMatch(/pod operator-\S+: Pending, Unschedulable/);
  });

  it("says the operator's own words", async () => {
    await namespaceWith("failed");
    const counts = { currentMongoDBMembers: 0, currentStatefulSetReplicas: 0, mongoUri: "" };
    const status = { ...counts, phase: "Failed", message: "Error ensuring User config: not found" };
    const patch = `--patch=${JSON.stringify({ status })}`;
    const failed = ["patch", "mongodbcommunity/runs", "--namespace=failed", "--type=merge"];
    await current.cluster.kubectl(...failed, "--subresource=status", patch);

    expect(await reasonsOf(MongoDBReady.create(inputs("failed")))).toContain(
      "mongodbcommunity runs: Failed, Error ensuring User config: not found.",
    );
  });

  it("needs no more rights than the docs say", async () => {
    await namespaceWith("allowed");
    const kubeconfig = await kubeconfigOf(current.cluster, "allowed", mongoDBRules);

    expect(await reasonsOf(MongoDBReady.create(inputs("allowed", kubeconfig)))).toContain(
      "operator does not answer",
    );
  });
});
