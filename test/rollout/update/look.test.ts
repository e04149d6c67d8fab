import { describe, expect, it, vi } from "vitest";
import {
  findSharedRefusal,
  type SharedReleaseAddress,
} from "../../../components/rollout/update/look";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests } from "../pods/cluster";

const current = clusterForTests();

/** What the stack asks of the release `worker`, which holds both services in these tests. */
const wanted = (
  namespace: string,
  changes: Partial<SharedReleaseAddress> = {},
): SharedReleaseAddress => ({
  ...{ kubeconfig: current.cluster.kubeconfig, namespace, release: "worker" },
  ...{ selectors: { worker: "app=worker", web: "app=web" }, step: "web", mode: "mongo" },
  ...changes,
});

/** The release's other Deployment: web, without a pod. */
const deployWeb = (namespace: string, mode: string, app = "web") =>
  current.cluster.apply({
    ...{ apiVersion: "apps/v1", kind: "Deployment" },
    metadata: {
      ...{ name: "web", namespace },
      labels: { app, "app.kubernetes.io/managed-by": "Helm" },
      annotations: { "meta.helm.sh/release-name": "worker" },
    },
    spec: {
      replicas: 0,
      selector: { matchLabels: { app } },
      template: {
        metadata: { labels: { app } },
        spec: {
          containers: [
            {
              name: "main",
              image: "web:1",
              env: [{ name: "TaskRunner__Storage__Mode", value: mode }],
            },
          ],
        },
      },
    },
  });

describe("the look at a release that holds both services", () => {
  it("lets web follow a worker that has arrived", async () => {
    await current.cluster.deploy("arrived", { mode: "mongo" });
    await deployWeb("arrived", "filesystem");
    await current.cluster.available("arrived");

    expect(await findSharedRefusal(wanted("arrived"))).toBeUndefined();
    expect(await checked("arrived")).toEqual([]);
  });

  it("does not let it follow one whose pods are not ready", async () => {
    await current.cluster.deploy("early", { mode: "mongo", own: true });
    await deployWeb("early", "filesystem");

    await vi.waitFor(async () => {
      expect(await current.cluster.pods("early")).toHaveLength(1);
    }, 10_000);

    const refusal = expect.stringMatching(
      /^The rollout of the worker to mongo mode is incomplete, so web cannot follow\. Set rollout\.step: worker .* pod worker-\S+: /,
    ) as unknown;
    expect(await findSharedRefusal(wanted("early"))).toEqual(refusal);
    expect(await checked("early")).toEqual([{ property: "shared", reason: refusal }]);
    // The rollback waits for no pod.
    expect(await findSharedRefusal(wanted("early", { mode: "filesystem" }))).toBeUndefined();
  });

  it("wants labels that are each service's own", async () => {
    await current.cluster.deploy("labels");
    await deployWeb("labels", "filesystem", "other");
    const refusalWith = (worker: string, web: string) =>
      findSharedRefusal(wanted("labels", { selectors: { worker, web } }));

    expect(await refusalWith("app=worker", "app=web")).toMatch(
      /^No workload of release worker in namespace labels of context \S+ has the labels app=web; it has Deployment web, Deployment worker\. Set rollout\.web\.selector to labels that only web has\.$/,
    );
    expect(await refusalWith("app=worker", "app in (worker,other)")).toMatch(
      /^Deployment worker of release worker has the labels of the worker \(app=worker\) and of web/,
    );
  });

  it("takes nothing for two services where nothing is deployed", async () => {
    expect(await findSharedRefusal(wanted("nowhere"))).toBeUndefined();
  });
});

/** The failures that a preview shows, and an up without one. */
const checked = async (namespace: string) => {
  const shared = wanted(namespace);
  const inputs = { ...shared, service: "worker", timeoutSeconds: 5, shared };
  const { failures = [] } = await providers.ServicesCheck.check({}, inputs);
  return failures;
};
