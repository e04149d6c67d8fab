import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { BorrowedServer } from "../pool";
import type { Service, TestCluster } from "./cluster";
import type { TestStack } from "./stack";

export const services = ["worker", "web"] as const;

/** What a GitOps controller does: looks at each service again and again, until it is stopped. */
export function syncServices(sync: (service: Service) => Promise<void>, everyMs: number) {
  const stopping = new AbortController();
  const loop = async () => {
    while (!stopping.signal.aborted) {
      for (const service of services) await sync(service);
      await sleep(everyMs);
    }
  };
  const running = loop();
  return {
    stop: () => {
      stopping.abort();
      return running;
    },
  };
}

interface Parts {
  readonly stack: TestStack;
  readonly server: BorrowedServer;
  readonly cluster: TestCluster;
}

/** Settings of target `values` whose pods are watched; `directory` is absolute. */
export function watchedSettings({ stack, server, cluster }: Parts, directory: string) {
  const selectorOf = (service: Service) =>
    `app.kubernetes.io/instance=${cluster.releases[service]}`;
  return {
    mongoUri: `${server.uri}/taskrunner`,
    backfill: { source: { path: join(stack.folder, "state") } },
    kubernetes: { kubeconfig: cluster.controlPlane.kubeconfig },
    rollout: {
      target: "values",
      directory,
      timeoutSeconds: 60,
      confirm: {
        namespace: cluster.namespace,
        selector: { worker: selectorOf("worker"), web: selectorOf("web") },
      },
    },
  };
}
