import { isDeepStrictEqual } from "node:util";
import { resolve } from "node:path";
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
import { cutoverInForce, readCutoverRecord, withdrawFinalPass } from "../../state";
import { kind, reportFindings, type StateOf, type Step } from "../../step";
import { foreseeCanary, hasCanaries, removeCanaries } from "../canary/prepare";
import { modeAfter, type EnvironmentEntry } from "../environment";
import { describeApart, describeModes, isWebBehind, observeModes } from "./live";
import { addressInputs, type DrainInputs } from "../pods/inputs";
import { findRefusals, lookAtServices, observeCluster } from "../pods/refusal";
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
  /** When a look last found web on files while MongoDB was the source of truth, in ISO 8601, UTC; empty if none did. */
  readonly webOnFilesAt?: string;
};

/** What a look finds is an input, because a preview knows no result of a step that is due. */
type CheckResults = Pick<CheckInputs, "webOnFilesAt">;

/**
 * Refuses releases that Helm could not change, and a release of both services whose web cannot be paused, before
 * anything else. A rollback only warns about its releases. An `up` may have no preview (`--skip-preview`, Automation
 * API), so it also refuses what the drain refuses in a preview. A web on files after its final pass is recorded
 * (docs/queue.md#the-window-between-the-rollouts).
 */
export const servicesCheck: Step<CheckInputs, CheckResults> = {
  ...kind<CheckInputs, CheckResults>(
    "ServicesCheck",
    ["rollout", "kubernetes"],
    ["webOnFilesAt"],
    [],
  ),
  id: ({ namespace, service }) => `${namespace}/${service}/check`,
  compares: [...addressInputs, "releases", "install", "web", "webOnFilesAt"],
  isDue: async (state, inputs) => {
    // A run records an accepted cluster.
    const { clusterIdentity } = inputs;
    const isRecorded = isSameCluster(clusterIdentity, state.clusterIdentity) === true;
    if (!isRecorded && !isDeepStrictEqual(clusterIdentity, state.clusterIdentity)) return true;
    const isLeft = await lookAtServices(
      inputs,
      await isExporting(inputs, state),
      async (cluster) =>
        // While the gate is closed, the worker continues in the other mode.
        (await hasCanaries(cluster, inputs.owner)) ||
        (inputs.gate !== "closed" && (await isAtWorkInOtherMode(cluster, inputs))),
    );
    return isLeft === true;
  },
  observes: async (inputs, prior) => {
    const isDrained = await isExporting(inputs, prior);
    const isOnFiles = await lookAtServices(inputs, isDrained, (cluster) =>
      isWebOnFiles(cluster, inputs, prior),
    );
    const webOnFilesAt = isOnFiles ? new Date().toISOString() : (prior?.webOnFilesAt ?? "");
    return { ...(await observeCluster(inputs, isDrained, prior)), webOnFilesAt };
  },
  findings: async (inputs, prior, state) => {
    if (state) return [];
    const isDrained = await isExporting(inputs, prior);
    const severity = inputs.direction === "back" && prior !== undefined ? "warn" : "stop";
    const modes = await lookAtServices(inputs, isDrained, (cluster) => findModes(cluster, inputs));
    const unfit = await findUnfitFiles(inputs, prior);
    const found = await lookAtServices(inputs, isDrained, (cluster) =>
      findUnchangeable(cluster, inputs, prior, severity),
    );
    return [...(modes ?? []), ...unfit, ...(found ?? [])];
  },
  forward: requireServices,
  back: requireServices,
  cleansUp: async (state) => {
    // guarantee: a destroyed stack leaves nothing paused
    await tryQuickly(state, (cluster) => cleanUp(cluster, state));
  },
};

/** Whether a rollback has passed this check, and the cutover that it ends is still in force. */
async function isExporting(inputs: CheckInputs, prior?: CheckInputs): Promise<boolean> {
  const { direction, root } = inputs;
  if (direction !== "back" || prior?.direction !== "back" || root === undefined) return false;
  return cutoverInForce(await readCutoverRecord(root)) !== undefined;
}

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

async function requireServices(
  inputs: CheckInputs,
  prior?: StateOf<CheckInputs, CheckResults>,
): Promise<CheckResults> {
  const cluster = await clusterAt(inputs);
  const { owner, canary: environment, web } = inputs;
  // A killed engine leaves its canary, with web's labels.
  await removeCanaries(cluster, owner);
  const reached = { ...inputs, clusterIdentity: await identityOf(cluster, inputs.acceptCluster) };
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
  const { root, webOnFilesAt = "" } = inputs;
  // A Job's files are left to the first pass that runs.
  if (root !== undefined && webOnFilesAt !== (prior?.webOnFilesAt ?? ""))
    await withdrawFinalPass(resolve(root), webOnFilesAt);
  return {};
}

async function isWebOnFiles(
  cluster: Cluster,
  inputs: CheckInputs,
  prior?: CheckInputs,
): Promise<boolean> {
  const modes = await observeModes(cluster, inputs);
  // In a rollback, the worker may have been changed by hand too.
  const isLeft = inputs.direction === "back" && prior?.direction === "forward";
  const isBehind = inputs.direction === "forward" && isWebBehind(modes);
  return isBehind || (isLeft && modes.web.includes("filesystem"));
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
