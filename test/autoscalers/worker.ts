import { expect, vi } from "vitest";
import type { FinishedDrain } from "../../components/rollout";
import type { Current } from "../rollout/pods/cluster";
import { drainsOn, snapshotAfter } from "../rollout/pods/drains";
import type { ScaledKind } from "./scaled-object";

/** The worker of a test, in a namespace of its own. */
export interface ScaledWorker {
  readonly namespace: string;
  /** Such as `Deployment/worker`. */
  readonly workload: string;
  /** Drains it for a cutover. @returns the outcome as the engine keeps it */
  drain(): Promise<FinishedDrain>;
  /** Deploys its mode mongo, and waits for its pods as the cutover does. */
  rollOut(drainSnapshot: FinishedDrain): Promise<void>;
  /** Replicas and recorded replicas, as `0 2`. */
  replicas(): Promise<string>;
  /** Waits until it has so many replicas. */
  untilReplicas(wanted: number): Promise<void>;
}

/** Deploys a worker on files, of two pods. @param own its pods stay until a test ends them */
export async function deployWorker(
  current: Current,
  namespace: string,
  { kind = "Deployment", own = false }: { kind?: ScaledKind; own?: boolean } = {},
): Promise<ScaledWorker> {
  const { cluster } = current;
  const workload = `${kind}/worker`;
  await cluster.deploy(namespace, { kind, replicas: 2, own, graceSeconds: 1 });
  if (!own) await cluster.available(namespace, workload);
  await cluster.untilPods(namespace, 2);
  const { inputs, replaced } = drainsOn(current);
  return {
    namespace,
    workload,
    drain: () => snapshotAfter(inputs(namespace, { timeoutSeconds: 30 })),
    rollOut: async (drainSnapshot) => {
      const mode = "Worker__Storage__Mode=mongo";
      await cluster.kubectl("set", "env", workload, mode, `--namespace=${namespace}`);
      await replaced(namespace, { drainSnapshot, timeoutSeconds: 30 });
    },
    replicas: () => cluster.replicas(namespace, workload),
    untilReplicas: (wanted) =>
      vi.waitFor(
        async () => {
          const [replicas] = (await cluster.replicas(namespace, workload)).split(" ");
          expect(replicas).toBe(String(wanted));
        },
        { timeout: 40_000, interval: 200 },
      ),
  };
}
