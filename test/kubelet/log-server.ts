import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { PatchStrategy, setHeaderOptions, type CoreV1Api } from "@kubernetes/client-node";

/**
 * Answers the API server where somebody asks it for a pod's logs: it looks for them at the kubelet
 * of the pod's node, by a path of `/containerLogs/<namespace>/<pod>/<container>`.
 *
 * @param kubeconfig that of a local control plane: its certificate is beside it
 * @param logs what a pod's container printed
 * @returns what stops it
 */
export async function serveLogs(
  core: CoreV1Api,
  kubeconfig: string,
  logs: (pod: string) => string,
): Promise<() => Promise<void>> {
  const file = (name: string) => readFile(join(dirname(kubeconfig), "certificates", name));
  const own = { cert: await file("apiserver.crt"), key: await file("apiserver.key") };
  const server = createServer(own, (request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "https://kubelet");
    const [, kind, , pod = ""] = pathname.split("/");
    const lines = logs(pod).split(/(?<=\n)/);
    const tail = Number(searchParams.get("tailLines") ?? lines.length);
    response.writeHead(kind === "containerLogs" ? 200 : 404).end(lines.slice(-tail).join(""));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await nameKubelet(core, port);
  // The program that plays the nodes may write their status over it.
  const again = setInterval(() => void nameKubelet(core, port).catch(() => undefined), 1_000);
  return async () => {
    clearInterval(again);
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  };
}

/** Says of each node that its kubelet is here. */
async function nameKubelet(core: CoreV1Api, port: number): Promise<void> {
  const addresses = [{ type: "InternalIP", address: "127.0.0.1" }];
  const body = { status: { addresses, daemonEndpoints: { kubeletEndpoint: { Port: port } } } };
  const merge = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
  const { items } = await core.listNode();
  for (const { metadata, status } of items) {
    if (status?.daemonEndpoints?.kubeletEndpoint?.Port === port && status.addresses) continue;
    await core.patchNodeStatus({ name: metadata?.name ?? "", body }, merge);
  }
}
