import type { ClusterAddress } from "../../kubernetes";
import type { StorageMode } from "../../settings";
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
interface StepInputs extends ServiceAddress {
  readonly service: Service;
  readonly mode: StorageMode;
  /** For the whole step. */
  readonly timeoutSeconds: number;
}

/** Inputs of the record that a drain is asked for. */
export interface DrainRequestInputs {
  readonly service: Service;
  readonly mode: StorageMode;
}

/** Outputs of it: the mode that was asked for last, and how often that changed. */
export interface DrainRequestState extends DrainRequestInputs {
  readonly requests: number;
}

/** Inputs of a drain. */
export interface DrainInputs extends StepInputs {
  /** The output of its request. */
  readonly requests?: number;
}

/** Outputs of a drain: its inputs as of the last run, and how far that came. */
export interface DrainState extends DrainInputs {
  /** How many drains this resource has finished; whoever puts the replicas back runs after each. */
  readonly drains: number;
  /** The mode whose drain was finished last. */
  readonly finished: StorageMode;
  readonly applied: boolean;
}

/** Inputs of the wait for a service's new pods. */
export interface PodsReplacedInputs extends StepInputs {
  /** The output of the service's drain, where it has one: a change makes the step run. */
  readonly drains?: number;
  /** Of the Helm release, or a hash of the values: a change makes the step run. */
  readonly revision?: number | string;
  /**
   * Where one release holds both services, the one that goes over in this update (decision 14). It is
   * not compared; web is not looked at in the worker's.
   */
  readonly step?: Service;
}

/** Outputs: the inputs as of the last run, and whether that finished. */
export interface PodsReplacedState extends PodsReplacedInputs {
  readonly applied: boolean;
}

const common = [
  ...["kubeconfig", "context", "namespace", "release", "selector"],
  ...["service", "mode", "timeoutSeconds"],
];

/** What a drain is told, without what Pulumi and the step itself add to it. */
export function drainInputsOf(from: DrainInputs): object {
  return picked(from, [...common, "requests"]);
}

/** What a wait for new pods is told, without what Pulumi and the step itself add to it. */
export function replacedInputsOf(from: PodsReplacedInputs): object {
  return picked(from, [...common, "drains", "revision"]);
}

function picked(from: object, members: readonly string[]): object {
  const given = Object.entries(from).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given.filter(([key]) => members.includes(key)));
}
