import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { providers } from "../../../components/rollout/provider";
import type { DrainInputs } from "../../../components/rollout/pods/inputs";
import { checkoutForTests } from "../values/checkout";
import { clusterForTests } from "./cluster";
import { unfinished } from "./drains";

const { Drain, ValuesFile } = providers;
const current = clusterForTests();
const site = checkoutForTests();

const own = (service: string) => `deploy/taskrunner-storage.${service}.values.yaml`;
const stack = "organization/taskrunner-storage/prod";

const inputs = (mode: "mongo" | "filesystem" = "mongo", timeoutSeconds = 15): DrainInputs => ({
  kubeconfig: current.cluster.kubeconfig,
  namespace: "apps",
  selector: "app=worker",
  service: "worker",
  mode,
  timeoutSeconds,
  direction: mode === "mongo" ? "forward" : "back",
  push: {
    files: ["worker", "web"].map((service) => join(site.checkout, own(service))),
    branch: "main",
    stack,
  },
});

const refusal = async (mode?: "filesystem") =>
  ((await Drain.check({}, inputs(mode))).failures ?? []).map(({ reason }) => reason).join();

beforeAll(() => current.cluster.deploy("apps", { replicas: 0 }));

describe("the right to push, before the drain", () => {
  it("is proven by both files, which state nothing yet", async () => {
    await Drain.create(inputs());

    for (const service of ["worker", "web"]) {
      const text = await site.onRemote("show", `main:${own(service)}`);
      expect(text).toBe(`# taskrunner-storage: values of stack ${stack}\n{}`);
    }
    expect(current.said.join()).toMatch(/ can be pushed .* main/);
  });

  it("is proven again in the next change of mode, and leaves the files as they are", async () => {
    const outs = (await Drain.create(inputs())).outs as object;
    expect((await Drain.diff("id", outs, inputs())).changes).toBe(false);
    const back = inputs("filesystem");
    expect((await Drain.diff("id", outs, back)).changes).toBe(true);
    await Drain.update("id", outs, back);

    expect(await site.commits()).toBe(5);
    expect(await site.onRemote("diff", "--name-only", "main~2", "main")).toBe("");
  });

  it("stops the update where the server refuses, and says that the services are as before", async () => {
    await site.refuse("protected branch");
    const failing = Drain.create(inputs());
    await expect(failing).rejects.toThrow(/protected branch.* Both services /);
    expect(await site.commits()).toBe(1);
  });

  it("is proven again by an up that resumes a drain", async () => {
    await current.cluster.deploy("resumed", { own: true });
    await vi.waitFor(async () => {
      expect(await current.cluster.pods("resumed")).toHaveLength(1);
    }, 10_000);
    const drained = { ...inputs("mongo", 2), namespace: "resumed" };
    const { state, text } = await unfinished(Drain.create(drained));
    expect(text).toContain("not drained after 2 s");
    const [pod = ""] = await current.cluster.pods("resumed");
    await current.cluster.end("resumed", pod);

    await site.refuse("protected branch");
    const again = await unfinished(Drain.update("id", state, drained));
    expect(again.text).toMatch(/protected branch.* stays at 0 /);
    expect(await site.commits()).toBe(3);
  });

  it("stops a rollback too", async () => {
    const outs = (await Drain.create(inputs())).outs as object;
    await site.git("switch", "--quiet", "--detach", "main");
    const failing = Drain.update("id", outs, inputs("filesystem"));
    await expect(failing).rejects.toThrow("detached");
  });
});

describe("a values file with rollout.push", () => {
  const written = (changes: object = {}) => ({
    direction: "forward" as const,
    service: "worker" as const,
    mode: "mongo" as const,
    stack,
    site: [join(site.checkout, "deploy/worker.yaml")],
    path: "env",
    file: join(site.checkout, own("worker")),
    environment: { Worker__Storage__Mode: "mongo" },
    push: { branch: "main" },
    ...changes,
  });

  it("is in the branch", async () => {
    await Drain.create(inputs());
    await ValuesFile.create(written());

    expect(await site.onRemote("show", `main:${own("worker")}`)).toContain("value: mongo");
    expect(await site.onRemote("log", "-1", "--format=%s", "main")).toBe(
      `Set worker to mongo mode (stack ${stack}) [skip ci]`,
    );
  });

  it("is pushed by the next up if the setting is new", async () => {
    const outs = (await ValuesFile.create(written({ push: undefined }))).outs as object;
    expect(await site.commits()).toBe(1);
    expect((await ValuesFile.diff("worker", outs, written())).changes).toBe(true);
    await ValuesFile.update("worker", outs, written());
    expect(await site.commits()).toBe(2);
  });

  it("that is refused after all leaves its step to the next up", async () => {
    await site.refuse("not now");
    await expect(ValuesFile.create(written())).rejects.toThrow(/not now.* resumes here\.$/);
  });
});

describe("Argo CD, which deploys each commit", () => {
  const respected = { syncPolicy: { syncOptions: ["RespectIgnoreDifferences=true"] } };
  const replicas = { group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"] };

  beforeAll(async () => {
    const schema = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    await current.cluster.apply({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "applications.argoproj.io" },
      spec: {
        group: "argoproj.io",
        scope: "Namespaced",
        names: { kind: "Application", plural: "applications", singular: "application" },
        versions: [
          { name: "v1alpha1", served: true, storage: true, schema: { openAPIV3Schema: schema } },
        ],
      },
    });
    await current.cluster.kubectl("wait", "--for=condition=Established", "crd", "--all");
    await current.cluster.kubectl("create", "namespace", "argocd");
  });

  /** Application `runner`, and the worker as Argo CD tracks it. */
  async function deployed(spec: object, tracked = "argocd.argoproj.io/instance=runner") {
    const of = ["deployment", "worker", "--namespace=apps", "--overwrite"];
    await current.cluster.kubectl("label", ...of, tracked);
    await current.cluster.kubectl("delete", "applications", "--all", "--namespace=argocd");
    await current.cluster.apply({
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      spec,
      metadata: { name: "runner", namespace: "argocd" },
    });
  }

  it.each([
    ["nothing", {}],
    ["not respected", { ignoreDifferences: [replicas] }],
    ["no row", respected],
    ["another kind", { ...respected, ignoreDifferences: [{ ...replicas, kind: "StatefulSet" }] }],
    ["another name", { ...respected, ignoreDifferences: [{ ...replicas, name: "web" }] }],
    ["another field", { ...respected, ignoreDifferences: [{ ...replicas, jsonPointers: ["/x"] }] }],
  ])("is refused if it would set the replicas back: %s", async (_, spec) => {
    await deployed(spec);
    expect(await refusal()).toMatch(
      /Application argocd\/runner .*RespectIgnoreDifferences=true.*kind: Deployment/,
    );
  });

  it("may deploy a worker whose replicas it leaves alone", async () => {
    await deployed({ ...respected, ignoreDifferences: [{ kind: "Other" }, replicas] });
    expect(await refusal()).toBe("");
    expect(current.said).toEqual([]);
  });

  it("is a warning on a rollback", async () => {
    await deployed({});
    expect(await refusal("filesystem")).toBe("");
    expect(current.said.join()).toBe(
      "warning: Argo CD deploys Deployment worker by Application argocd/runner and would set its " +
        "replicas back during the drain. Add to its spec: syncPolicy.syncOptions: " +
        "[RespectIgnoreDifferences=true] and ignoreDifferences: " +
        "[{ group: apps, kind: Deployment, jsonPointers: [/spec/replicas] }]. [argo-sets-replicas]",
    );
  });

  it("is a warning if its Application cannot be read, in a namespace that the tracking names", async () => {
    await deployed({}, "argocd.argoproj.io/instance=teams_runner");
    expect(await refusal()).toBe("");
    expect(current.said.join()).toMatch(/^warning: .* teams\/runner.* \[argo-not-checked\]$/);
  });

  it("is known by the label of each chart if there is an Application of that name", async () => {
    const untracked = ["deployment", "worker", "--namespace=apps", "argocd.argoproj.io/instance-"];
    await deployed({}, "app.kubernetes.io/instance=runner");
    await current.cluster.kubectl("label", ...untracked);
    expect(await refusal()).toContain(" argocd/runner ");

    await deployed({}, "app.kubernetes.io/instance=another");
    expect(await refusal()).toBe("");
    expect(current.said).toEqual([]);
  });
});
