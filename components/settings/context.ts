import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { parse } from "yaml";
import { SettingsError } from "./problems";
import type { KubernetesSettings, Settings } from "./schema";

/**
 * Adds the kubeconfig's only context to the settings, so that `kubectl config use-context` has no effect during an
 * `up`. A kubeconfig that cannot be read is left to the steps, which report it.
 *
 * @throws SettingsError if the kubeconfig does not have the context that is named, or if none is named and it has
 *   several
 */
export function resolveContext(settings: Settings): KubernetesSettings {
  const { kubernetes, rollout, jobs, cluster } = settings;
  const seesPods = rollout.target !== "values" || typeof rollout.confirm === "object";
  const isUsed = seesPods || jobs !== undefined || cluster.kind === "kubernetes";
  if (!isUsed) return kubernetes;
  const defaults = process.env.KUBECONFIG?.split(delimiter) ?? [join(homedir(), ".kube", "config")];
  const files = kubernetes.kubeconfig === undefined ? defaults : [kubernetes.kubeconfig];
  const contexts = [...new Set(files.flatMap(contextsIn))];
  const { context = contexts.length === 1 ? contexts[0] : undefined } = kubernetes;
  if (contexts.length === 0) return kubernetes;
  if (context !== undefined && contexts.includes(context)) return { ...kubernetes, context };
  const missing = "missing, although the kubeconfig has several contexts";
  const found = context === undefined ? missing : JSON.stringify(context);
  const allowed = contexts.join(", ");
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
