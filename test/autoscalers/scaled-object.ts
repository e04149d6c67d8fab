import type { TestCluster } from "../rollout/pods/cluster";
import type { ScaledWorker } from "./worker";

export type ScaledKind = "Deployment" | "StatefulSet";

/** What a test says about a ScaledObject, which has one trigger, of the type `cron`. */
export interface Scaling {
  /** Whether the trigger's hours are now. */
  readonly isActive: boolean;
  readonly minReplicaCount: number;
}

// All year but its last minute.
const first = "0 0 1 1 *";
const last = "59 23 31 12 *";

/** Creates the ScaledObject of a worker, which KEDA polls once a second, and waits until it is ready. */
export async function createScaledObject(
  cluster: TestCluster,
  { namespace, workload }: Pick<ScaledWorker, "namespace" | "workload">,
  { isActive, minReplicaCount }: Scaling,
): Promise<void> {
  const [kind, name] = workload.split("/");
  const [start, end] = isActive ? [first, last] : [last, first];
  const metadata = { timezone: "Etc/UTC", start, end, desiredReplicas: "1" };
  await cluster.apply({
    apiVersion: "keda.sh/v1alpha1",
    kind: "ScaledObject",
    metadata: { name: "queue", namespace },
    spec: {
      scaleTargetRef: { apiVersion: "apps/v1", kind, name },
      pollingInterval: 1,
      minReplicaCount,
      maxReplicaCount: 3,
      triggers: [{ type: "cron", metadata }],
    },
  });
  const ready = ["wait", "scaledobject/queue", "--for=condition=Ready", "--timeout=60s"];
  await cluster.kubectl(...ready, `--namespace=${namespace}`);
}

/** Sets an annotation of a ScaledObject that pauses it, and waits until KEDA has done so. */
export async function pauseScaling(
  cluster: TestCluster,
  { namespace }: ScaledWorker,
  annotation: string,
): Promise<void> {
  const of = `--namespace=${namespace}`;
  await cluster.kubectl("annotate", "scaledobject/queue", `autoscaling.keda.sh/${annotation}`, of);
  const wait = ["wait", of, "--timeout=60s"];
  await cluster.kubectl(...wait, "scaledobject/queue", "--for=condition=Paused");
  // KEDA deletes it after that.
  await cluster.kubectl(...wait, "hpa/keda-hpa-queue", "--for=delete");
}

/** Removes the annotation. */
export async function resumeScaling(
  cluster: TestCluster,
  { namespace }: ScaledWorker,
  annotation: string,
): Promise<void> {
  const name = `autoscaling.keda.sh/${annotation}-`;
  await cluster.kubectl("annotate", "scaledobject/queue", name, `--namespace=${namespace}`);
}
