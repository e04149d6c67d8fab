import { findingsFrom, type Finding } from "../../text";
import {
  clusterAt,
  controllersOf,
  describeApiLocation,
  identityOf,
  isSameCluster,
  replicasBefore,
  tryQuickly,
  type Cluster,
} from "../../kubernetes";
import { kind, reportFindings, type Step } from "../../step";
import { foreseeCanary, hasCanaries, removeCanaries } from "../canary/prepare";
import { modeAfter, type EnvironmentEntry } from "../environment";
import { describeApart, describeModes, observeModes } from "./live";
import { addressInputs, type DrainInputs } from "../pods/inputs";
import { findRefusals, observeCluster } from "../pods/refusal";
import { checkReleases } from "../helm/releases";
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
 * Refuses releases that Helm could not change, and a release of both services whose web cannot be paused, before
 * anything else. A rollback only warns about its releases. An `up` may have no preview (`--skip-preview`, Automation
 * API), so it also refuses what the drain refuses in a preview.
 */
export const servicesCheck: Step<CheckInputs, object> = {
  ...kind<CheckInputs, object>("ServicesCheck", ["rollout", "kubernetes"], [], []),
  id: ({ namespace, service }) => `${namespace}/${service}/check`,
  compares: [...addressInputs, "releases", "install", "web"],
  // A run records an accepted cluster.
  isDue: async (state, inputs) =>
    (await tryQuickly(inputs, (cluster) => hasCanaries(cluster, inputs.owner))) === true ||
    isSameCluster(inputs.clusterIdentity, state.clusterIdentity) !== true ||
    // While the gate is closed, the worker continues in the other mode.
    (inputs.gate !== "closed" &&
      (await tryQuickly(inputs, (cluster) => isAtWorkInOtherMode(cluster, inputs))) === true),
  observes: observeCluster,
  findings: async (inputs, prior, state) => {
    if (state) return [];
    const isWarning = inputs.direction === "back" && prior !== undefined;
    const found = await tryQuickly(inputs, (cluster) =>
      findUnchangeable(cluster, inputs, prior, isWarning ? "warn" : "stop"),
    );
    return [
      ...((await tryQuickly(inputs, (cluster) => findModes(cluster, inputs))) ?? []),
      ...(await findUnfitFiles(inputs, prior)),
      ...(found ?? []),
    ];
  },
  forward: requireServices,
  back: requireServices,
  cleansUp: async (state) => {
    // guarantee: a destroyed stack leaves nothing paused
    await tryQuickly(state, (cluster) => cleanUp(cluster, state));
  },
};

const webHeld = { severity: "stop", code: "web-held" } as const;

/** Releases that Helm could not change, and a web that cannot wait for the worker. @throws ClusterError */
export async function findUnchangeable(
  cluster: Cluster,
  inputs: DrainInputs,
  prior?: DrainInputs,
  severity: "warn" | "stop" = "stop",
): Promise<Finding[]> {
  const found = await checkReleases(cluster, inputs, prior?.releases);
  return [
    ...findingsFrom(found, { severity, code: "services-differ" }),
    ...findingsFrom(await findUnpausable(cluster, inputs), webHeld),
  ];
}

/** What the services work on: the stack's outputs only say what its last run did. @throws ClusterError */
export async function findModes(cluster: Cluster, inputs: DrainInputs): Promise<Finding[]> {
  const modes = await observeModes(cluster, inputs);
  const location = `${describeApiLocation(cluster.location)}, ${cluster.location.server}`;
  const text = `worker: ${describeModes(modes.worker)}; web: ${describeModes(modes.web)}; ${location}`;
  return [
    { severity: "info", code: "services-found", text },
    ...findingsFrom(describeApart(modes), { severity: "warn", code: "modes-differ" }),
  ];
}

async function requireServices(inputs: CheckInputs, prior?: DrainInputs): Promise<object> {
  const cluster = await clusterAt(inputs);
  const { owner, canary: environment, web } = inputs;
  // A killed engine leaves its canary, with web's labels.
  await removeCanaries(cluster, owner);
  const reached = { ...inputs, clusterIdentity: await identityOf(cluster) };
  const found = [
    ...(await findRefusals(cluster, reached, prior)),
    ...findingsFrom(await findUnpausable(cluster, inputs), webHeld),
  ];
  const stops = reportFindings(found).map(({ text }) => text);
  if (stops.length > 0) throw new Error([...stops, "Nothing was changed."].join("\n"));
  // guarantee: a push that would be refused stops before anything changes
  for (const file of inputs.files ?? []) await provePush(file);
  const { release, selector } = web ?? {};
  const ofWeb = { ...inputs, release, selector };
  if (environment) await foreseeCanary(cluster, { ...ofWeb, owner, environment });
  return {};
}

// After a drain no push is tried again: its commit could make Flux change the drained worker.
async function isAtWorkInOtherMode(cluster: Cluster, inputs: DrainInputs): Promise<boolean> {
  const { service, direction } = inputs;
  const found = await controllersOf(cluster, inputs);
  return found.some(
    (one) =>
      replicasBefore(one) === undefined && describeMode(one, service) !== modeAfter(direction),
  );
}

/** The stack's values files that could not be written. @param prior of the last run */
export async function findUnfitFiles(
  { files = [] }: Pick<DrainInputs, "files">,
  prior?: object,
): Promise<Finding[]> {
  const texts = await Promise.all(files.map((file) => findUnfit(file, prior === undefined)));
  return texts.flatMap((text) => findingsFrom(text, { severity: "stop", code: "values-unfit" }));
}
