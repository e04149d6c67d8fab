import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { expect, it } from "vitest";
import { tryQuickly, type ClusterAddress } from "../../../components/kubernetes";
import { pendingOperations } from "../../../components/rollout/helm/releases";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests, revisionOf } from "./cluster";
import { drainsOn } from "./drains";

const current = clusterForTests();

const pendingOf = (address: ClusterAddress, releases: readonly string[]) =>
  tryQuickly(address, (cluster) => pendingOperations(cluster, { ...address, releases }));

/** The note of a Helm that upgrades a release. */
const pending = (namespace: string) =>
  current.cluster.apply(revisionOf(namespace, "worker", "pending-upgrade", 2));

it("names the release, and a command that acts on the cluster of the settings", async () => {
  const { kubeconfig } = current.cluster;
  await current.cluster.kubectl("create", "namespace", "apps");
  await pending("apps");
  const address = { kubeconfig, namespace: "apps" };

  await expect(pendingOf(address, ["web"])).resolves.toBeUndefined();
  const refusal = await pendingOf(address, ["worker", "web"]);
  expect(refusal).toContain("worker: revision 2 is pending-upgrade");
  const [command = ""] = /(?<=kubectl ).*/.exec(refusal ?? "") ?? [];
  expect(command).toMatch(
    /^--kubeconfig \S+ --context \S+ --namespace apps delete secret \S+\.v2$/,
  );
  expect(command.split(" ")[1]).toBe(kubeconfig);
  await current.cluster.kubectl(...command.split(" ").slice(2));
  await expect(pendingOf(address, ["worker", "web"])).resolves.toBeUndefined();
});

it("is refused by the drain, in a preview too, before anything is scaled", async () => {
  await current.cluster.kubectl("create", "namespace", "refused");
  await pending("refused");
  const asked = drainsOn(current).inputs("refused", { releases: ["worker"] });
  const { failures } = await providers.Drain.check({}, asked);

  expect(failures?.[0]).toMatchObject({
    property: "",
    reason: expect.stringContaining("pending-upgrade") as string,
  });
});

it("does not hold a preview up for long where an API drops what it is sent", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const kubeconfig = await current.cluster.kubeconfigAt(port);

  const began = Date.now();
  await pendingOf({ kubeconfig, namespace: "apps" }, ["worker"]);
  expect(Date.now() - began).toBeGreaterThan(4_000);
  expect(Date.now() - began).toBeLessThan(9_000);
  silent.close();
});
