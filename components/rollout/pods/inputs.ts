import type {
  ClusterIdentity,
  DrainSnapshot,
  ServiceAddress,
  ServiceSelector,
} from "../../kubernetes";
import type { Direction, DrainGate } from "../../settings";
import type { StepInputs } from "../../step";
import type { Service } from "../environment";
import type { ValuesFileInputs } from "../values/provider";

interface PodsInputs extends StepInputs, ServiceAddress {
  readonly direction: Direction;
  readonly service: Service;
  readonly timeoutSeconds: number;
}

export interface DrainInputs extends PodsInputs {
  /** Outputs of the drain's request: how often, and when last (ISO 8601, UTC), the direction changed. */
  readonly requests?: number;
  readonly requestedAt?: string;
  /** The releases that the stack upgrades; absent with target `values`. */
  readonly releases?: readonly string[];
  /** The stack's own values files, with target `values`. */
  readonly files?: readonly ValuesFileInputs[];
  /** Whether the stack creates its releases (`rollout.install`). */
  readonly install?: boolean;
  /** Web's workloads. If the worker is of the same release, the drain pauses them. */
  readonly web?: ServiceSelector;
  /** The pods in the namespace that are not this worker's, whatever they state (`rollout.ignorePods`). */
  readonly ignorePods?: string;
  /** The UID or server of a cluster that is not known as the recorded one (`advanced.acceptCluster`). */
  readonly acceptCluster?: string;
  /** The cluster, which the step observes itself. */
  readonly clusterIdentity?: ClusterIdentity;
  /** How many cutovers of the stack have ended. */
  readonly ended?: number;
  /** The setting `cutover`, and the gate that lets its drain through. */
  readonly cutover?: number;
  readonly gate?: DrainGate;
}

export interface DrainResults {
  /** When the last drain, finished or not, began, in ISO 8601, UTC. */
  readonly stoppedAt?: string;
  /** The last finished drain at this address; absent without one. */
  readonly drainSnapshot?: FinishedDrain;
}

/** The service as a finished drain left it. */
export interface FinishedDrain extends DrainSnapshot {
  /** The direction for which it was drained, or of the mode in which the stack took it over. */
  readonly direction: Direction;
  /** When the drain began, which distinguishes it from another one; absent if the service was in the mode already. */
  readonly stoppedAt?: string;
}

export interface PodsReplacedInputs extends PodsInputs {
  /** The last finished drain of the worker, and when it began. */
  readonly drainSnapshot?: FinishedDrain;
  readonly stoppedAt?: string;
  /** Of the Helm release, or a hash of the values. */
  readonly revision?: number | string;
  /** When web was last found on files after a cutover, in ISO 8601, UTC; absent if it never was, and for the worker. */
  readonly webOnFilesAt?: string;
}

export interface PodsReplacedResults {
  /** From the beginning of the last drain until the new pods were ready; absent without a drain. */
  readonly stoppedSeconds?: number;
  /** The last `webOnFilesAt` since which the pods were replaced: after it, web is in Mongo mode. */
  readonly replacedSince?: string;
}

/** The inputs that select a service's workloads. A cluster is known by its UID, whatever its name. */
export const addressInputs = ["namespace", "release", "selector"] as const;

/** Whether the last run had another address. */
export function hasMoved(inputs: ServiceAddress, former?: Partial<ServiceAddress>): boolean {
  return addressInputs.some((key) => former?.[key] !== inputs[key]);
}

/** The inputs by which a step on pods is compared. */
export const comparedPodInputs = [...addressInputs, "service", "timeoutSeconds"] as const;
