import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parse } from "yaml";
import { repository } from "../../tools/parts";
import type { BorrowedServer } from "../pool";
import type { SiteService, EngineCluster } from "./cluster";
import type { TestStack } from "./stack";

const services = ["worker", "web"] as const;

/** Installs worker and web as releases by the values files of a folder, `worker.values.yaml` and `web.values.yaml`. */
export async function installServices(cluster: EngineCluster, folder: string): Promise<void> {
  await cluster.kubectl("create", "namespace", cluster.namespace);
  for (const service of services) {
    const chart = join(repository, "examples/chart");
    const values = join(folder, `${service}.values.yaml`);
    // The sample's claim is not on this cluster.
    const set = ["--values", values, "--set", "persistence.existingClaim="];
    await cluster.helm("install", cluster.releases[service], chart, ...set);
  }
}

/**
 * What Argo CD does with RespectIgnoreDifferences: applies what the branch says of a service, the stack's own
 * file last, and leaves the replicas as they are.
 *
 * @param show a values file's text on the branch; fails if the branch has none
 */
export function startArgo(cluster: EngineCluster, show: (file: string) => Promise<string>) {
  const applied = new Map<SiteService, string>();
  const deployed: SiteService[] = [];
  const environmentIn = async (file: string) => {
    const text = await show(file).catch(() => "{}");
    return ((parse(text) ?? {}) as { readonly env?: object[] }).env;
  };
  const sync = async (service: SiteService) => {
    const file = `${service}.values.yaml`;
    const own = await environmentIn(`taskrunner-storage.${file}`);
    const value = own ?? (await environmentIn(file));
    const text = JSON.stringify(value);
    const before = applied.get(service);
    if (before === text) return;
    applied.set(service, text);
    if (before === undefined) return;
    const change = { op: "replace", path: "/spec/template/spec/containers/0/env", value };
    const patch = ["--type=json", `--patch=${JSON.stringify([change])}`];
    await cluster.kubectl("patch", "deployment", cluster.releases[service], ...patch);
    deployed.push(service);
  };
  const stopping = new AbortController();
  const loop = async () => {
    while (!stopping.signal.aborted) {
      for (const service of services) await sync(service);
      await sleep(500);
    }
  };
  const running = loop();
  const stop = () => {
    stopping.abort();
    return running;
  };
  /** The services in the order in which a change was deployed. */
  return { deployed, stop };
}

interface Parts {
  readonly stack: TestStack;
  readonly server: BorrowedServer;
  readonly cluster: EngineCluster;
}

/** The setting `rollout` of target `values` whose pods are watched. */
export function watchedRollout(cluster: EngineCluster, directory: string) {
  const selectorOf = (service: SiteService) =>
    `app.kubernetes.io/instance=${cluster.releases[service]}`;
  return {
    target: "values",
    directory,
    timeoutSeconds: 60,
    confirm: {
      namespace: cluster.namespace,
      selector: { worker: selectorOf("worker"), web: selectorOf("web") },
    },
  };
}

/** Settings of a stack with it; `directory` is absolute. */
export function watchedSettings({ stack, server, cluster }: Parts, directory: string) {
  return {
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: { kubeconfig: cluster.controlPlane.kubeconfig },
    rollout: watchedRollout(cluster, directory),
  };
}
