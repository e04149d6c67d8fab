import { liveModes, tryQuickly, type ServiceAddress } from "../../kubernetes";
import type { Direction } from "../../settings";
import { kind, type Step } from "../../step";
import { modeKey } from "../environment";
import type { DrainInputs } from "./inputs";

type DrainRequestInputs = Pick<DrainInputs, "direction" | "service" | "gate"> & ServiceAddress;
export type DrainRequestResults = Required<Pick<DrainInputs, "requests" | "requestedAt">>;

const recordRequest: Step<DrainRequestInputs, DrainRequestResults>["forward"] = (_, state) =>
  Promise.resolve({ requests: (state?.requests ?? -1) + 1, requestedAt: new Date().toISOString() });

/**
 * The record before a drain. If the engine is killed during the drain, its state knows nothing of it; an
 * abandoned direction is a second change here, after which the drain restores the replicas. While the gate is closed
 * it keeps its last direction, and so does all that comes after it.
 */
export const drainRequest: Step<DrainRequestInputs, DrainRequestResults> = {
  ...kind<DrainRequestInputs, DrainRequestResults>(
    "DrainRequest",
    ["rollout", "kubernetes"],
    ["requests", "requestedAt"],
    [],
  ),
  id: ({ service }) => `${service}/drain-request`,
  observes: async (inputs, prior) => {
    if (inputs.gate !== "closed") return {};
    // guarantee: a closed gate leaves a worker on MongoDB there
    return { direction: prior?.direction ?? (await findLiveDirection(inputs)) };
  },
  forward: recordRequest,
  back: recordRequest,
};

/** Where the service works; one that a stack takes over in Mongo mode stays there. */
async function findLiveDirection(inputs: DrainRequestInputs): Promise<Direction> {
  const worker = { ...inputs, variable: modeKey(inputs.service) };
  const live = await tryQuickly(inputs, (cluster) => liveModes(cluster, worker));
  return live?.includes("mongo") ? "forward" : "back";
}
