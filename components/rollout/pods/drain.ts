import {
  clusterAt,
  controllersOf,
  describeController,
  describeApiLocation,
  describeScalers,
  findChangesOn,
  identityOf,
  isSameCluster,
  pauseHint,
  recordedReplicas,
  replicasBefore,
  replicasOf,
  takeDrainSnapshot,
  watch,
  type Cluster,
  type Controller,
} from "../../kubernetes";
import { findingsFrom } from "../../text";
import { gateStaysOpen, kind, reportFindings, reportLine, type Step } from "../../step";
import { finishing, resumeHint } from "../recovery";
import { decideDrain, inOtherMode, isElsewhere, type DrainState } from "./decision";
import { executorMarks, findUndrainedExecutors } from "./executors";
import {
  comparedPodInputs,
  type DrainInputs,
  type DrainResults,
  type FinishedDrain,
} from "./inputs";
import { drainObstacles } from "./obstacles";
import { pauseWeb, resumeWeb } from "./paused";
import {
  describeOther,
  findRefusals,
  findUnknownCutover,
  lookAtServices,
  observeCluster,
} from "./refusal";
import { observeService, scaleToZero, restoreReplicas, type Workload } from "./workload";

const now = () => new Date().toISOString();

/**
 * Drains a service if its mode differs from that of the last finished drain, or if a service in another mode is at a
 * new address or cluster. Undoes an unfinished drain whose direction was abandoned. Refuses a service that was changed
 * to the other mode since.
 */
export const drain: Step<DrainInputs, DrainResults> = {
  ...kind<DrainInputs, DrainResults>(
    "Drain",
    ["rollout", "kubernetes"],
    ["stoppedAt", "drainSnapshot"],
    [],
  ),
  id: ({ namespace, service }) => `${namespace}/${service}/drain`,
  compares: [...comparedPodInputs, "requests"],
  isDue: async (state, inputs) => {
    if (isElsewhere(inputs, state)) return true;
    const { action = "skip" } = (await lookAgain(state, inputs))?.decision ?? {};
    return action !== "skip";
  },
  observes: (inputs, prior) => observeCluster(inputs, wasDrained(inputs, prior), prior),
  findings: async (inputs, prior, state) => {
    if (state) {
      const decision = (await lookAgain(state, inputs))?.decision;
      const text = decision?.action === "refuse" ? decision.reason : undefined;
      return findingsFrom(text, { severity: "stop", code: "mode-changed" });
    }
    const found = await lookAtServices(inputs, wasDrained(inputs, prior), async (cluster) => [
      ...findingsFrom(await findUnknownCutover(cluster, inputs), {
        severity: "stop",
        code: "no-cutover",
      }),
      ...(await findRefusals(cluster, inputs, prior)),
    ]);
    return found ?? [];
  },
  forward: runDrain,
  back: runDrain,
};

/** Whether the rollback's drain may be done; its run fails without an answer if it is not. */
const wasDrained = ({ direction }: DrainInputs, prior?: DrainInputs) =>
  direction === "back" && prior?.direction === direction;

/** The decision for a service that was drained in this direction; undefined if it was not, or cannot be seen. */
async function lookAgain(state: DrainState, inputs: DrainInputs) {
  if (state.drainSnapshot?.direction !== inputs.direction) return undefined;
  const isRollback = inputs.direction === "back";
  return lookAtServices(inputs, isRollback, (cluster) => decide(cluster, inputs, state));
}

/** Decides from the stack's state and the cluster's objects. @throws ClusterError */
async function decide(cluster: Cluster, inputs: DrainInputs, state?: DrainState) {
  const live = await controllersOf(cluster, inputs);
  const wasScaled = await wasScaledSince(cluster, inputs, live, state);
  return { live, decision: decideDrain(inputs, state, live, now(), wasScaled) };
}

/** Whether a rollback's drained service was scaled since, and so may have executed steps on MongoDB. */
async function wasScaledSince(
  cluster: Cluster,
  inputs: DrainInputs,
  live: readonly Controller[],
  state?: DrainState,
): Promise<boolean> {
  const last = state?.drainSnapshot;
  if (inputs.direction !== "back" || last?.direction !== "back") return false;
  const others = inOtherMode(inputs, live);
  // The rollout removes the mark of a drain.
  const isWaiting = others.length > 0 && others.every((one) => replicasBefore(one) !== undefined);
  return isWaiting && (await findChangesOn(cluster, last)) !== undefined;
}

async function runDrain(inputs: DrainInputs, state?: DrainState): Promise<DrainResults> {
  const { service, direction, gate, cutover = 0 } = inputs;
  const cluster = await clusterAt(inputs);

  // A stack that knows of no cutover must not roll a service back. This is checked again, because the first check may
  // not have reached the cluster. A failure up to the decision keeps the state as it was.
  const unknown = await findUnknownCutover(cluster, inputs);
  if (unknown !== undefined) throw new Error(`${service} was not rolled back to files. ${unknown}`);

  const { live, decision } = await decide(cluster, inputs, state);
  if (decision.action === "refuse") throw new Error(decision.reason);
  const { action, stoppedAt } = decision;

  // A service that is in Mongo mode already is taken over as if drained. One on files waits for its first cutover.
  const isTakenOver = direction === "forward" && action !== "drain" && !decision.last;
  const working = live.map((controller) => ({ controller }));
  const last = isTakenOver
    ? { ...takeDrainSnapshot(inputs, [], await executorMarks(cluster, inputs, working)), direction }
    : decision.last;
  const results = {
    ...(stoppedAt !== undefined && { stoppedAt }),
    ...(last && { drainSnapshot: last }),
  };
  if (action === "skip") return results;

  // From here on the next `up` returns to this step.
  const advice = [resumeHint, gate === "open" && gateStaysOpen(cutover)].filter(Boolean).join(" ");
  const run = async () => {
    if (action === "undo") {
      await undoDrain(cluster, inputs, live);
      return results;
    }
    const drainSnapshot = await drainService(cluster, inputs, state, last);
    return { ...results, drainSnapshot: { ...drainSnapshot, ...(stoppedAt && { stoppedAt }) } };
  };
  return finishing(results, `${service} was not drained`, run, advice);
}

async function undoDrain(cluster: Cluster, inputs: DrainInputs, live: readonly Controller[]) {
  await resumeWeb(cluster, inputs);
  // A workload in the other mode waits for its rollout.
  const others = inOtherMode(inputs, live);
  for (const controller of live.filter((one) => !others.includes(one))) {
    await restoreReplicas(cluster, controller, inputs.service);
  }
}

async function drainService(
  cluster: Cluster,
  inputs: DrainInputs,
  state: DrainState | undefined,
  last: FinishedDrain | undefined,
): Promise<FinishedDrain> {
  const { service, direction, timeoutSeconds } = inputs;

  // Only on the stack's own cluster, or on one that the settings accept.
  const clusterIdentity = await identityOf(cluster, inputs.acceptCluster);
  const isOf = (one?: DrainInputs) =>
    isSameCluster(clusterIdentity, one?.clusterIdentity, inputs.acceptCluster);
  const recorded = inputs.clusterIdentity;
  if (recorded && isOf(inputs) !== true)
    throw new Error(describeOther({ ...inputs, clusterIdentity }, recorded));

  // Nothing that this drain would miss may execute runs.
  let found: readonly Workload[] = await observeService(cluster, inputs);
  const working = found;
  const requireAll = async () => {
    const isKnown = isOf(state) === true;
    const [missed] = reportFindings(await findUndrainedExecutors(cluster, inputs, found, isKnown));
    if (missed) throw new Error(missed.text);
  };
  await requireAll();
  if (found.length === 0) {
    reportLine(
      `${service}: no workload in ${describeApiLocation(cluster.location)}, nothing to drain`,
    );
  } else {
    // Scale each workload to zero, and record its replicas on it.
    for (const { controller } of found) {
      await scaleToZero(cluster, controller, recordedReplicas(controller, last));
    }

    // Wait until all pods are gone.
    await watch(cluster, service, timeoutSeconds, async () => {
      found = await observeService(cluster, inputs);
      // guarantee: a drain stops if the worker is scaled up meanwhile
      for (const { controller } of found) assertPaused(controller);
      return found.flatMap(drainObstacles);
    });

    // Look again: meanwhile something else may have started a pod.
    await requireAll();
    reportLine(`${service}: drained, all pods are gone`);
  }

  // Handover and rollout compare with this snapshot, so that they see a worker that was scaled up since.
  const marks = await executorMarks(cluster, inputs, working);
  const snapshot = takeDrainSnapshot(inputs, found, marks);

  // guarantee: web of a release that has both services waits for the worker
  await pauseWeb(cluster, inputs);
  return { ...snapshot, direction };
}

function assertPaused(controller: Controller): void {
  const replicas = replicasOf(controller);
  if (replicas === 0) return;
  throw new Error(
    `${describeController(controller)} was scaled to ${replicas} during the drain, by ${describeScalers(controller)}. ` +
      `Keep it from setting spec.replicas until the cutover is done, then run pulumi up again. ${pauseHint}`,
  );
}
