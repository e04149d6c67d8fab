import type { V1Pod } from "@kubernetes/client-node";

/** The state of a container, as Kubernetes has it: one of its members is there. */
export interface ContainerState {
  readonly running?: object;
  readonly waiting?: { readonly reason: string; readonly message?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason: string;
    readonly finishedAt: string;
    readonly message?: string;
  };
}

/** How a container stands, as its pod's status says it. */
export interface Standing {
  readonly phase: "Pending" | "Running" | "Succeeded" | "Failed";
  readonly ready: boolean;
  readonly restarts: number;
  readonly state: ContainerState;
}

/** A pod's status for its first container. Others are sidecars, which only run while the pod does. */
export function statusOf(pod: V1Pod, { phase, ready, restarts, state }: Standing): object {
  const [container, ...sidecars] = pod.spec?.containers ?? [];
  const { name = "", image = "" } = container ?? {};
  const common = { imageID: "", ready, started: ready, restartCount: restarts };
  const runs = phase === "Running" ? { running: {} } : terminated(0);
  const answer = ready ? ("True" as const) : ("False" as const);
  return {
    phase,
    conditions: ["Initialized", "ContainersReady", "Ready"].map((type) => ({
      type,
      status: type === "Initialized" ? "True" : answer,
    })),
    containerStatuses: [
      { name, image, ...common, state },
      ...sidecars.map(({ name, image = "" }) => ({ name, image, ...common, state: runs })),
    ],
  };
}

/** The state of a container that waits, and why. */
export function waiting(reason: string, message?: string): ContainerState {
  return { waiting: { reason, ...(message !== undefined && { message }) } };
}

/** The state of a container that ended. @param message its termination message */
export function terminated(exitCode: number, message = ""): ContainerState {
  const reason = exitCode === 0 ? "Completed" : "Error";
  const ended = { exitCode, reason, finishedAt: new Date().toISOString() };
  return { terminated: { ...ended, ...(message !== "" && { message }) } };
}
