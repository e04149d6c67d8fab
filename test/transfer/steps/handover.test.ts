import { expect, it } from "vitest";
import type { DrainInputs } from "../../../components/rollout";
import { providers as rollout } from "../../../components/rollout/provider";
import { readCutoverRecord } from "../../../components/state";
import { providers } from "../../../components/transfer/provider";
import { freePort } from "../../../tools/parts";
import { clusterForTests } from "../../rollout/pods/cluster";
import { type DrainState, drainsOn, updateDrain } from "../../rollout/pods/drains";
import { endPatience } from "../../rollout/pods/troubled-api";
import { RollbackStack, finished, stoppedBy } from "../rollback-stack";

const current = clusterForTests();
const stack = new RollbackStack();
const { inputs } = drainsOn(current);
const { Handover } = providers;

/** A worker in Mongo mode, drained for a rollback. */
async function drainedBack(namespace: string) {
  await current.cluster.deploy(namespace, { mode: "mongo", graceSeconds: 1 });
  await current.cluster.available(namespace);
  const back = inputs(namespace, { direction: "back", ended: 1 });
  const before = { ...inputs(namespace), drainSnapshot: { direction: "forward" }, applied: true };
  const state = await updateDrain(before as unknown as DrainState, back);
  return { back, state };
}

const drainOf = ({ drainSnapshot }: DrainState) => {
  const { stoppedAt } = drainSnapshot ?? {};
  return { drainSnapshot, stoppedAt };
};

const isInForce = async () => (await readCutoverRecord(stack.root))?.endedAt === undefined;

it("exports without the cluster in a rollback, and ends the cutover once it answers", async () => {
  const before = await stack.cutover();
  await stack.change("busy", finished);
  const { state } = await drainedBack("answers");
  const { drainSnapshot, stoppedAt } = drainOf(state);
  const kubeconfig = await current.cluster.kubeconfigAt(await freePort());
  const address = { namespace: "answers", kubeconfig };
  endPatience();
  const away = stack.toFiles({ drainSnapshot: { ...drainSnapshot, address }, stoppedAt });
  const { reasons } = await stoppedBy(Handover.update("id", before, away));
  expect(reasons.join()).toMatch(/is unreachable.*not started on files/);
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect(await isInForce()).toBe(true);

  await stack.rollBack(before, { drainSnapshot, stoppedAt });
  expect(await isInForce()).toBe(false);
});

it("exports again after another drain if the worker was scaled up since the first", async () => {
  const before = await stack.cutover();
  const { back, state } = await drainedBack("moved");
  const first = drainOf(state);
  await current.cluster.scale("moved", 1);
  await current.cluster.available("moved");
  const stopped = await stoppedBy(Handover.update("id", before, stack.toFiles(first)));
  expect(stopped.reasons.join()).toMatch(/was scaled .* drains it and exports again/);
  expect(await isInForce()).toBe(true);
  await stack.change("busy", finished);

  const checked = (await rollout.Drain.check(state, back)).inputs as DrainInputs;
  expect((await rollout.Drain.diff("id", state, checked)).changes).toBe(true);
  const again = drainOf(await updateDrain(state, checked));
  expect(await current.cluster.replicas("moved")).toBe("0 1");
  const news = stack.toFiles(again);
  expect((await Handover.diff("id", stopped.properties, news)).changes).toBe(true);
  await Handover.update("id", stopped.properties, news);
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect(await isInForce()).toBe(false);
});
