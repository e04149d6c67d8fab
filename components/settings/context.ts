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
 * @throws SettingsError if a stack with a cluster names no context and the kubeconfig has several
 */
export function resolveContext(settings: Settings): KubernetesSettings {
  const { kubernetes, rollout, jobs, cluster } = settings;
  const seesPods = rollout.target !== "values" || typeof rollout.confirm === "object";
  const isUsed = seesPods || jobs !== undefined || cluster.kind === "kubernetes";
  if (!isUsed || kubernetes.context !== undefined) return kubernetes;
  const defaults = process.env.KUBECONFIG?.split(delimiter) ?? [join(homedir(), ".kube", "config")];
  const files = kubernetes.kubeconfig === undefined ? defaults : [kubernetes.kubeconfig];
  const [context, ...others] = new Set(files.flatMap(contextsIn));
  if (context === undefined) return kubernetes;
  if (others.length === 0) return { ...kubernetes, context };
  const found = "missing, although the kubeconfig has several contexts";
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
