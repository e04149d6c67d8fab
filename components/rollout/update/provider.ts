import { kind, type Step, type StepInputs } from "../../step";
import { findRefusal, type SharedReleaseAddress } from "./look";

/** Inputs, and outputs as of the last update: the release, and what is asked of it. */
export type ReleaseStepInputs = StepInputs & SharedReleaseAddress;

export const ReleaseStep = kind<ReleaseStepInputs, object>(
  "ReleaseStep",
  ["rollout", "kubernetes"],
  [],
  [],
);

const nothing = () => Promise.resolve({});

/**
 * What comes before anything else where one release holds both services: a look, in a preview too, that
 * refuses an update which would change both over at once (decision 14).
 */
export const releaseStep: Step<ReleaseStepInputs, object> = {
  ...ReleaseStep,
  id: ({ namespace, release }) => `${namespace}/${release}/step`,
  compares: [
    ...(["kubeconfig", "context", "namespace", "release"] as const),
    ...(["selectors", "step", "mode"] as const),
  ],
  refuses: async (inputs) => {
    const reason = await findRefusal(inputs);
    return reason === undefined ? undefined : { property: "step", reason };
  },
  forward: nothing,
  back: nothing,
};
