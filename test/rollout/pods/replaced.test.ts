import { describe, expect, it, vi } from "vitest";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests, ready, type TestWorkload } from "./cluster";
import { drainsOn } from "./drains";

const { PodsReplaced } = providers;
const current = clusterForTests();
const { inputs, drained, replaced } = drainsOn(current);

/** The reasons of a step whose time is over. */
async function reasonsOf(namespace: string, timeoutSeconds = 2): Promise<string> {
  const step = replaced(namespace, { timeoutSeconds });
  const error = (await step.catch((one: unknown) => one)) as { reasons?: string[] };
  expect(error).toMatchObject({ properties: { applied: false } });
  return error.reasons?.join("\n") ?? "";
}

/** The worker with pods that are the test's, ready in filesystem mode. */
async function ownPods(namespace: string, deployed: TestWorkload = {}): Promise<string[]> {
  await current.cluster.deploy(namespace, { ...deployed, own: true, graceSeconds: 1 });
  const names = await current.cluster.untilPods(namespace, deployed.replicas ?? 1);
  for (const name of names) await current.cluster.status(namespace, name, ready);
  return names;
}

/** The first pod of a namespace that is none of the former ones. */
function newPod(namespace: string, former: readonly string[]): Promise<string> {
  return vi.waitFor(async () => {
    const name = (await current.cluster.pods(namespace)).find((one) => !former.includes(one));
    if (name === undefined) throw new Error("no new pod yet");
    return name;
  }, 10_000);
}

describe("the replicas", () => {
  it("come back after a drain, once the template says the mode", async () => {
    await drained("back", { replicas: 2 });
    expect(await reasonsOf("back", 0.5)).toMatch(/Worker__Storage__Mode .* is filesystem/);
    expect(await current.cluster.replicas("back")).toBe("0 2");
    const running = replaced("back");
    await current.cluster.setMode("back", "Mongo");
    expect(await running).toMatchObject({ direction: "forward", applied: true });
    expect(await current.cluster.replicas("back")).toBe("2");
    expect(await current.cluster.pods("back")).toHaveLength(2);
    expect(current.printed.join("\n")).toMatch(/^worker: worker .* 2 ready/m);
  });

  it("wait for the handover if it is not part of the update", async () => {
    const drainSnapshot = await drained("between");
    await replaced("between", { direction: "back", drainSnapshot });
    expect(await current.cluster.replicas("between")).toBe("0 1");
    expect(current.printed.join()).toContain("[still-drained]");
  });

  it("stay as the chart or an autoscaler set them since", async () => {
    await drained("scaled", { replicas: 2 });
    await current.cluster.deploy("scaled", { replicas: 3, mode: "mongo" });
    await replaced("scaled");
    expect(await current.cluster.replicas("scaled")).toBe("3");
  });

  it("come back though somebody removed their number from the worker", async () => {
    const drainSnapshot = await drained("replaced", { replicas: 2 });
    const recorded = "taskrunner.stellaops.io/replicas-before-drain-";
    const worker = ["deployment/worker", "--namespace=replaced"];
    await current.cluster.kubectl("annotate", ...worker, recorded);
    await current.cluster.setMode("replaced", "mongo");
    const state = await replaced("replaced", { drainSnapshot });
    expect(await current.cluster.replicas("replaced")).toBe("2");

    // Whoever scales it to 0 later means it.
    await current.cluster.scale("replaced", 0);
    const again = inputs("replaced", { drainSnapshot, revision: 2 });
    await PodsReplaced.update("id", { ...state, stoppedSeconds: 1 }, again);
    expect(await current.cluster.replicas("replaced")).toBe("0");
  });

  it("may be set to 0 by an autoscaler once they are back, which is a warning", async () => {
    const drainSnapshot = await drained("idle");
    const mongo = { replicas: 0, own: true, mode: "mongo", graceSeconds: 1 } as const;
    await current.cluster.deploy("idle", mongo);
    const running = replaced("idle", { drainSnapshot });
    const [pod = ""] = await current.cluster.untilPods("idle", 1);
    await current.cluster.scale("idle", 0, { manager: "keda" });
    await current.cluster.end("idle", pod);
    await running;
    expect(current.printed.join()).toMatch(/Deployment worker got its 1 .*\[scaled-to-zero\]/);
  });

  it("come back in filesystem mode where no mode is stated", async () => {
    await drained("unstated");
    await current.cluster.deploy("unstated", { replicas: 0, mode: "nothing" });
    await replaced("unstated", { direction: "back" });
    expect(await current.cluster.replicas("unstated")).toBe("1");
  });
});

describe("an old pod", () => {
  it("that is terminating is waited for, though the new one is ready", async () => {
    const [old = ""] = await ownPods("old", { strategy: "RollingUpdate" });
    await current.cluster.deploy("old", { strategy: "RollingUpdate", own: true, mode: "mongo" });
    const young = await newPod("old", [old]);
    await current.cluster.status("old", young, ready);
    await current.cluster.kubectl("rollout", "status", "deployment/worker", "--namespace=old");
    const reasons = await reasonsOf("old", 1);
    expect(reasons).toContain(`old pod ${old}: terminating`);
    expect(reasons).not.toContain(young);
    const running = replaced("old");
    await current.cluster.end("old", old);
    expect((await running).applied).toBe(true);
    expect(await current.cluster.pods("old")).toEqual([young]);
  });
});

describe("a new pod that is not ready is named with the reason:", () => {
  it("an image that cannot be pulled", async () => {
    const former = await ownPods("image", { strategy: "RollingUpdate" });
    await current.cluster.deploy("image", { strategy: "RollingUpdate", own: true, mode: "mongo" });
    const pod = await newPod("image", former);
    const image = "registry.example.org/worker:1";
    const state = { waiting: { reason: "ImagePullBackOff", message: "Back-off: not found" } };
    const container = { name: "main", image, imageID: "", ready: false, restartCount: 0, state };
    await current.cluster.status("image", pod, { containerStatuses: [container] });
    const reasons = await reasonsOf("image");
    expect(reasons).toMatch(
      new RegExp(`^pod ${pod}: .*ImagePullBackOff, Back-off: not found`, "m"),
    );
    expect(reasons).toContain(`old pod ${former[0] ?? ""}: running`);
  });

  it("a container that runs and is never ready", async () => {
    const [pod = ""] = await ownPods("unready", { mode: "mongo" });
    const conditions = ready.conditions.map((one) => ({ ...one, status: "False" }));
    const state = { running: { startedAt: new Date(Date.now() - 60_000).toISOString() } };
    const image = { image: "none", imageID: "", restartCount: 0 };
    const containerStatuses = [{ name: "main", ...image, ready: false, state }];
    await current.cluster.status("unready", pod, { ...ready, conditions, containerStatuses });
    expect(await reasonsOf("unready", 0.1)).toMatch(
      new RegExp(`pod ${pod}: Running, not ready.* kubectl describe pod ${pod}`),
    );
  });

  it("no node for it", async () => {
    await current.cluster.deploy("node", { mode: "mongo", memory: "99Ti" });
    expect(await reasonsOf("node")).toMatch(/pod \S+: Pending, .*Insufficient memory/);
  });

  it("no Deployment", async () => {
    await current.cluster.kubectl("create", "namespace", "none");
    expect(await reasonsOf("none", 0.1)).toMatch(/release worker: not found in namespace none /);
  });
});

describe("the step", () => {
  it("runs where its inputs differ or the last run did not finish, and asks nobody", async () => {
    const state = {
      ...inputs("any", { stoppedAt: "1", revision: 1 }),
      stoppedSeconds: null,
      replacedSince: null,
      applied: true,
      __provider: "x",
    };
    const changes = async (olds: object, news: object) =>
      (await PodsReplaced.diff("id", olds, news)).changes;
    expect(await changes(state, inputs("any", { stoppedAt: "1", revision: 1 }))).toBe(false);
    // `pulumi up --replace` of the drain counts as another one.
    expect(await changes(state, inputs("any", { stoppedAt: "2", revision: 1 }))).toBe(true);
    expect(await changes(state, inputs("any", { stoppedAt: "1", revision: 2 }))).toBe(true);
    expect(await changes({ ...state, applied: false }, state)).toBe(true);
  });
});

describe("web, which was on files after the cutover", () => {
  const web = { service: "web", selector: "app=web" } as const;

  it("is awaited in Mongo mode once more for each look that found it there", async () => {
    await current.cluster.deploy("behind", { name: "web", mode: "nothing" });
    const found = inputs("behind", { ...web, webOnFilesAt: "1", timeoutSeconds: 2 });
    const before = { ...inputs("behind", web), applied: true };
    expect((await PodsReplaced.diff("id", before, found)).changes).toBe(true);
    const failed = PodsReplaced.update("id", before, found);
    await expect(failed).rejects.toMatchObject({ properties: { replacedSince: null } });

    await current.cluster.setMode("behind", "mongo", "web");
    const patient = { ...found, timeoutSeconds: 15 };
    const outs = (await PodsReplaced.update("id", before, patient)).outs as object;
    expect(outs).toMatchObject({ applied: true, replacedSince: "1" });
    expect((await PodsReplaced.diff("id", outs, patient)).changes).toBe(false);
  });
});
