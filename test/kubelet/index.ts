/** The kubelet of the tests: runs pods' containers as processes of this machine. */
import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { ApiException, CoreV1Api, KubeConfig, type V1Pod } from "@kubernetes/client-node";
import { ownKubelet } from "../../tools/parts";
import type { Images } from "./images";
import { serveLogs } from "./log-server";
import { PodRunner } from "./pod";
import { Attachments } from "./volumes";

export type { Image, Images } from "./images";

/** A kubelet that runs. */
export interface Kubelet {
  /** What a pod's container printed; also after the pod is gone. Empty for an unknown pod. */
  logs(pod: string): string;
  /** Ends all processes and stops looking; the pods stay in the API server. */
  stop(): Promise<void>;
}

/** How often it looks at the pods, in ms. */
const interval = 200;

/**
 * Plays the kubelet of all pods that carry the annotation `ownKubelet` and have a node: runs the
 * first container's command with the pod's environment, reports its status, and lets the pod go
 * when the process is gone. `kubectl logs` gets what it printed. No probes: a container is ready
 * while it runs. Its paths are this machine's, those of claims and ConfigMaps aside: see
 * `mountsOf`. If root runs it, the process of a pod with a claim has
 * the user and the groups of its pod.
 *
 * @param options.kubeconfig the file of a local control plane that reaches its API server
 * @param options.images may change meanwhile: what a pod needs is looked up again each time
 */
export async function startKubelet(options: {
  kubeconfig: string;
  images: Images;
}): Promise<Kubelet> {
  const config = new KubeConfig();
  config.loadFromFile(options.kubeconfig);
  const core = config.makeApiClient(CoreV1Api);
  const runners = new Map<string, PodRunner>();
  const names = new Map<string, PodRunner>();
  const stopped = new AbortController();
  const folder = await mkdtemp(join(tmpdir(), "kubelet-of-tests-"));
  // Processes of other users have their mounts in it.
  await chmod(folder, 0o755);
  const attachments = new Attachments();

  const reconcile = async (pod: V1Pod) => {
    const uid = uidOf(pod);
    const own = join(folder, uid);
    const runner = runners.get(uid) ?? new PodRunner(core, options.images, attachments, own);
    runners.set(uid, runner);
    names.set(pod.metadata?.name ?? "", runner);
    await runner.reconcile(pod);
  };
  const busy = new Map<string, Promise<void>>();
  /** A pod that takes long, such as to end, holds up no other. */
  const look = (pod: V1Pod) => {
    const uid = uidOf(pod);
    if (busy.has(uid)) return;
    const work = reconcile(pod)
      .catch(unlessGone)
      .finally(() => busy.delete(uid));
    busy.set(uid, work);
  };
  const logs = (pod: string) => names.get(pod)?.output ?? "";
  const stopLogs = await serveLogs(core, options.kubeconfig, logs);
  const watching = watch(core, look, stopped.signal);
  return {
    logs,
    stop: async () => {
      stopped.abort();
      await watching;
      await stopLogs();
      await Promise.all([...runners.values()].map((runner) => runner.end(0)));
      await Promise.all(busy.values());
      await rm(folder, { recursive: true });
    },
  };
}

async function watch(core: CoreV1Api, look: (pod: V1Pod) => void, stop: AbortSignal) {
  while (!stop.aborted) {
    const { items } = await core.listPodForAllNamespaces();
    for (const pod of items.filter(isOurs)) look(pod);
    await sleep(interval, undefined, { signal: stop }).catch(() => undefined);
  }
}

function uidOf({ metadata }: V1Pod): string {
  return metadata?.uid ?? "";
}

function isOurs({ metadata, spec }: V1Pod): boolean {
  return metadata?.annotations?.[ownKubelet.name] === ownKubelet.value && !!spec?.nodeName;
}

/** A pod that went while it was looked at needs nothing more; one that changed is seen again. */
function unlessGone(error: unknown): void {
  if (error instanceof ApiException && (error.code === 404 || error.code === 409)) return;
  throw error;
}
