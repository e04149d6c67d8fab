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

/** The action of a drain. */
type DrainDecision =
  /** The last drain was for this mode, but the service was changed to the other one since. */
  | { readonly action: "refuse"; readonly reason: string }
  | {
      /** `undo`: an unfinished drain was abandoned. `skip`: the service is as wanted. */
      readonly action: "drain" | "undo" | "skip";
      /** The last finished drain of this service, at this address and cluster; undefined without one. */
      readonly last: FinishedDrain | undefined;
      /** When the last drain, this one included, began; undefined without one. */
      readonly stoppedAt: string | undefined;
    };

/**
 * Decides from the stack's state and the cluster's objects, without a request.
 *
 * @param state of the last run
 * @param live the service's workloads
 * @param now in ISO 8601, UTC
 * @param wasScaled whether a rollback's drained service was scaled since, before its rollout
 */
export function decideDrain(
  inputs: DrainInputs,
  state: DrainState | undefined,
  live: readonly Controller[],
  now: string,
  wasScaled = false,
): DrainDecision {
  const last = isElsewhere(inputs, state) ? undefined : state?.drainSnapshot;
  const others = inOtherMode(inputs, live);
  // Without a worker the drain refuses a cutover; a stack on files needs no worker.
  const isUnseen = live.length === 0 && inputs.direction === "forward";
  const isDue = last
    ? last.direction !== inputs.direction || wasScaled
    : others.length > 0 || isUnseen;
  // If the engine was killed in a drain, only the request is recorded.
  const { requests = state ? inputs.requests : 0, applied = true } = state ?? {};
  const isKilled = requests !== inputs.requests;
  if (isDue) {
    if (state === undefined || isKilled)
      return { action: "drain", last, stoppedAt: inputs.requestedAt };
    // A failed drain resumes.
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

/** The controllers that do not state the wanted mode. A reference does not count as MongoDB. */
export function inOtherMode(
  { service, direction }: Pick<DrainInputs, "service" | "direction">,
  live: readonly Controller[],
): Controller[] {
  const isOnMongo = direction === "forward";
  return live.filter((one) => (describeMode(one, service) === modeAfter("forward")) !== isOnMongo);
}

// The refusal of a service that was changed to the other mode, with the remedy.
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
      "and ends this cutover. To return to MongoDB, cut over again with the next number.",
    back:
      "If it is to work on MongoDB, set storageMode: mongo and the next number in cutover, and run pulumi up: that " +
      "drains it first.",
  };
  return (
    `${names.join(", ")}, but this stack left it in ${modeAfter(direction)} mode: it was changed since. Without a drain ` +
    `steps would be repeated or lost, so nothing was changed. ${ways[direction]}`
  );
}
