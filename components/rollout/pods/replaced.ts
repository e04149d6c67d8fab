import { formatDuration, warning } from "../../text";
import {
  clusterAt,
  describeApiLocation,
  describeController,
  describeScalers,
  findChangesSince,
  nameOf,
  redrainHint,
  replicasOf,
  statedMode,
  watch,
  type Cluster,
  type DrainSnapshot,
  type Obstacle,
} from "../../kubernetes";
import { kind, reportLine, type StateOf, type Step } from "../../step";
import { modeAfter, modeKey } from "../environment";
import { finishing, recoverySteps, webIsNext } from "../recovery";
import {
  comparedPodInputs,
  type FinishedDrain,
  type PodsReplacedInputs,
  type PodsReplacedResults,
} from "./inputs";
import { describeUnseen, findObstacles } from "./obstacles";
import { resume } from "./paused";
import {
  describeMode,
  describeWanted,
  isPaused,
  observeService,
  restoreReplicas,
  type Workload,
} from "./workload";

/**
 * Waits for a service's new pods. Once the pod templates state the mode, it restores the replicas and resumes paused
 * Deployments. Then the new pods must be ready, and the old ones gone.
 */
export const podsReplaced: Step<PodsReplacedInputs, PodsReplacedResults> = {
  ...kind<PodsReplacedInputs, PodsReplacedResults>(
    "PodsReplaced",
    ["rollout", "kubernetes"],
    ["stoppedSeconds", "replacedSince"],
    [],
  ),
  id: ({ namespace, service }) => `${namespace}/${service}/pods`,
  compares: [...comparedPodInputs, "stoppedAt", "revision"],
  isDue: (state, { direction, webOnFilesAt }) =>
    direction === "forward" && webOnFilesAt !== state.replacedSince,
  describes: describeRollout,
  forward: awaitReplacement,
  back: awaitReplacement,
};

async function awaitReplacement(
  inputs: PodsReplacedInputs,
  state?: StateOf<PodsReplacedInputs, PodsReplacedResults>,
): Promise<PodsReplacedResults> {
  const before = state?.direction ?? "back";
  const { service, direction, stoppedAt, drainSnapshot, webOnFilesAt } = inputs;
  const former = state?.stoppedAt === stoppedAt ? state?.stoppedSeconds : undefined;
  const { replacedSince } = state ?? {};
  const results = {
    ...(former !== undefined && { stoppedSeconds: former }),
    ...(replacedSince !== undefined && { replacedSince }),
  };
  // guarantee: no worker starts between its drain and a handover that is left out
  if (drainSnapshot && drainSnapshot.direction !== direction) {
    // Otherwise it would execute steps between the drain and the handover, which is not part of this update.
    reportLine(warning("still-drained", stillDrained(inputs, drainSnapshot)));
    return results;
  }
  // guarantee: no rollout of a worker that was scaled up since the cutover
  if (direction === "forward" && before !== direction) await requireUnchangedDrain(inputs);
  const failure = `The rollout of ${service} to ${modeAfter(direction)} mode is incomplete (new pods are missing or old pods remain)`;
  const cluster = await clusterAt(inputs);
  const advice = recoverySteps(service, direction);
  const snapshot = former === undefined && service === "worker" ? drainSnapshot : undefined;
  await finishing(results, failure, () => watchPods(cluster, inputs, snapshot), advice);
  if (service === "web") return webOnFilesAt === undefined ? {} : { replacedSince: webOnFilesAt };
  const isChange = before !== direction || state?.applied === false;
  if (isChange) reportLine(webIsNext(direction));
  if (former !== undefined || stoppedAt === undefined) return results;
  return { stoppedSeconds: Math.round((Date.now() - Date.parse(stoppedAt)) / 1_000) };
}

/** Describes the rollout of a release. A values file describes its own; services on files are taken over as they are. */
function describeRollout(
  { service, direction, release, namespace }: PodsReplacedInputs,
  state?: Partial<StateOf<PodsReplacedInputs, PodsReplacedResults>>,
): string | undefined {
  if (release === undefined || (direction === "back" && !state)) return undefined;
  const { stoppedSeconds = 0 } = state ?? {};
  const last =
    stoppedSeconds > 0
      ? ` It was stopped for ${formatDuration(stoppedSeconds * 1_000)} last time.`
      : "";
  const again = state?.direction === direction ? "again " : "";
  return `Roll out ${service} ${again}in ${modeAfter(direction)} mode: release ${release} in namespace ${namespace}.${last}`;
}

const stillDrained = ({ service, direction }: PodsReplacedInputs, drainSnapshot: FinishedDrain) =>
  `The drain for ${modeAfter(drainSnapshot.direction)} mode is done, and the handover is not part of this update: ${service} waits in ` +
  `${modeAfter(direction)} mode, as the drain left it. Run \`pulumi up\` without --target and --exclude.`;

// Any error but Unfinished keeps the state as it was, so that the next `up` looks again.
async function requireUnchangedDrain({
  service,
  direction,
  drainSnapshot,
}: PodsReplacedInputs): Promise<void> {
  const found =
    service === "worker" &&
    drainSnapshot &&
    (await findChangesSince(
      drainSnapshot,
      (template) => statedMode(template?.spec, modeKey(service)) === modeAfter(direction),
    ));
  if (!found) return;
  throw new Error(
    `${found} What ${service} has written to files since then is not in MongoDB. ${redrainHint(service)}`,
  );
}

/** @param snapshot of a drain whose replicas are not restored yet */
async function watchPods(
  cluster: Cluster,
  inputs: PodsReplacedInputs,
  snapshot: DrainSnapshot | undefined,
): Promise<void> {
  const { service, direction, timeoutSeconds } = inputs;
  const mode = modeAfter(direction);
  const drained = new Map(Object.entries(snapshot?.workloads ?? {}));
  let done: readonly Workload[] = [];
  await watch(cluster, service, timeoutSeconds, async () => {
    done = await observeService(cluster, inputs);
    const changed: Obstacle[] = [];
    for (const { controller } of done) {
      // Before its template states the mode, a pod of it would work in the other one.
      // guarantee: a worker gets its replicas once its template states the mode
      if (describeMode(controller, service) !== mode) continue;
      if (await resume(cluster, controller)) changed.push(describeUnseen(controller));
      if (isPaused(controller)) continue;
      const name = describeController(controller);
      const recorded = drained.get(name)?.replicas;
      if (await restoreReplicas(cluster, controller, service, recorded))
        changed.push(describeUnseen(controller));
      // Only once: after that it may be scaled to 0 on purpose.
      drained.delete(name);
    }
    // Only the next look sees these changes.
    if (changed.length > 0) return changed;
    if (done.length > 0) return done.flatMap((one) => findObstacles(one, inputs));
    const found = `not found in ${describeApiLocation(cluster.location)}`;
    const advice = "Check namespace, release and selector, and that the service is deployed.";
    return [{ object: `a ${describeWanted(inputs)}`, found, advice }];
  });
  for (const { controller } of done) {
    const replicas = replicasOf(controller);
    const name = describeController(controller);
    const before = snapshot?.workloads[name]?.replicas ?? 0;
    if (replicas === 0 && before > 0) {
      const text = `${name} got its ${before} replicas back after the drain, and ${describeScalers(controller)} scaled it to 0 since: no ${service} runs.`;
      reportLine(warning("scaled-to-zero", text));
    }
    reportLine(
      `${service}: ${nameOf(controller)} is in ${mode} mode, ${replicas} ready, no old pod`,
    );
  }
}
