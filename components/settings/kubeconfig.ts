import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { SettingsError } from "./problems";
import type { KubernetesSettings, Settings } from "./schema";

interface Kubeconfig {
  readonly contexts?: readonly { readonly name: string }[];
}

/**
 * The cluster of a stack by the context's name, so that it stays the same during an `up` whatever
 * `kubectl config use-context` does meanwhile. As it is if the stack uses no cluster, or if the kubeconfig
 * cannot be read, which the steps report.
 *
 * @throws SettingsError if no context is named and the kubeconfig has several
 */
export function resolveContext(settings: Settings): KubernetesSettings {
  const { kubernetes, rollout, jobs, cluster } = settings;
  const isSeen = rollout.target === "helm" || typeof rollout.confirm === "object";
  const isUsed = isSeen || jobs !== undefined || cluster.kind === "kubernetes";
  if (!isUsed || kubernetes.context !== undefined) return kubernetes;
  const usual = process.env.KUBECONFIG?.split(delimiter) ?? [join(homedir(), ".kube", "config")];
  const files = kubernetes.kubeconfig === undefined ? usual : [kubernetes.kubeconfig];
  const configs = files.filter((file) => existsSync(file)).map(readKubeconfig);
  const names = new Set(configs.flatMap(({ contexts = [] }) => contexts.map(({ name }) => name)));
  if (names.size > 1) {
    const found = "nothing, although the kubeconfig has several contexts";
    const allowed = [...names].join(", ");
    throw new SettingsError([{ key: "kubernetes.context", found, allowed }]);
  }
  const [context] = names;
  return context === undefined ? kubernetes : { ...kubernetes, context };
}

function readKubeconfig(file: string): Kubeconfig {
  try {
    return (parse(readFileSync(file, "utf8")) ?? {}) as Kubeconfig;
  } catch {
    return {};
  }
}
