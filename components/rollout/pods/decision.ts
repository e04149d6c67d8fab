import {
  describeController,
  isDrained,
  isSameCluster,
  replicasOf,
  type Controller,
} from "../../kubernetes";
import type { StateOf } from "../../step";
import { modeAfter } from "../environment";
import { hasMoved, type DrainInputs, type DrainResults, type FinishedDrain } from "./inputs";
import { describeMode } from "./workload";

export type DrainState = StateOf<DrainInputs, DrainResults>;

/** What a drain has to do. */
type DrainDecision =
  /** The last drain was for this mode, and somebody took the service to the other one since. */
  | { readonly action: "refuse"; readonly reason: string }
  | {
      /** `undo`: an unfinished drain was abandoned. `skip`: the service is as it has to be. */
      readonly action: "drain" | "undo" | "skip";
      /** The last finished drain of this service, at this address and cluster; undefined without one. */
      readonly last: FinishedDrain | undefined;
      /** When the last drain, this one included, began; undefined without one. */
      readonly stoppedAt: string | undefined;
    };

/**
 * Decides by what the stack knows and what the cluster has, and asks nobody.
 *
 * @param state of the last run
 * @param live the service's workloads
 * @param now in ISO 8601, UTC
 */
export function decideDrain(
  inputs: DrainInputs,
  state: DrainState | undefined,
  live: readonly Controller[],
  now: string,
): DrainDecision {
  const last = isElsewhere(inputs, state) ? undefined : state?.drainSnapshot;
  const others = inOtherMode(inputs, live);
  // Without a worker a cutover is refused by its drain; a stack on files needs none.
  const isUnseen = live.length === 0 && inputs.direction === "forward";
  const isDue = last ? last.direction !== inputs.direction : others.length > 0 || isUnseen;
  // Killed in a drain, the engine left only its request.
  const { requests = state ? inputs.requests : 0, applied = true } = state ?? {};
  const isKilled = requests !== inputs.requests;
  if (isDue) {
    if (state === undefined || isKilled)
      return { action: "drain", last, stoppedAt: inputs.requestedAt };
    // A drain that failed goes on.
    return { action: "drain", last, stoppedAt: applied === false ? state.stoppedAt : now };
  }
  if (last && !others.every(isDrained)) {
    return { action: "refuse", reason: describeChanged(inputs, others) };
  }
  const isAbandoned = applied === false || isKilled;
  return { action: isAbandoned ? "undo" : "skip", last, stoppedAt: state?.stoppedAt };
}

/** Whether the last drain was at another address or on another cluster. */
export function isElsewhere(inputs: DrainInputs, state?: DrainState): boolean {
  const isOther = isSameCluster(inputs.clusterIdentity, state?.clusterIdentity) === false;
  return state?.drainSnapshot !== undefined && (isOther || hasMoved(inputs, state));
}

/** The controllers that state another mode than the wanted one; a reference is not MongoDB. */
export function inOtherMode(
  { service, direction }: Pick<DrainInputs, "service" | "direction">,
  live: readonly Controller[],
): Controller[] {
  const isOnMongo = direction === "forward";
  return live.filter((one) => (describeMode(one, service) === modeAfter("forward")) !== isOnMongo);
}

// Why a service that somebody took to the other mode is refused, and what to do.
function describeChanged(
  { service, direction }: DrainInputs,
  others: readonly Controller[],
): string {
  const changed = others.filter((one) => !isDrained(one));
  const names = changed.map((one) => {
    const state = `${describeMode(one, service)} mode (replicas: ${replicasOf(one)})`;
    return `${describeController(one)} is in ${state}`;
  });
  const ways = {
    forward:
      "If it was rolled back, set storageMode: filesystem and run pulumi up: that drains it, exports what changed " +
      "and ends this cutover. MongoDB again is another cutover, with the next number.",
    back:
      "If it is to work on MongoDB, set storageMode: mongo and the next number in cutover, and run pulumi up: that " +
      "drains it first.",
  };
  return (
    `${names.join(", ")}, but this stack left it in ${modeAfter(direction)} mode: somebody changed it. Without a drain ` +
    `steps would be repeated or lost, so nothing was changed. ${ways[direction]}`
  );
}
