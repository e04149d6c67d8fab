import { expect, it, vi } from "vitest";
import { lookAtCluster, tryQuickly, type Cluster } from "../../components/kubernetes";
import { freePort } from "../../tools/parts";
import { clusterForTests } from "../rollout/pods/cluster";
import { troubledApi } from "../rollout/pods/troubled-api";

const current = clusterForTests();
const namespace = "default";
const listDeployments = (cluster: Cluster) => cluster.list("Deployment", "");

it("asks a busy API again, in a preview too, but creates nothing twice", async () => {
  for (const status of [429, 503]) {
    const api = await troubledApi(current.cluster, () =>
      api.troubled() < 2 ? { status } : undefined,
    );
    const { kubeconfig } = api;
    const address = { kubeconfig, namespace };
    expect(await tryQuickly(address, listDeployments)).toEqual([]);
    expect(api.troubled()).toBe(2);
    api.stop();

    const busy = await troubledApi(current.cluster, () => ({ status }));
    const create = (cluster: Cluster) =>
      cluster.create("Job", { apiVersion: "batch/v1", kind: "Job" });
    await tryQuickly({ kubeconfig: busy.kubeconfig, namespace }, create);
    expect(busy.troubled()).toBe(1);
    busy.stop();
  }
}, 30_000);

it("gets an answer that comes late in up, and not in a preview", async () => {
  const api = await troubledApi(current.cluster, () => ({ delayMs: 5_500 }));
  const address = { kubeconfig: api.kubeconfig, namespace };
  const looks = [lookAtCluster(address, listDeployments)];
  looks.push(lookAtCluster({ ...address, isPreview: true }, listDeployments));
  expect(await Promise.all(looks)).toEqual([[], undefined]);
  expect(current.printed.join()).toMatch(/warning: .*\[cluster-not-checked\]/);
  api.stop();
}, 30_000);

it("waits in up for an API that is away, for 60 s, and names its address", async () => {
  const port = await freePort();
  const kubeconfig = await current.cluster.kubeconfigAt(port);
  const start = Date.now();
  const clock = vi.spyOn(Date, "now").mockReturnValue(start);
  const looks: number[] = [];
  const look = (cluster: Cluster) => {
    looks.push(clock.mockReturnValue(start + looks.length * 59_000)());
    return listDeployments(cluster);
  };
  await expect(lookAtCluster({ kubeconfig, namespace }, look)).rejects.toThrow(
    `https://127.0.0.1:${port}`,
  );
  expect(looks).toHaveLength(3);
  expect(current.printed).toEqual([expect.stringMatching(/Looking again for 60 s/)]);
}, 30_000);
