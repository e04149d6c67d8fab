import { warning } from "../../text";
import {
  clusterAt,
  controllersOf,
  describeApiPlace,
  identityOf,
  isSameCluster,
  replicasBefore,
  tryQuickly,
  type Cluster,
} from "../../kubernetes";
import { kind, tell, type Step } from "../../step";
import { foreseeCanary, hasCanaries, removeCanaries } from "../canary/run";
import type { EnvironmentEntry } from "../environment";
import { describeApart, describeModes, observeModes } from "../live";
import { addressInputs, type DrainInputs } from "../pods/inputs";
import { findRefusal, observeCluster } from "../pods/refusal";
import { checkReleases } from "../pods/releases";
import { findUnpausable } from "../pods/paused";
import { describeMode } from "../pods/workload";
import { findUnfit, provePush } from "../values/provider";
import { cleanUp, type LeftInputs } from "./clean-up";

type CheckInputs = LeftInputs & {
  /** The environment's name on its canaries. */
  readonly owner: string;
  /** Web's variables in the canary of a cutover; absent without one. */
  readonly canary?: readonly EnvironmentEntry[];
};

/**
 * Refuses releases that Helm could not change, and a release of both services whose web cannot be paused,
 * before anything else; a rollback is only warned of its releases. An `up` may have no preview
 * (`--skip-preview`, Automation API), so it also refuses what the drain refuses in one.
 */
export const servicesCheck: Step<CheckInputs, object> = {
  ...kind<CheckInputs, object>("ServicesCheck", ["rollout", "kubernetes"], [], []),
  id: ({ namespace, service }) => `${namespace}/${service}/check`,
  compares: [...addressInputs, "mode", "releases", "install", "web"],
  // A run records an accepted cluster.
  isDue: async (state, inputs) =>
    (await tryQuickly(inputs, (cluster) => hasCanaries(cluster, inputs.owner))) === true ||
    isSameCluster(inputs.clusterIdentity, state.clusterIdentity) !== true ||
    // At a closed gate the worker is to stay at work in the other mode.
    (inputs.gate !== "closed" &&
      (await tryQuickly(inputs, (cluster) => isAtWorkInOtherMode(cluster, inputs))) === true),
  observes: async (inputs, prior) => {
    await tryQuickly(inputs, (cluster) => tellModes(cluster, inputs));
    return observeCluster(inputs, prior);
  },
  refuses: async (inputs, prior) => {
    const unfit = await findUnfitFile(inputs, prior);
    if (unfit) return unfit;
    return tryQuickly(inputs, async (cluster) => {
      const mismatch = await checkReleases(cluster, inputs, prior?.releases);
      const isWarning = inputs.direction === "back" && prior !== undefined;
      if (mismatch !== undefined && isWarning) tell(warning("services-differ", mismatch));
      else if (mismatch !== undefined) return { property: "install", reason: mismatch };
      const reason = await findUnpausable(cluster, inputs);
      return reason === undefined ? undefined : { property: "web", reason };
    });
  },
  forward: requireServices,
  back: requireServices,
  cleansUp: async (state) => {
    // guarantee: a destroyed stack leaves nothing paused
    await tryQuickly(state, (cluster) => cleanUp(cluster, state));
  },
};

// The stack's outputs only say what its last run did.
async function tellModes(cluster: Cluster, inputs: DrainInputs): Promise<void> {
  const modes = await observeModes(cluster, inputs);
  const place = `${describeApiPlace(cluster.place)}, ${cluster.place.server}`;
  tell(`worker: ${describeModes(modes.worker)}; web: ${describeModes(modes.web)}; ${place}`);
  const apart = describeApart(modes);
  if (apart !== undefined) tell(warning("modes-differ", apart));
}

async function requireServices(inputs: CheckInputs, prior?: DrainInputs): Promise<object> {
  const cluster = await clusterAt(inputs);
  const { owner, canary: environment, web } = inputs;
  // A killed engine leaves its canary, with web's labels.
  await removeCanaries(cluster, owner);
  const reached = { ...inputs, clusterIdentity: await identityOf(cluster) };
  const refusal = await findRefusal(cluster, reached, prior);
  const reason = refusal?.reason ?? (await findUnpausable(cluster, inputs));
  if (reason !== undefined) throw new Error(`${reason}\nNothing was changed.`);
  // guarantee: a push that would be refused stops before anything changes
  for (const file of inputs.files ?? []) await provePush(file);
  const { release, selector } = web ?? {};
  const ofWeb = { ...inputs, release, selector };
  if (environment) await foreseeCanary(cluster, { ...ofWeb, owner, environment });
  return {};
}

// After a drain nothing is proven again: a commit then may make Flux change the drained worker.
async function isAtWorkInOtherMode(cluster: Cluster, inputs: DrainInputs): Promise<boolean> {
  const { service, mode } = inputs;
  const found = await controllersOf(cluster, inputs);
  return found.some(
    (one) => replicasBefore(one) === undefined && describeMode(one, service) !== mode,
  );
}

/** Why one of the stack's values files could not be written, as a refusal. @param prior of the last run */
export async function findUnfitFile({ files = [] }: Pick<DrainInputs, "files">, prior?: object) {
  for (const file of files) {
    const reason = await findUnfit(file, prior === undefined);
    if (reason !== undefined) return { property: "files", reason };
  }
  return undefined;
}
