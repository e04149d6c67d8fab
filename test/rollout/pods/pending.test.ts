import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import { stringify } from "yaml";
import { tryQuickly, type ClusterAddress } from "../../../components/kubernetes";
import { pendingOperations } from "../../../components/rollout/pods/releases";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests } from "./cluster";

const current = clusterForTests();

const pendingOf = (address: ClusterAddress, releases: readonly string[]) =>
  tryQuickly(address, (cluster) => pendingOperations(cluster, { ...address, releases }));

/** The note of a Helm that upgrades a release. */
const pending = (namespace: string, release: string) => {
  const labels = { owner: "helm", name: release, version: "2", status: "pending-upgrade" };
  const metadata = { name: `sh.helm.release.v1.${release}.v2`, namespace, labels };
  return current.cluster.apply({ apiVersion: "v1", kind: "Secret", metadata });
};

it("names the release, and a command that acts on the cluster of the settings", async () => {
  const { kubeconfig } = current.cluster;
  await current.cluster.kubectl("create", "namespace", "apps");
  await pending("apps", "worker");
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
  await pending("refused", "worker");
  const { kubeconfig } = current.cluster;
  const { failures } = await providers.Drain.check(
    {},
    {
      kubeconfig,
      namespace: "refused",
      service: "worker",
      release: "worker",
      mode: "mongo",
      timeoutSeconds: 5,
      releases: ["worker"],
    },
  );

  expect(failures).toMatchObject([
    { property: "releases", reason: expect.stringContaining("pending-upgrade") as string },
  ]);
});

it("does not hold a preview up for long where an API drops what it is sent", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  const kubeconfig = join(current.cluster.folder, "silent.kubeconfig");
  const context = { name: "silent", context: { cluster: "silent", user: "silent" } };
  const cluster = { name: "silent", cluster: { server: `https://127.0.0.1:${port}` } };
  const config = { "current-context": "silent", contexts: [context], clusters: [cluster] };
  await writeFile(kubeconfig, stringify({ ...config, users: [{ name: "silent", user: {} }] }));

  const began = Date.now();
  await pendingOf({ kubeconfig, namespace: "apps" }, ["worker"]);
  expect(Date.now() - began).toBeGreaterThan(4_000);
  expect(Date.now() - began).toBeLessThan(9_000);
  silent.close();
});
