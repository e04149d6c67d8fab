import { expect, vi } from "vitest";
import type { DrainInputs, DrainResults } from "../../../components/rollout/pods/inputs";
import { providers } from "../../../components/rollout/provider";
import type { StateOf } from "../../../components/step";
import type { clusterForTests } from "./cluster";

const { Drain } = providers;

export type DrainState = StateOf<DrainInputs, DrainResults>;

/** Outputs as the state gives them back. */
export const storedDrain = (outs: unknown) => JSON.parse(JSON.stringify(outs)) as DrainState;

export const createDrain = async (from: DrainInputs) =>
  storedDrain((await Drain.create(from)).outs);
export const updateDrain = async (state: DrainState, to: DrainInputs) =>
  storedDrain((await Drain.update("id", state, to)).outs);

export const failuresOf = async (olds: object, news: DrainInputs) =>
  (await Drain.check(olds, news)).failures;

/** The state that the engine keeps of a step that did not finish, and its reasons. */
export async function unfinished(step: Promise<unknown>) {
  const error = (await step.then(
    () => undefined,
    (one: unknown) => one,
  )) as { properties: unknown; reasons: string[] } | undefined;
  expect(error).toMatchObject({ id: expect.any(String) as string, properties: {} });
  return { state: storedDrain(error?.properties), text: error?.reasons.join("\n") ?? "" };
}

/** Drains of the worker on a cluster: their inputs, and a worker to be drained. */
export function drainsOn(current: ReturnType<typeof clusterForTests>) {
  return {
    inputs: (namespace: string, changes: Partial<DrainInputs> = {}): DrainInputs => ({
      kubeconfig: current.cluster.kubeconfig,
      namespace,
      release: "worker",
      service: "worker",
      mode: "mongo",
      timeoutSeconds: 15,
      direction: changes.mode === "filesystem" ? "back" : "forward",
      ...changes,
    }),
    deployed: async (namespace: string, replicas = 2, own = false) => {
      await current.cluster.deploy(namespace, { replicas, own, graceSeconds: 1 });
      if (!own) return current.cluster.available(namespace);
      await vi.waitFor(async () => {
        expect(await current.cluster.pods(namespace)).toHaveLength(replicas);
      }, 10_000);
    },
  };
}
