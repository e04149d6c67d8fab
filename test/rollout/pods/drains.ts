import { assert, expect } from "vitest";
import type {
  DrainInputs,
  DrainResults,
  FinishedDrain,
  PodsReplacedInputs,
} from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import type { StateOf } from "../../../components/step";
import type { Current, TestWorkload } from "./cluster";

const { Drain, PodsReplaced } = providers;

export type DrainState = StateOf<DrainInputs, DrainResults>;

/** Outputs as the state gives them back. */
export const stored = (outs: unknown) => JSON.parse(JSON.stringify(outs)) as DrainState;

export const createDrain = async (from: DrainInputs) => stored((await Drain.create(from)).outs);
export const updateDrain = async (state: DrainState, to: DrainInputs) =>
  stored((await Drain.update("id", state, to)).outs);

/** What is kept of a drain that finishes. */
export async function snapshotAfter(from: DrainInputs): Promise<FinishedDrain> {
  const { drainSnapshot } = await createDrain(from);
  assert(drainSnapshot);
  return drainSnapshot;
}

export const failuresOf = async (olds: object, news: DrainInputs) =>
  (await Drain.check(olds, news)).failures;

/** The state that the engine keeps of a step that did not finish, and its reasons. */
export async function unfinished(step: Promise<unknown>) {
  const error = (await step.then(
    () => undefined,
    (one: unknown) => one,
  )) as { properties: unknown; reasons: string[] } | undefined;
  expect(error).toMatchObject({ id: expect.any(String) as string, properties: {} });
  return { state: stored(error?.properties), text: error?.reasons.join("\n") ?? "" };
}

/** The worker's steps on a cluster: their inputs, and a worker to be drained. */
export function drainsOn(current: Current) {
  const inputs = (
    namespace: string,
    changes: Partial<DrainInputs & PodsReplacedInputs> = {},
  ): DrainInputs => ({
    kubeconfig: current.cluster.kubeconfig,
    namespace,
    release: "worker",
    service: "worker",
    timeoutSeconds: 15,
    direction: "forward",
    ...changes,
  });
  const deployed = async (namespace: string, replicas = 2, own = false) => {
    await current.cluster.deploy(namespace, { replicas, own, graceSeconds: 1 });
    if (own) await current.cluster.untilPods(namespace, replicas);
    else await current.cluster.available(namespace);
  };
  return {
    inputs,
    /** Pods of the worker on files that end soon. @param own their kubelet is the test's */
    deployed,
    /** A worker of one pod, drained for a cutover. @returns the outcome as the engine keeps it */
    drained: async (namespace: string, deployed: TestWorkload = {}): Promise<FinishedDrain> => {
      await current.cluster.deploy(namespace, { graceSeconds: 1, ...deployed });
      await current.cluster.available(namespace, `${deployed.kind ?? "Deployment"}/worker`);
      return snapshotAfter(inputs(namespace));
    },
    /** Waits for the worker's new pods. @returns what the engine keeps of it */
    replaced: async (namespace: string, changes: Partial<PodsReplacedInputs> = {}) =>
      stored((await PodsReplaced.create(inputs(namespace, changes))).outs),
  };
}
