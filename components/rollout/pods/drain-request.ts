import { liveModes, lookAtCluster, type ServiceAddress } from "../../kubernetes";
import type { Direction } from "../../settings";
import { kind, type Step } from "../../step";
import { modeKey } from "../environment";
import type { DrainInputs } from "./inputs";

type DrainRequestInputs = Pick<DrainInputs, "direction" | "service" | "gate"> & ServiceAddress;
export type DrainRequestResults = Required<Pick<DrainInputs, "requests" | "requestedAt">>;

const recordRequest: Step<DrainRequestInputs, DrainRequestResults>["forward"] = (_, state) =>
  Promise.resolve({ requests: (state?.requests ?? -1) + 1, requestedAt: new Date().toISOString() });

/**
 * Records a drain before it begins. If the engine is killed during the drain, the drain's own state does not have it.
 * If its direction is then abandoned, this record changes a second time, and the drain restores the replicas. While the
 * gate is closed, this step and all later ones keep their last direction.
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
    return { direction: prior?.direction ?? (await findLiveDirection(inputs)) ?? "back" };
  },
  // For the drain, which is due after other changes too.
  describes: async (inputs, state) => {
    const { direction, service, namespace } = inputs;
    if (state === undefined) {
      if (direction === "back") return undefined;
      const live = await findLiveDirection(inputs);
      if (live === undefined || live === direction) return undefined;
    }
    return `Stop ${service} in namespace ${namespace}, until it is rolled out.`;
  },
  forward: recordRequest,
  back: recordRequest,
};

/** The direction of the live service: one that a stack takes over in Mongo mode stays there. Undefined if unknown. */
async function findLiveDirection(inputs: DrainRequestInputs): Promise<Direction | undefined> {
  const worker = { ...inputs, variable: modeKey(inputs.service) };
  const live = await lookAtCluster(inputs, (cluster) => liveModes(cluster, worker));
  return live && (live.includes("mongo") ? "forward" : "back");
}
