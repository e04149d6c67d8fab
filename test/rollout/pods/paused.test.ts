import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DrainInputs, PodsReplacedInputs } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests, type TestWorkload } from "./cluster";
import { createDrain, drainsOn, stored, updateDrain } from "./drains";

const { Drain, PodsReplaced, ServicesCheck } = providers;
const current = clusterForTests();
const drains = drainsOn(current);

/** Of release `worker`, which holds both services in these tests. */
const inputs = (namespace: string, changes: Partial<DrainInputs> = {}) =>
  drains.inputs(namespace, {
    selector: "app=worker",
    web: { release: "worker", selector: "app=web" },
    ...changes,
  });
const toFiles = { direction: "back" } as const;

const web = (namespace: string, changes: Partial<PodsReplacedInputs> = {}) =>
  drains.inputs(namespace, { selector: "app=web", service: "web", ...changes });

type Web = Pick<TestWorkload, "mode" | "app" | "kind">;

/** The release's other workload: web, with one pod. */
const deployWeb = (namespace: string, of?: Web) =>
  current.cluster.deploy(namespace, { name: "web", ...of });

/** A namespace with both services on files. */
async function deployed(namespace: string, ofWeb?: Web) {
  await drains.deployed(namespace, 1);
  await deployWeb(namespace, ofWeb);
  await current.cluster.available(namespace, `${ofWeb?.kind ?? "deployment"}/web`);
}

/** Whether web is paused, and by the stack, as `true true`. */
const paused = (namespace: string) => {
  const mark = "{.metadata.annotations.taskrunner\\.stellaops\\.io/paused-for-cutover}";
  const both = `--output=jsonpath={.spec.paused} ${mark}`;
  return current.cluster.kubectl("get", "deployment/web", `--namespace=${namespace}`, both);
};
const podsOfWeb = async (namespace: string) =>
  (await current.cluster.pods(namespace)).filter((name) => name.startsWith("web-"));
const rollout = (verb: "pause" | "resume", namespace: string) =>
  current.cluster.kubectl("rollout", verb, "deployment/web", `--namespace=${namespace}`);

/** The failures that a preview shows, and an up without one. */
const refused = async (namespace: string, changes: Partial<DrainInputs> = {}) => {
  const { failures = [] } = await ServicesCheck.check({}, inputs(namespace, changes));
  return failures.map(({ reason }) => reason).join("\n");
};

describe("web of a release that holds both services", () => {
  it("is paused by the worker's drain, keeps its pods in an upgrade, and is resumed", async () => {
    await deployed("both");
    const before = await podsOfWeb("both");
    await createDrain(inputs("both"));
    expect(await paused("both")).toBe("true true");
    expect(current.printed.join("\n")).toMatch(/^web: web is paused /m);

    await deployWeb("both", { mode: "mongo" });
    await current.cluster.deploy("both", { mode: "mongo" });
    await drains.replaced("both", { selector: "app=worker" });
    expect(await podsOfWeb("both")).toEqual(before);
    // It is the stack's own pause, also after the upgrade.
    expect(await refused("both")).toBe("");

    await PodsReplaced.create(web("both"));
    expect(await paused("both")).toBe("");
    expect(await podsOfWeb("both")).not.toContain(before[0]);
    expect(current.printed.join()).not.toContain("warning");
  });

  it("waits for an upgrade that has not come", async () => {
    await deployed("late");
    await createDrain(inputs("late"));
    const waiting = PodsReplaced.create(web("late", { timeoutSeconds: 1 }));
    await expect(waiting).rejects.toThrow(/TaskRunner__Storage__Mode .* is filesystem/);
    expect(await paused("late")).toBe("true true");
  });

  it("is resumed where the engine was killed in the drain, and the cutover abandoned", async () => {
    await deployed("killed");
    const state = await createDrain(inputs("killed", { ...toFiles, requests: 0 }));
    // Of this run the state knows nothing.
    await Drain.update("id", state, inputs("killed", { requests: 1 }));
    expect(await paused("killed")).toBe("true true");
    await updateDrain(state, inputs("killed", { ...toFiles, requests: 2 }));
    expect(await paused("killed")).toBe("");
  });

  it("is resumed by a rollback before any upgrade, with its pods", async () => {
    await deployed("back");
    const before = await podsOfWeb("back");
    const onFiles = stored((await PodsReplaced.create(web("back", toFiles))).outs);
    const state = await createDrain(inputs("back"));
    const { drainSnapshot } = await updateDrain(state, inputs("back", toFiles));
    const stoppedAt = new Date().toISOString();
    const news = web("back", { ...toFiles, stoppedAt, ...(drainSnapshot && { drainSnapshot }) });
    expect((await PodsReplaced.diff("id", onFiles, news)).changes).toBe(true);
    await PodsReplaced.update("id", onFiles, news);
    expect(await paused("back")).toBe("");
    expect(await podsOfWeb("back")).toEqual(before);
  });

  it("is resumed when the stack is destroyed, unless the cluster is unreachable", async () => {
    await deployed("destroyed");
    await createDrain(inputs("destroyed"));
    const state = { ...inputs("destroyed"), applied: true };
    await ServicesCheck.delete("id", { ...state, kubeconfig: "no-such-file" });
    expect(await paused("destroyed")).toBe("true true");
    await current.cluster.scale("destroyed", 1);
    await ServicesCheck.delete("id", state);
    expect(await paused("destroyed")).toBe("");
    expect(current.printed.join("\n")).not.toContain("worker-left");
  });

  it("stays paused when the stack is destroyed beside a worker at zero, which is named", async () => {
    await deployed("left");
    await createDrain(inputs("left"));
    const root = join(current.cluster.folder, "left");
    await mkdir(root);
    const at = new Date().toISOString();
    const state = { ...inputs("left"), applied: true, root };
    for (const [cutoverRecord, mode] of [
      [undefined, "filesystem"],
      [{ at, unfinishedCount: 0 }, "mongo"],
      [{ at, unfinishedCount: 0, endedAt: at }, "filesystem"],
    ] as const) {
      if (cutoverRecord) await writeFile(join(root, "cutover.json"), JSON.stringify(cutoverRecord));
      await ServicesCheck.delete("id", state);
      expect(await paused("left")).toBe("true true");
      const [printed = ""] = current.printed.slice(-1);
      expect(printed).toMatch(/^warning: .* --namespace left scale deployment worker --replicas=1/);
      expect(printed).toContain(`belong in ${mode} mode.`);
      expect(printed).toMatch(/\[worker-left\]$/);
    }
  });

  it("that somebody resumed is refused before the upgrade, and warned of after it", async () => {
    await deployed("resumed");
    await createDrain(inputs("resumed"));
    await rollout("resume", "resumed");
    expect(await refused("resumed")).toMatch(
      /: kubectl rollout pause deployment web \[web-held\]$/,
    );
    await deployWeb("resumed", { mode: "mongo" });
    await PodsReplaced.create(web("resumed"));
    expect(current.printed.join("\n")).toMatch(/^warning: Deployment web .*\[web-resumed\]$/m);
    expect(await paused("resumed")).toBe("");
  });
});

describe("a cutover of a release that holds both services is refused", () => {
  it("if somebody else paused web, and a rollback is not", async () => {
    await deployed("theirs");
    await rollout("pause", "theirs");
    expect(await refused("theirs")).toMatch(
      /: kubectl rollout resume deployment web \[web-held\]$/,
    );
    expect(await refused("theirs", toFiles)).toBe("");
    await createDrain(inputs("theirs"));
    expect(await paused("theirs")).toBe("true");
  });

  it("if web is a StatefulSet", async () => {
    await deployed("set", { kind: "StatefulSet" });
    expect(await refused("set")).toMatch(
      /^StatefulSet web .* \(rollout\.target: helm\)\. \[web-held\]$/,
    );
    await createDrain(inputs("set"));
  });

  it("if labels are not each service's own", async () => {
    await deployed("labels", { app: "other" });

    expect(await refused("labels")).toMatch(
      /labels app=web; .* Deployment web, Deployment worker\. .*rollout\.web\.selector/,
    );
    expect(
      await refused("labels", { web: { release: "worker", selector: "app in (worker,other)" } }),
    ).toMatch(/^Deployment worker .*\(app=worker\).*\(app in \(worker,other\)\)/);
  });

  it("but not if nothing is deployed, or web is in the mode", async () => {
    expect(await refused("nowhere")).toBe("");
    await deployed("arrived", { mode: "mongo" });
    await rollout("pause", "arrived");
    expect(await refused("arrived")).toBe("");
  });
});
