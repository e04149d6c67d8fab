import { describe, expect, it, vi } from "vitest";
import type { DrainInputs } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests, revisionOf } from "./cluster";
import {
  createDrain,
  drainsOn,
  type DrainState,
  failuresOf,
  unfinished,
  updateDrain,
} from "./drains";

const { Drain } = providers;
const current = clusterForTests();

const { inputs, deployed } = drainsOn(current);

/** The cluster as the step itself finds it. */
async function identity(namespace: string) {
  const { clusterIdentity } = (await Drain.check({}, inputs(namespace))).inputs as DrainInputs;
  if (!clusterIdentity) throw new Error("no cluster");
  return clusterIdentity;
}

describe("a drain without a worker", () => {
  it("refuses a namespace without the service, in a preview too", async () => {
    await current.cluster.kubectl("create", "namespace", "empty");
    const reason = /^No Deployment .* release worker .* namespace empty /m;
    expect(await failuresOf({}, inputs("empty"))).toEqual([
      { property: "", reason: expect.stringMatching(reason) as unknown },
    ]);
    const { state, text } = await unfinished(Drain.create(inputs("empty")));
    expect(text).toMatch(reason);
    expect(state).toMatchObject({ drainSnapshot: null, applied: false });
  });

  it("has nothing to do if the stack creates the release and Helm does not know it yet", async () => {
    await current.cluster.kubectl("create", "namespace", "install");
    const install = inputs("install", { install: true });
    expect(await failuresOf({}, install)).toEqual([]);
    expect(await createDrain(install)).toMatchObject({ drainSnapshot: { direction: "forward" } });
    expect(current.printed.join()).toMatch(/no workload in namespace install /);

    await current.cluster.apply(revisionOf("install", "worker", "deployed"));
    expect(await failuresOf({}, install)).toMatchObject([
      { reason: expect.stringMatching(/release worker/) as unknown },
    ]);
  });

  it("of an uninstalled worker is a warning in a rollback on the stack's own cluster only", async () => {
    await current.cluster.kubectl("create", "namespace", "gone");
    const back = inputs("gone", { direction: "back" });
    const clusterIdentity = await identity("gone");
    const before = { ...inputs("gone"), drainSnapshot: { direction: "forward" }, applied: true };
    const unknown = await unfinished(Drain.update("id", before, { ...back, clusterIdentity }));
    expect(unknown.text).toMatch(/No Deployment .* advanced\.acceptCluster: https:/);

    const known = { ...before, clusterIdentity } as unknown as DrainState;
    expect(await updateDrain(known, { ...back, clusterIdentity })).toMatchObject({
      drainSnapshot: { direction: "back" },
    });
    expect(current.printed.join()).toMatch(/warning: .* \[worker-absent\]/);
    const accepting = { ...back, acceptCluster: clusterIdentity.server };
    expect(await updateDrain(before as unknown as DrainState, accepting)).toMatchObject({
      drainSnapshot: { direction: "back" },
    });

    const env = [{ name: "Worker__Storage__Mode", value: "mongo" }];
    const spec = { containers: [{ name: "main", image: "none", env }] };
    const metadata = { name: "hidden", namespace: "gone" };
    await vi.waitFor(
      () => current.cluster.apply({ apiVersion: "v1", kind: "Pod", metadata, spec }),
      10_000,
    );
    const { text } = await unfinished(Drain.update("id", known, { ...back, clusterIdentity }));
    expect(text).toContain("drained: hidden.");
  });
});

describe("a drain at another address", () => {
  it("drains again at a corrected address, and not a service that is in the mode there", async () => {
    await deployed("wrong", 1);
    await deployed("right", 1);
    const requestedAt = "2026-11-25T12:00:00.000Z";
    const wrong = await createDrain(inputs("wrong", { requests: 0, requestedAt }));
    expect(wrong.stoppedAt).toBe(requestedAt);
    const corrected = inputs("right", { requests: 0, requestedAt });
    expect((await Drain.diff("id", wrong, corrected)).changes).toBe(true);
    const right = await updateDrain(wrong, corrected);
    // A stop of its own.
    expect(Date.parse(right.stoppedAt ?? "")).toBeGreaterThan(Date.now() - 60_000);
    expect(right.drainSnapshot?.stoppedAt).toBe(right.stoppedAt);
    expect(right).toMatchObject({ drainSnapshot: { direction: "forward" }, namespace: "right" });
    expect(right.drainSnapshot?.address.namespace).toBe("right");
    expect(await current.cluster.replicas("right")).toBe("0 1");

    await current.cluster.deploy("other", { mode: "mongo" });
    expect(await updateDrain(right, inputs("other"))).toMatchObject({
      drainSnapshot: { direction: "forward", workloads: {} },
      namespace: "other",
    });
    expect(await current.cluster.replicas("other")).toBe("1");
  });

  it("at a corrected address that does not finish is not taken for one that did", async () => {
    await deployed("former", 1);
    await deployed("stays-up", 1, true);
    const short = inputs("stays-up", { timeoutSeconds: 1 });
    const { state } = await unfinished(
      Drain.update("id", await createDrain(inputs("former")), short),
    );
    expect(state).toMatchObject({ drainSnapshot: null, applied: false });
    const again = await unfinished(Drain.update("id", state, short));
    expect(again.text).toContain("terminating");
    expect(await current.cluster.replicas("stays-up")).toBe("0 1");
  });
});
