import { warning } from "../../contract/finding";
import {
  clusterAt,
  describeApiPlace,
  identityOf,
  isSameCluster,
  tryQuickly,
} from "../../kubernetes";
import { tell, kind, type Step } from "../../step";
import { addressInputs, type DrainInputs } from "../pods/inputs";
import { findRefusal, observeCluster } from "../pods/refusal";
import { findMismatch } from "../pods/releases";
import { findUnpausable, resumeWeb } from "../pods/paused";

export const ServicesCheck = kind<DrainInputs, object>(
  "ServicesCheck",
  ["rollout", "kubernetes"],
  [],
  [],
);

/**
 * What comes before everything else: releases that Helm would refuse, and a release of both services whose
 * web cannot be paused, are refused (decision 14); of its releases a rollback is only warned. An `up` may
 * be without a preview (`--skip-preview`, Automation API, operators), so it also refuses what the drain
 * refuses in a preview, if mode, address or cluster are others.
 */
export const servicesCheck: Step<DrainInputs, object> = {
  ...ServicesCheck,
  id: ({ namespace, service }) => `${namespace}/${service}/check`,
  compares: [...addressInputs, "mode", "releases", "install", "webSelector"],
  // One that is accepted is recorded by a run.
  isDue: (state, { clusterIdentity }) =>
    isSameCluster(clusterIdentity, state.clusterIdentity) !== true,
  observes: async (inputs, olds) => {
    const found = await observeCluster(inputs, olds);
    const { service, context = "in the kubeconfig", namespace } = inputs;
    const server = found.clusterIdentity?.server ?? "a server that does not answer";
    tell(`${service}: ${describeApiPlace({ context, namespace })}, ${server}`);
    return found;
  },
  refuses: async (inputs, olds) => {
    const { webSelector, releases, install = false, direction } = inputs;
    const asked = releases && { ...inputs, releases, install };
    const mismatch = asked && (await findMismatch(asked, olds?.releases));
    const isWarning = direction === "back" && olds !== undefined;
    if (mismatch !== undefined && isWarning) tell(warning("services-differ", mismatch));
    else if (mismatch !== undefined) return { property: "install", reason: mismatch };
    if (webSelector === undefined) return undefined;
    const reason = await findUnpausable(await clusterAt(inputs), { ...inputs, webSelector });
    return reason === undefined ? undefined : { property: "webSelector", reason };
  },
  forward: requireServices,
  back: requireServices,
  // A destroyed stack leaves nothing paused, wherever a cutover stopped.
  cleansUp: async (state) => {
    await tryQuickly(state, (cluster) => resumeWeb(cluster, state));
  },
};

async function requireServices(inputs: DrainInputs, olds?: DrainInputs): Promise<object> {
  const cluster = await clusterAt(inputs);
  const reached = { ...inputs, clusterIdentity: await identityOf(cluster) };
  const refusal = await findRefusal(cluster, reached, olds);
  if (refusal) throw new Error(`${refusal.reason}\nNothing was changed.`);
  return {};
}
