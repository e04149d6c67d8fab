import { describe, expect, it, vi } from "vitest";
import type { DrainInputs } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import { ownKubelet } from "../../../tools/parts";
import { clusterForTests } from "./cluster";
import { createDrain, drainsOn, stored, unfinished, updateDrain } from "./drains";

const { Drain } = providers;
const current = clusterForTests();
const { inputs, deployed, replaced } = drainsOn(current);

const back = { direction: "back" } as const;
/** Why a drain did not finish. */
const refusal = async (from: DrainInputs) => (await unfinished(Drain.create(from))).text;
/** The same for a rollback of a worker that was drained for a cutover. */
const refusalBack = async (namespace: string) => {
  const known = { ...inputs(namespace), drainSnapshot: { direction: "forward" }, applied: true };
  return (await unfinished(Drain.update("id", known, inputs(namespace, back)))).text;
};
/** Labels that only the worker has. */
const ofWorker = { selector: "app=worker" };
const isDrained = { drainSnapshot: { direction: "forward" } };

/** A DaemonSet of release `worker`. */
function daemonSet(namespace: string, own: object, env: object[] = []): object {
  const labels = { ...own, "app.kubernetes.io/instance": "worker" };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent", namespace },
    spec: {
      selector: { matchLabels: own },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "main", image: "none", env }] },
      },
    },
  };
}

it("warns before a drain that would end before the worker's pods do", async () => {
  await current.cluster.deploy("grace", { graceSeconds: 20 });
  await current.cluster.available("grace");
  await Drain.check({}, inputs("grace"));
  expect(current.printed.join()).toMatch(/take 20 s .* waits for 15 s.* \[grace-period\]$/);
  await Drain.check({}, { ...inputs("grace"), timeoutSeconds: 20 });
  expect(current.printed).toHaveLength(1);
});

describe("a drain of every executor", () => {
  it("takes a StatefulSet beside a Deployment, and puts its replicas back", async () => {
    await deployed("set", 1);
    const set = { kind: "StatefulSet", name: "queue", graceSeconds: 1 } as const;
    await current.cluster.deploy("set", { ...set, replicas: 2 });
    await current.cluster.available("set", "statefulset/queue");
    const state = await createDrain(inputs("set"));
    expect(await current.cluster.pods("set")).toEqual([]);
    expect(await current.cluster.replicas("set", "statefulset/queue")).toBe("0 2");
    expect(Object.keys(state.drainSnapshot?.workloads ?? {}).sort()).toEqual([
      "Deployment worker",
      "StatefulSet queue",
    ]);

    await current.cluster.deploy("set", { mode: "mongo", replicas: 0 });
    await current.cluster.deploy("set", { ...set, mode: "mongo", replicas: 0 });
    await replaced("set");
    expect(await current.cluster.replicas("set", "statefulset/queue")).toBe("2");
    expect(current.printed.join("\n")).toMatch(/^worker: queue .* 2 ready/m);
  });

  it("refuses a release none of whose workloads states a mode, and scales nothing", async () => {
    await current.cluster.deploy("cache", { mode: "nothing" });
    expect(await refusal(inputs("cache"))).toMatch(
      /No container of Deployment worker .* Worker__Storage__Mode/,
    );
    expect(await current.cluster.replicas("cache")).toBe("1");
  });

  it("refuses a release with a pod of something that is not drained, and scales nothing", async () => {
    await deployed("beside", 1);
    await current.cluster.apply(daemonSet("beside", { app: "agent" }));
    await current.cluster.untilPods("beside", 2);
    expect(await refusal(inputs("beside"))).toMatch(
      /drained: agent-\w+ \(of DaemonSet agent\)\..* is not supported as a worker \(docs\/supported/,
    );
    expect(await current.cluster.replicas("beside")).toBe("1");

    // Labels of the worker's own leave it out, because it states no mode.
    const own = inputs("beside", ofWorker);
    expect(await createDrain(own)).toMatchObject(isDrained);
  });

  /** A pod with the worker's labels, whose kubelet the test plays. */
  const runLabelled = (namespace: string, name: string) => {
    const own = `--annotations=${ownKubelet.name}=${ownKubelet.value}`;
    const labels = "--labels=app.kubernetes.io/instance=worker";
    return current.cluster.run(namespace, name, labels, own);
  };

  it("leaves a pod with the worker's labels out that has ended", async () => {
    await deployed("ended", 1);
    await runLabelled("ended", "hook");
    await current.cluster.status("ended", "hook", { phase: "Succeeded" });
    expect(await createDrain(inputs("ended"))).toMatchObject(isDrained);
  });

  it("refuses a pod that appears while it waits for the worker's", async () => {
    await current.cluster.deploy("appears", { own: true });
    const [worker = ""] = await current.cluster.untilPods("appears", 1);
    const refused = refusal(inputs("appears"));
    await vi.waitFor(async () => {
      expect(await current.cluster.replicas("appears")).toBe("0 1");
    }, 10_000);
    await runLabelled("appears", "late");
    await current.cluster.end("appears", worker);
    expect(await refused).toMatch(/ drained: late\. /);
  });

  it("refuses a pod that states the worker's mode under other labels", async () => {
    await deployed("hidden", 1);
    const env = [{ name: "Worker__Storage__Mode", value: "filesystem" }];
    await current.cluster.apply(daemonSet("hidden", { app: "agent" }, env));
    await current.cluster.untilPods("hidden", 2);
    expect(await refusal(inputs("hidden", ofWorker))).toMatch(
      /variable Worker__Storage__Mode, .*: agent-\w+ \(of/,
    );
    expect(await current.cluster.replicas("hidden")).toBe("1");
  });

  it("refuses a StatefulSet with a partition, in both directions, and scales nothing", async () => {
    await current.cluster.deploy("parted", { kind: "StatefulSet", replicas: 2 });
    const patch = (partition: number) =>
      JSON.stringify({ spec: { updateStrategy: { rollingUpdate: { partition } } } });
    const parted = ["statefulset/worker", "--namespace=parted"];
    await current.cluster.kubectl("patch", ...parted, `--patch=${patch(1)}`);
    for (const text of [await refusal(inputs("parted")), await refusalBack("parted")]) {
      expect(text).toMatch(/StatefulSet worker .* partition.* kubectl patch statefulset/);
    }
    expect(await current.cluster.replicas("parted", "statefulset/worker")).toBe("2");

    // The command of the error.
    const [, fix = ""] = /--patch '(.*)'/.exec(await refusal(inputs("parted"))) ?? [];
    await current.cluster.kubectl("patch", ...parted, `--patch=${fix}`);
    expect(await createDrain({ ...inputs("parted"), timeoutSeconds: 40 })).toMatchObject({
      drainSnapshot: { direction: "forward" },
    });
  });

  it("refuses replicas with a state each in a cutover", async () => {
    await current.cluster.deploy("claims", { kind: "StatefulSet", replicas: 2, claims: true });
    expect(await refusal(inputs("claims"))).toMatch(
      /StatefulSet worker .*volumeClaimTemplates.* to 1/,
    );
    expect(await current.cluster.replicas("claims", "statefulset/worker")).toBe("2");
    await current.cluster.scale("claims", 1, { workload: "statefulset/worker" });
    expect(await createDrain(inputs("claims"))).toMatchObject(isDrained);
  });

  it("refuses replicas with a state each that a drain has scaled to zero already", async () => {
    const set = { kind: "StatefulSet", replicas: 2, claims: true, graceSeconds: 1 } as const;
    await current.cluster.deploy("at-zero", set);
    const known = { ...inputs("at-zero"), drainSnapshot: { direction: "forward" }, applied: true };
    const drained = await updateDrain(stored(known), inputs("at-zero", back));
    expect(await current.cluster.replicas("at-zero", "statefulset/worker")).toBe("0 2");
    const { text } = await unfinished(Drain.update("id", drained, inputs("at-zero")));
    expect(text).toMatch(/StatefulSet worker .*volumeClaimTemplates.* to 1/);
  });

  it("refuses a paused Deployment, in both directions, and scales nothing", async () => {
    await deployed("paused", 1);
    const paused = ["deployment/worker", "--namespace=paused"];
    await current.cluster.kubectl("rollout", "pause", ...paused);
    for (const text of [await refusal(inputs("paused")), await refusalBack("paused")]) {
      expect(text).toMatch(/Deployment worker is paused.* kubectl rollout resume/);
    }
    const [foreseen] = (await Drain.check({}, inputs("paused"))).failures ?? [];
    expect(foreseen?.reason).toMatch(/Deployment worker is paused/);
    expect(await current.cluster.replicas("paused")).toBe("1");

    await current.cluster.kubectl("rollout", "resume", ...paused);
    expect(await createDrain(inputs("paused"))).toMatchObject(isDrained);
  });

  it("refuses a workload of the release that states no mode, but not in a rollback", async () => {
    await deployed("mixed", 1);
    await current.cluster.deploy("mixed", { name: "cache", mode: "nothing", graceSeconds: 1 });
    await current.cluster.available("mixed", "deployment/cache");
    expect(await refusal(inputs("mixed"))).toMatch(/No container of Deployment cache in/);
    expect(await current.cluster.replicas("mixed", "deployment/cache")).toBe("1");
    const drained = await createDrain(inputs("mixed", ofWorker));
    expect(drained).toMatchObject(isDrained);

    const known = stored({ ...drained, selector: undefined, ...inputs("mixed") });
    expect(await updateDrain(known, inputs("mixed", back))).toMatchObject({
      drainSnapshot: { direction: "back" },
      applied: true,
    });
  });

  it("finds a pod that states the mode, or has the worker's image and claim, unless it is ignored", async () => {
    const worker = { claim: "state", image: "registry.example.org:5000/worker:1", graceSeconds: 1 };
    await current.cluster.deploy("anywhere", worker);
    const image = "registry.example.org:5000/worker@sha256:1234";
    const volumes = [{ name: "state", persistentVolumeClaim: { claimName: "state" } }];
    const pod = (name: string, container: object, spec = {}, labels = {}) =>
      current.cluster.apply({
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, namespace: "anywhere", labels: { team: "other", ...labels } },
        spec: { containers: [{ name: "main", image: "none", ...container }], ...spec },
      });
    await vi.waitFor(() => pod("backup", {}, { volumes }), 10_000);
    await pod("image-only", { image });
    await pod("job", { image }, { volumes }, { "taskrunner.stellaops.io/step": "bulk-pass" });
    await pod("by-claim", { image }, { volumes });
    await pod("by-value", { env: [{ name: "worker__storage__mode", value: "filesystem" }] });

    const selected = { ...inputs("anywhere", ofWorker), release: undefined };
    expect(await refusal(selected)).toMatch(
      / drained: by-claim, by-value\. .* rollout\.ignorePods\./,
    );
    expect(current.printed.join()).toMatch(/^warning: .* image-only\. .*\[image-elsewhere\]$/);
    expect(await current.cluster.replicas("anywhere")).toBe("1");
    const ignoring = { ...inputs("anywhere", ofWorker), ignorePods: "team=other" };
    expect(await createDrain(ignoring)).toMatchObject(isDrained);
  });

  it("leaves web's pods out, which may have the worker's image and claim", async () => {
    const image = "registry.example.org/worker:1";
    const both = { claim: "state", image, graceSeconds: 1 };
    await current.cluster.deploy("one-image", both);
    await current.cluster.deploy("one-image", { ...both, name: "web", mode: "nothing" });
    await current.cluster.untilPods("one-image", 2);
    const worker = inputs("one-image", ofWorker);
    expect(await refusal(worker)).toMatch(
      / drained: web-\S+ \(of Deployment web\).* delete them\./,
    );
    const web = { release: "worker", selector: "app=web" };
    expect(await createDrain({ ...worker, web })).toMatchObject(isDrained);
  });

  const image = "registry.example.org/worker:1";
  const onFiles = [{ name: "Worker__Storage__Mode", value: "filesystem" }];
  /** Patches the pods' spec of a Deployment. */
  const patchPods = (namespace: string, name: string, spec: object) => {
    const patch = JSON.stringify({ spec: { template: { spec } } });
    const of = [`deployment/${name}`, `--namespace=${namespace}`, `--patch=${patch}`];
    return current.cluster.kubectl("patch", ...of);
  };

  it("refuses a worker that runs as a second container of web's pod", async () => {
    await deployed("in-web", 1);
    await current.cluster.deploy("in-web", { name: "web" });
    await patchPods("in-web", "web", { containers: [{ name: "agent", image, env: onFiles }] });
    await current.cluster.available("in-web", "deployment/web");
    const web = { release: "worker", selector: "app=web" };
    expect(await refusal({ ...inputs("in-web", ofWorker), web })).toMatch(
      / drained: web-\S+ \(of Deployment web\)/,
    );
    expect(await current.cluster.replicas("in-web")).toBe("1");
  });

  it("refuses a worker that runs as an init container which stays", async () => {
    await deployed("sidecar", 1);
    await current.cluster.deploy("sidecar", { name: "agent", mode: "nothing" });
    const sidecar = { name: "worker", image, env: onFiles, restartPolicy: "Always" };
    await patchPods("sidecar", "agent", { initContainers: [sidecar] });
    await current.cluster.available("sidecar", "deployment/agent");
    expect(await refusal(inputs("sidecar", ofWorker))).toMatch(/ drained: agent-\S+ \(of/);
    expect(await current.cluster.replicas("sidecar")).toBe("1");
  });

  it("refuses a container with the worker's image and no mode, and warns after a first cutover", async () => {
    await deployed("silent", 1);
    await patchPods("silent", "worker", { containers: [{ name: "agent", image }] });
    await current.cluster.available("silent");
    const line = /Container agent .* \{ name: Worker__Storage__Mode, value: filesystem \}/;
    expect(await refusal(inputs("silent"))).toMatch(line);
    expect(await current.cluster.replicas("silent")).toBe("1");
    expect(await createDrain({ ...inputs("silent"), ended: 1 })).toMatchObject(isDrained);
    expect(current.printed.join("\n")).toMatch(/^warning: Container agent .*\[executor-missed\]$/m);
  });

  it("refuses a container that states the mode by an argument, before each cutover", async () => {
    await deployed("argument", 1);
    const main = { name: "main", args: ["--Worker:Storage:Mode=filesystem"] };
    await patchPods("argument", "worker", { containers: [main] });
    await current.cluster.available("argument");
    for (const ended of [0, 1]) {
      const refused = await refusal({ ...inputs("argument"), ended });
      expect(refused).toMatch(/Container main .* by an argument/);
    }
    expect(await current.cluster.replicas("argument")).toBe("1");
  });

  it("refuses a pod with the Deployment's labels that no controller deletes", async () => {
    await deployed("manual", 1);
    await runLabelled("manual", "manual");
    await current.cluster.kubectl("label", "pod/manual", "app=worker", "--namespace=manual");
    expect(await refusal(inputs("manual"))).toMatch(/ drained: manual\. .* delete them/);
    expect(await current.cluster.replicas("manual")).toBe("1");
  });

  it("refuses a pod with the image and the claim of a StatefulSet's pod", async () => {
    await current.cluster.deploy("own-claim", { kind: "StatefulSet", claims: true });
    await current.cluster.untilPods("own-claim", 1);
    const claim = { name: "state", persistentVolumeClaim: { claimName: "state-worker-0" } };
    const spec = { containers: [{ name: "job", image }], volumes: [claim] };
    await current.cluster.run("own-claim", "job", `--overrides=${JSON.stringify({ spec })}`);
    expect(await refusal(inputs("own-claim", ofWorker))).toMatch(/ drained: job\. /);
    expect(await current.cluster.replicas("own-claim", "statefulset/worker")).toBe("1");
  });
});

it("finds a web that Argo Rollouts runs by the template of its Deployment", async () => {
  await deployed("rollout", 1);
  await current.cluster.deploy("rollout", { name: "web", replicas: 0 });
  const labels = { app: "web" };
  const owner = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web", uid: "r" };
  const spec = { containers: [{ name: "main", image: "none" }] };
  await current.cluster.apply({
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: "web-1",
      namespace: "rollout",
      labels,
      ownerReferences: [{ ...owner, controller: true }],
    },
    spec: {
      replicas: 1,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec },
    },
  });
  const web = { release: "worker", selector: "app=web" };
  const { failures = [] } = await Drain.check({}, { ...inputs("rollout", ofWorker), web });
  expect(failures.map(({ reason }) => reason).join()).toMatch(/Rollout web of Argo Rollouts/);
});
