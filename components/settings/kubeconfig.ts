import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { SettingsError } from "./problems";
import type { KubernetesSettings, Settings } from "./schema";

/**
 * The cluster by its context's name, which stays the same during an `up` whatever `kubectl config
 * use-context` does meanwhile. A kubeconfig that cannot be read is left to the steps to report.
 *
 * @throws SettingsError if a stack with a cluster names no context and the kubeconfig has several
 */
export function resolveContext(settings: Settings): KubernetesSettings {
  const { kubernetes, rollout, jobs, cluster } = settings;
  const isSeen = rollout.target === "helm" || typeof rollout.confirm === "object";
  const isUsed = isSeen || jobs !== undefined || cluster.kind === "kubernetes";
  if (!isUsed || kubernetes.context !== undefined) return kubernetes;
  const usual = process.env.KUBECONFIG?.split(delimiter) ?? [join(homedir(), ".kube", "config")];
  const files = kubernetes.kubeconfig === undefined ? usual : [kubernetes.kubeconfig];
  const [context, ...others] = new Set(files.flatMap(contextsIn));
  if (context === undefined) return kubernetes;
  if (others.length === 0) return { ...kubernetes, context };
  const found = "nothing, although the kubeconfig has several contexts";
  const allowed = [context, ...others].join(", ");
  throw new SettingsError([{ key: "kubernetes.context", found, allowed }]);
}

function contextsIn(file: string): string[] {
  try {
    const { contexts } = parse(readFileSync(file, "utf8")) as { contexts: { name: string }[] };
    return contexts.map(({ name }) => name);
  } catch {
    return [];
  }
}
