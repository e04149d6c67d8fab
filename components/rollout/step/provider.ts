import { isDeepStrictEqual } from "node:util";
import type * as pulumi from "@pulumi/pulumi";
import { look, type SharedReleaseAddress } from "./look";
import { webGoesOver } from "./words";

/** Inputs, and outputs as of the last update: the release, and what is asked of it. */
export type ReleaseStepInputs = SharedReleaseAddress;

const members = [
  ...(["kubeconfig", "context", "namespace", "release"] as const),
  ...(["selectors", "step", "mode"] as const),
];

/**
 * The dynamic provider of what comes before anything else where one release holds both services: a
 * look, in a preview too, that refuses an update which would change both over at once (decision 14).
 */
const ReleaseStep: Required<pulumi.dynamic.ResourceProvider> = {
  configure: () => Promise.resolve(),
  check: async (_olds, news: ReleaseStepInputs) => {
    const { refusal, movesWeb } = await look(news);
    if (refusal !== undefined) {
      return { inputs: news, failures: [{ property: "step", reason: refusal }] };
    }
    if (movesWeb) console.log(webGoesOver(news.mode));
    return { inputs: news };
  },
  diff: (_id, state: ReleaseStepInputs, news: ReleaseStepInputs) =>
    Promise.resolve({ changes: !isDeepStrictEqual(ownOf(state), ownOf(news)) }),
  create: (inputs: ReleaseStepInputs) =>
    Promise.resolve({ id: `${inputs.namespace}/${inputs.release}/step`, outs: inputs }),
  update: (_id, _state, news: ReleaseStepInputs) => Promise.resolve({ outs: news }),
  read: (id, props: ReleaseStepInputs) => Promise.resolve({ id, props }),
  delete: () => Promise.resolve(),
};

export const providers = { ReleaseStep };

/** The inputs without what Pulumi adds to them. */
function ownOf(from: ReleaseStepInputs): object {
  return Object.fromEntries(members.map((name) => [name, from[name]]));
}
