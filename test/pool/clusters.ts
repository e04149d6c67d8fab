import { join } from "node:path";
import { startControlPlane } from "../../tools/parts";
import { kubectlOf } from "./kubectl";
import { type Pool, poolOf } from "./pool";

/** At rest a control plane still takes a twentieth of a core. */
const idleMs = 20_000;

/** Control planes. What a file made in one is deleted before another file has it. */
export function clusterPool(folder: string): Pool {
  const start = async (number: number) => {
    const options = { directory: join(folder, `cluster-${number}`) };
    const cluster = await startControlPlane(options);
    const { kubeconfig, port, kubectl } = cluster;
    const stop = () => cluster.stop();
    const ask = kubectlOf(cluster).kubectl;
    return { facts: { kubeconfig, port, kubectl }, stop, renew: () => empty(ask) };
  };
  return poolOf(start, idleMs);
}

/** What tests make outside of a namespace, and in the namespace that is always there. */
const kinds = {
  cluster: "customresourcedefinitions,persistentvolumes",
  makers: "deployments,statefulsets,daemonsets,replicasets,cronjobs,jobs",
  roles: "clusterroles,clusterrolebindings",
  default:
    "services,configmaps,secrets,persistentvolumeclaims," +
    "horizontalpodautoscalers,serviceaccounts,roles,rolebindings,poddisruptionbudgets,resourcequotas",
};

async function empty(ask: (...args: string[]) => Promise<string>): Promise<void> {
  const found = await ask("get", "namespaces", "--output=jsonpath={.items[*].metadata.name}");
  const made = found.split(" ").filter((name) => name !== "default" && !name.startsWith("kube-"));
  const atOnce = ["--ignore-not-found", "--force", "--grace-period=0"];
  const all = ["--all", "--all-namespaces"];
  // A pod whose kubelet was a test's would wait for it, and a new one take its place.
  await ask("delete", kinds.makers, ...all, "--cascade=orphan");
  await ask("delete", "pods", ...all, ...atOnce);
  if (made.length > 0) await ask("delete", "namespaces", ...made, "--timeout=60s");
  await ask("delete", kinds.cluster, "--all", "--timeout=60s");
  await ask("delete", kinds.roles, "--selector=kubernetes.io/bootstrapping!=rbac-defaults");
  await ask("delete", kinds.default, "--all", "--namespace=default", ...atOnce);
}
