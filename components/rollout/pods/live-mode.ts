import { describeController, isDrained, replicasOf, type Controller } from "../../kubernetes";
import { modeAfter } from "../environment";
import type { DrainInputs, FinishedDrain } from "./inputs";
import { describeMode } from "./workload";

type Wanted = Pick<DrainInputs, "service" | "direction">;

/** The controllers that state another mode than the wanted one; a reference is not MongoDB. */
export function inOtherMode(
  { service, direction }: Wanted,
  live: readonly Controller[],
): Controller[] {
  const isOnMongo = direction === "forward";
  return live.filter((one) => (describeMode(one, service) === modeAfter("forward")) !== isOnMongo);
}

/** The state of a drain, as far as the next one depends on it. */
export interface DrainState {
  /** The last finished drain at this address; undefined without one. */
  readonly last: FinishedDrain | undefined;
  /** Whether a drain began since, and did not finish. */
  readonly isUnfinished: boolean;
}

/**
 * What a drain has to do. `changed`: the last drain was for this mode, and somebody took the service to the other one
 * since. `undo`: an unfinished drain was abandoned.
 */
export function chooseDrain(
  wanted: Wanted,
  live: readonly Controller[],
  { last, isUnfinished }: DrainState,
): "drain" | "undo" | "changed" | "nothing" {
  const others = inOtherMode(wanted, live);
  if (last === undefined) {
    const isUnseen = live.length === 0 && wanted.direction === "forward";
    if (others.length > 0 || isUnseen) return "drain";
  } else {
    if (last.direction !== wanted.direction) return "drain";
    if (!others.every(isDrained)) return "changed";
  }
  return isUnfinished ? "undo" : "nothing";
}

/** Why a service that somebody took to the other mode is refused, and what to do. */
export function describeChanged(
  { service, direction }: Wanted,
  live: readonly Controller[],
): string {
  const changed = inOtherMode({ service, direction }, live).filter((one) => !isDrained(one));
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
    `${names.join(", ")}, but this stack left it in ${modeAfter(direction)} mode: somebody changed it. Without a drain steps ` +
    `would be repeated or lost, so nothing was changed. ${ways[direction]}`
  );
}
