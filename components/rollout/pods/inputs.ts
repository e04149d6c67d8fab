import type { ClusterAddress, ClusterIdentity, DrainSnapshot } from "../../kubernetes";
import type { StorageMode } from "../../settings";
import { kind, type StepInputs } from "../../step";
import type { Service } from "../environment";

/** Where a service's pods are. None of it is secret. */
export interface ServiceAddress extends ClusterAddress {
  /**
   * The Helm release that owns the Deployments. One of `release` and `selector` is needed; where
   * both are given, the Deployments are those that both name.
   */
  readonly release?: string;
  /** A label selector of the Deployments. */
  readonly selector?: string;
}

/** What both steps are told. */
interface PodsInputs extends StepInputs, ServiceAddress {
  readonly service: Service;
  readonly mode: StorageMode;
  /** For the whole step. */
  readonly timeoutSeconds: number;
}

/** Inputs of the record that a drain is asked for. */
export interface DrainRequestInputs extends StepInputs {
  readonly service: Service;
}

/** Outputs of it. */
export interface DrainRequestResults {
  /** How often the direction changed. */
  readonly requests: number;
  /** When it changed last, in ISO 8601, UTC. */
  readonly requestedAt: string;
}

/** Values files that the stack pushes. */
export interface PushedFiles {
  readonly files: readonly string[];
  readonly branch: string;
  /** The full name of the stack, which a file names. */
  readonly stack: string;
}

/** Inputs of a drain. */
export interface DrainInputs extends PodsInputs {
  /** The outputs of its request. */
  readonly requests?: number;
  readonly requestedAt?: string;
  /** With target `helm`, the releases that the stack upgrades: refused while one is pending or owned by others. */
  readonly releases?: readonly string[];
  /** The stack's own values files, and the branch that they are pushed to (`rollout.push`). */
  readonly push?: PushedFiles;
  /** Whether the stack creates its releases (`rollout.install`). */
  readonly install?: boolean;
  /** Where one release holds both services, the labels of web's Deployments, which the drain pauses. */
  readonly webSelector?: string;
  /** The pods in the namespace that are not this worker's, whatever they state (`rollout.ignorePods`). */
  readonly ignorePods?: string;
  /** The UID of another cluster than the recorded one (`advanced.acceptCluster`). */
  readonly acceptCluster?: string;
  /** The cluster, which the step finds out itself; never given. */
  readonly clusterIdentity?: ClusterIdentity;
}

/** Outputs of a drain: how far the last run came. */
export interface DrainResults {
  /** How many drains this step has finished; whoever puts the replicas back runs after each. */
  readonly drains: number;
  /** The mode whose drain was finished last. */
  readonly finished: StorageMode;
  /** When that drain, or an unfinished one, began, in ISO 8601, UTC; absent before the first. */
  readonly stoppedAt?: string;
  /** The service as that drain left it; absent before the first. */
  readonly standstill?: DrainSnapshot;
}

/** Inputs of the wait for a service's new pods. */
export interface PodsReplacedInputs extends PodsInputs {
  /** The output of the drain that it follows, where there is one: a change makes the step run. */
  readonly drains?: number;
  /** Of the Helm release, or a hash of the values: a change makes the step run. */
  readonly revision?: number | string;
  /** The service as its drain left it; not compared. */
  readonly standstill?: DrainSnapshot;
  /** When that drain began, in ISO 8601, UTC; not compared. */
  readonly stoppedAt?: string;
}

/** Outputs of it. */
export interface PodsReplacedResults {
  /** From the beginning of the last drain until the new pods were ready; absent without a drain. */
  readonly stoppedSeconds?: number;
}

/** Which workloads are a service's. A cluster may get another name: it is known by its UID. */
export const addressInputs = ["namespace", "release", "selector"] as const;

/** Whether a service's workloads were others in the last run. */
export function hasMoved(inputs: ServiceAddress, former?: Partial<ServiceAddress>): boolean {
  return addressInputs.some((key) => former?.[key] !== inputs[key]);
}

/** What a step on pods is compared by, beside its direction. */
export const comparedPodInputs = [...addressInputs, "service", "mode", "timeoutSeconds"] as const;

const kubernetes = ["rollout", "kubernetes"] as const;

export const DrainRequest = kind<DrainRequestInputs, DrainRequestResults>(
  "DrainRequest",
  kubernetes,
  ["requests", "requestedAt"],
  [],
);

export const Drain = kind<DrainInputs, DrainResults>(
  "Drain",
  kubernetes,
  ["drains", "finished", "stoppedAt", "standstill"],
  [],
);

export const PodsReplaced = kind<PodsReplacedInputs, PodsReplacedResults>(
  "PodsReplaced",
  kubernetes,
  ["stoppedSeconds"],
  [],
);
