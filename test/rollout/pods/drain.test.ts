import { describe, expect, it, vi } from "vitest";
import type { DrainRequestResults } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import { freePort } from "../../../tools/parts";
import { servicesRules } from "../../rights";
import { kubeconfigOf } from "../../account";
import { breakable } from "./breakable";
import { clusterForTests } from "./cluster";
import {
  type DrainState,
  createDrain,
  drainsOn,
  failuresOf,
  stored,
  unfinished,
  updateDrain,
} from "./drains";

const { Drain, DrainRequest } = providers;
const current = clusterForTests();

const { inputs, deployed, replaced } = drainsOn(current);

describe("a drain", () => {
  it("records the replicas, scales to nothing, and ends when every pod is gone", async () => {
    await deployed("usual");
    const state = await createDrain(inputs("usual"));
    expect(await current.cluster.pods("usual")).toEqual([]);
    expect(await current.cluster.replicas("usual")).toBe("0 2");
    expect(state).toMatchObject({ drainSnapshot: { direction: "forward" }, applied: true });
    expect(current.printed.at(-1)).toMatch(/^worker: drained/);
  });

  it("is done once in each change of mode, in both directions", async () => {
    await deployed("both", 1);
    const there = await createDrain(inputs("both"));
    await current.cluster.deploy("both", { replicas: 1, mode: "mongo" });
    const { drainSnapshot } = there;
    await replaced("both", drainSnapshot && { drainSnapshot });
    expect(await updateDrain(there, inputs("both", { timeoutSeconds: 20 }))).toMatchObject({
      drainSnapshot,
    });
    expect(await current.cluster.pods("both")).toHaveLength(1);
    const back = await updateDrain(there, inputs("both", { direction: "back" }));
    expect(await current.cluster.pods("both")).toEqual([]);
    expect(back).toMatchObject({ drainSnapshot: { direction: "back" } });
  });

  it("leaves a service alone that is new to the stack in filesystem mode", async () => {
    await deployed("new", 1);
    const state = await createDrain(inputs("new", { direction: "back" }));
    expect(state).toMatchObject({ drainSnapshot: null, applied: true });
    expect(await current.cluster.replicas("new")).toBe("1");
    expect(current.printed).toEqual([]);
  });

  it("takes no service from MongoDB to files in a stack that knows of no cutover", async () => {
    await current.cluster.deploy("lost", { mode: "mongo" });
    const back = inputs("lost", { direction: "back", ended: 0 });
    const reason = /Deployment worker in namespace lost .*\n.*\n.* storageMode: mongo first/;

    expect(await failuresOf({}, back)).toEqual([
      { property: "", reason: expect.stringMatching(reason) as unknown },
    ]);
    // Not as an unfinished step: of one the next run would go on.
    await expect(Drain.create(back)).rejects.toThrow(reason);
    await expect(Drain.create(back)).rejects.not.toHaveProperty("properties");
    expect(await current.cluster.replicas("lost")).toBe("1");
    expect(await failuresOf({}, inputs("lost"))).toEqual([]);
    expect(await failuresOf(inputs("lost"), { ...back, ended: 1 })).toEqual([]);
  });

  it("needs the cluster in up, but not in a preview", async () => {
    const unreachable = inputs("any", { kubeconfig: "missing", direction: "back", ended: 0 });
    expect(await failuresOf({}, { ...unreachable, isPreview: true })).toEqual([]);
    expect(await failuresOf({}, unreachable)).toMatchObject([
      { reason: expect.stringMatching(/kubeconfig missing .*\[cluster-not-checked\]$/) as unknown },
    ]);
    await expect(Drain.create(unreachable)).rejects.toThrow("kubeconfig missing");
  });

  it("keeps the replicas of a drain before it, unless somebody has scaled the worker since", async () => {
    await deployed("kept");
    const worker = ["deployment/worker", "--namespace=kept"];
    const mark = "taskrunner.stellaops.io/replicas-before-drain-";
    const replicasIn = ({ drainSnapshot }: Awaited<ReturnType<typeof createDrain>>) =>
      drainSnapshot?.workloads["Deployment worker"]?.replicas;
    const state = await createDrain(inputs("kept"));
    await current.cluster.kubectl("annotate", ...worker, mark);
    const again = await updateDrain(state, inputs("kept", { direction: "back" }));
    expect(replicasIn(again)).toBe(2);
    await current.cluster.kubectl("annotate", ...worker, mark);
    await current.cluster.scale("kept", 1);
    await current.cluster.scale("kept", 0);
    expect(replicasIn(await updateDrain(again, inputs("kept")))).toBe(0);
  });

  it("leaves pods of the other service in a release that holds both alone", async () => {
    await deployed("umbrella", 1);
    const pod = (name: string, app: string) => {
      const labels = `--labels=app.kubernetes.io/instance=worker,app=${app}`;
      return current.cluster.run("umbrella", name, labels);
    };
    await pod("of-web", "web");
    const shared = { release: "worker", selector: "app=worker" };
    expect((await Drain.create(inputs("umbrella", shared))).outs).toMatchObject({ applied: true });
    await pod("of-worker", "worker");
    // No scaling ends a pod without an owner.
    const { text } = await unfinished(Drain.create(inputs("umbrella", shared)));
    expect(text).toMatch(/ drained: of-worker\. /);
    expect(text).not.toContain("of-web");
  });

  it("refuses labels that none of the release's Deployments has", async () => {
    await current.cluster.deploy("labels");
    const { text } = await unfinished(Drain.create(inputs("labels", { selector: "app=runner" })));
    expect(text).toMatch(/labels app=runner; .* Deployment worker\. .*rollout\.worker\.selector/);
    expect(await current.cluster.replicas("labels")).toBe("1");
  });

  it("refuses to drain whatever is in a namespace", async () => {
    await deployed("whatever", 1);
    const drained = Drain.create(inputs("whatever", { release: "" }));
    await expect(drained).rejects.toThrow("Neither a release nor a selector");
    expect(await current.cluster.replicas("whatever")).toBe("1");
  });

  it("is no affair of a preview: inputs decide, and what was not finished", async () => {
    const unreachable = inputs("any", { kubeconfig: "missing" });
    const drainSnapshot = { direction: "forward", address: unreachable, workloads: {} };
    const results = { drainSnapshot, stoppedAt: null };
    const state = { ...unreachable, ...results, applied: true, __provider: "x" };
    const changes = async (olds: object, news: object) =>
      (await Drain.diff("id", olds, news)).changes;
    await Drain.check(state, { ...unreachable, isPreview: true });
    expect(await changes(state, unreachable)).toBe(false);
    expect(await changes(state, inputs("any", { ...unreachable, direction: "back" }))).toBe(true);
    expect(await changes({ ...state, applied: false }, unreachable)).toBe(true);
    expect(await Drain.read("id", state)).toEqual({ id: "id", props: state });
  });
});

describe("a drain that is not finished", () => {
  it("names the pod that will not die, and goes on from there", async () => {
    await deployed("stuck", 2, true);
    const [first = "", second = ""] = await current.cluster.pods("stuck");
    const short = inputs("stuck", { timeoutSeconds: 1 });
    const { state, text } = await unfinished(Drain.create(short));
    expect(text).toMatch(/not drained after 1 s, in namespace stuck /);
    for (const pod of [first, second]) {
      expect(text).toMatch(new RegExp(`pod ${pod}: terminating .* period of 1 s`));
    }
    expect(text).toContain("node local");
    expect(current.printed.join("\n")).toContain(`worker: 2 to go: pod ${first} (terminating`);
    expect(state).toMatchObject({ drainSnapshot: null, applied: false });

    await current.cluster.end("stuck", first);
    const again = await unfinished(Drain.update("id", state, short));
    expect(again.text).not.toContain(first);
    expect(again.text).toContain(second);
    await current.cluster.end("stuck", second);
    const done = await updateDrain(again.state, short);
    expect(done).toMatchObject({ drainSnapshot: { direction: "forward" }, applied: true });
    expect(await current.cluster.replicas("stuck")).toBe("0 2");
  });

  it("is undone where the cutover is abandoned", async () => {
    await deployed("abandoned", 2, true);
    const before = await createDrain(inputs("abandoned", { direction: "back" }));
    const short = inputs("abandoned", { timeoutSeconds: 1 });
    const { state } = await unfinished(Drain.update("id", before, short));
    expect(await current.cluster.replicas("abandoned")).toBe("0 2");
    const back = await updateDrain(state, inputs("abandoned", { direction: "back" }));
    expect(await current.cluster.replicas("abandoned")).toBe("2");
    expect(back).toMatchObject({ drainSnapshot: null, applied: true });
    expect(current.printed.at(-1)).toMatch(/^worker: Deployment worker .* 2 replicas/);
  });

  it("that is abandoned starts nothing in another mode: the drain before it may be for that one", async () => {
    await deployed("between", 1);
    const drained = await createDrain(inputs("between"));
    const failed = { ...drained, direction: "back" as const, applied: false };
    await updateDrain(failed, inputs("between"));
    expect(await current.cluster.replicas("between")).toBe("0 1");
  });

  it("is undone where the engine was killed in it, so that its state knows nothing of it", async () => {
    await deployed("killed", 2, true);
    const asked = { service: "worker", direction: "forward" };
    const taken = { ...asked, direction: "back" };
    const before = stored((await DrainRequest.create(taken)).outs);
    const state = await createDrain(inputs("killed", { direction: "back", requests: 0 }));
    const begun = stored((await DrainRequest.update("id", before, asked)).outs);
    await unfinished(Drain.update("id", state, inputs("killed", { timeoutSeconds: 1 })));
    expect(await current.cluster.replicas("killed")).toBe("0 2");

    const { requests } = (await DrainRequest.update("id", begun, taken))
      .outs as DrainRequestResults;
    const news = inputs("killed", { direction: "back", requests });
    expect((await Drain.diff("id", state, news)).changes).toBe(true);
    expect(await updateDrain(state, news)).toMatchObject({ drainSnapshot: null });
    expect(await current.cluster.replicas("killed")).toBe("2");
  });

  it("is refused if somebody took the service to the other mode since, in a preview too", async () => {
    await deployed("by-hand", 1);
    const state = await createDrain(inputs("by-hand"));
    expect((await Drain.diff("id", state, inputs("by-hand"))).changes).toBe(false);
    await current.cluster.scale("by-hand", 1);
    expect((await Drain.diff("id", state, inputs("by-hand"))).changes).toBe(true);
    expect(current.printed.at(-1)).toMatch(
      /Deployment worker is in filesystem .*\[stop: mode-changed\]/,
    );
    const running = Drain.update("id", state, inputs("by-hand"));
    await expect(running).rejects.toThrow("nothing was changed");
    await expect(running).rejects.not.toHaveProperty("properties");
    expect(await updateDrain(state, inputs("by-hand", { direction: "back" }))).toMatchObject({
      drainSnapshot: { direction: "back" },
    });
  });

  it("is done again in a rollback if the worker was scaled up since, even if it is at zero again", async () => {
    await current.cluster.deploy("scaled", { mode: "mongo", graceSeconds: 1 });
    await current.cluster.available("scaled");
    const back = inputs("scaled", { direction: "back", ended: 1 });
    const before = { ...inputs("scaled"), drainSnapshot: { direction: "forward" }, applied: true };
    const drained = await updateDrain(before as unknown as DrainState, back);
    const isDue = async () => (await Drain.diff("id", drained, back)).changes;
    expect(await isDue()).toBe(false);

    await current.cluster.scale("scaled", 1);
    expect(await isDue()).toBe(true);
    await current.cluster.available("scaled");
    await current.cluster.scale("scaled", 0);
    expect(await isDue()).toBe(true);
    const again = await updateDrain(drained, back);
    expect(again.drainSnapshot?.stoppedAt).not.toBe(drained.drainSnapshot?.stoppedAt);
    expect((await Drain.diff("id", again, back)).changes).toBe(false);
  });

  it("drains nothing that is in the mode already, such as after pulumi up --replace", async () => {
    await current.cluster.deploy("there", { mode: "mongo" });
    expect(await createDrain(inputs("there"))).toMatchObject({
      drainSnapshot: { direction: "forward", workloads: {} },
      stoppedAt: null,
    });
    expect(await current.cluster.replicas("there")).toBe("1");
  });

  it("names who scales the service up meanwhile", async () => {
    await deployed("contested", 1, true);
    const running = unfinished(Drain.create(inputs("contested")));
    await vi.waitFor(async () => {
      expect(await current.cluster.replicas("contested")).toBe("0 1");
    }, 10_000);
    await current.cluster.scale("contested", 3, { manager: "argocd-controller" });
    const { text } = await running;
    expect(text).toMatch(/Deployment worker .* scaled to 3 .* by argocd-controller\./);
  });
});

describe("the API", () => {
  it("is asked for no more than the rules allow", async () => {
    await deployed("allowed", 1);
    const kubeconfig = await kubeconfigOf(current.cluster, "allowed", servicesRules);
    const state = await createDrain(inputs("allowed", { kubeconfig }));
    expect(state).toMatchObject({ drainSnapshot: { direction: "forward" } });
    await current.cluster.deploy("allowed", { replicas: 0, mode: "mongo" });
    await replaced("allowed", { kubeconfig });
    expect(await current.cluster.replicas("allowed")).toBe("1");
  });

  it("that forbids something: the rule that is needed, and no token", async () => {
    await deployed("forbidden", 1);
    const kubeconfig = await kubeconfigOf(current.cluster, "forbidden", []);
    const { message } = await Drain.create(inputs("forbidden", { kubeconfig })).then(
      () => new Error("created"),
      (error: unknown) => error as Error,
    );
    expect(message).toMatch(
      /status 403: .* Role in forbidden .* \["apps"\], resources: \["deployments"\], verbs: \["list"\]/,
    );
    expect(message).not.toMatch(/eyJ|Headers/);
  });

  it("that is unreachable, a context that is not there, and no file at all", async () => {
    const kubeconfig = await current.cluster.kubeconfigAt(await freePort());
    await expect(Drain.create(inputs("any", { kubeconfig }))).rejects.toThrow(
      /list deployments .*ECONNREFUSED.* proxy-url/,
    );
    await expect(Drain.create(inputs("any", { context: "other" }))).rejects.toThrow(
      /no context "other" .* it has "\S+"\./,
    );
    await expect(Drain.create(inputs("any", { kubeconfig: "missing" }))).rejects.toThrow(
      /kubeconfig missing .*does not exist/,
    );
  });

  it("may go away for a moment while a drain watches", async () => {
    await deployed("moment", 1, true);
    const [pod = ""] = await current.cluster.pods("moment");
    const api = await breakable(current.cluster.port);
    const kubeconfig = await current.cluster.kubeconfigAt(api.port);
    const running = createDrain(inputs("moment", { kubeconfig }));
    await vi.waitFor(() => {
      expect(current.printed.join()).toContain(`pod ${pod} (terminating`);
    }, 10_000);
    await api.cut();
    await vi.waitFor(() => {
      expect(current.printed.at(-1)).toMatch(/^worker: .* list deployments .*ECONNREFUSED/);
    }, 10_000);
    await api.restore();
    await current.cluster.end("moment", pod);
    expect(await running).toMatchObject({ drainSnapshot: { direction: "forward" } });
    await api.cut();
  });
});
