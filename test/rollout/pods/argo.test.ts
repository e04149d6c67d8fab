import { beforeAll, describe, expect, it } from "vitest";
import { providers } from "../../../components/rollout/provider";
import { isEntryOf } from "../../../components/rollout/pods/argo";
import type { DrainInputs } from "../../../components/rollout";
import { checkoutForTests } from "../values/checkout";
import { clusterForTests } from "./cluster";
import { inputsWithFiles, own } from "./with-files";

const { Drain } = providers;
const current = clusterForTests();
const site = checkoutForTests();

const refusal = async (mode?: "filesystem", changes: Partial<DrainInputs> = {}) =>
  ((await Drain.check({}, { ...inputsWithFiles(current, site, mode), ...changes })).failures ?? [])
    .map(({ reason }) => reason)
    .join();

beforeAll(() => current.cluster.deploy("apps", { replicas: 0 }));

describe("Argo CD, which deploys each commit", () => {
  const respected = {
    syncPolicy: { automated: {}, syncOptions: ["RespectIgnoreDifferences=true"] },
  };
  const replicas = { group: "apps", kind: "Deployment", jsonPointers: ["/spec/replicas"] };

  beforeAll(async () => {
    const spec = { type: "object", "x-kubernetes-preserve-unknown-fields": true };
    const schema = { type: "object", properties: { spec } };
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
    await track(usual);
  });

  /** Marks a service as Argo CD tracks it. */
  const track = (label: string, service = "worker") =>
    current.cluster.kubectl("label", "deployment", service, label, "-n", "apps", "--overwrite");
  const usual = "argocd.argoproj.io/instance=runner";

  /** Application `runner`, of an ApplicationSet if that is named. */
  async function deployed(spec: object, owner?: string) {
    await current.cluster.apply({
      apiVersion: "argoproj.io/v1alpha1",
      kind: "Application",
      spec,
      metadata: {
        name: "runner",
        namespace: "argocd",
        ...(owner !== undefined && {
          ownerReferences: [
            {
              apiVersion: "argoproj.io/v1alpha1",
              kind: "ApplicationSet",
              name: owner,
              uid: "1",
              controller: true,
            },
          ],
        }),
      },
    });
  }

  /** A spec that deploys the worker's file. */
  const listing = (source: object = {}, helm: object = {}) => ({
    ...respected,
    ignoreDifferences: [{ kind: "Other" }, replicas],
    source: {
      targetRevision: "main",
      path: "chart",
      helm: { valueFiles: ["worker.yaml", `/${own("worker")}`], ...helm },
      ...source,
    },
  });

  /** One of a chart whose values are in another repository. */
  const fromTwo = (targetRevision: string) => ({
    ...listing(),
    source: undefined,
    sources: [
      {
        chart: "runner",
        targetRevision: "1.0.0",
        helm: { valueFiles: [`$values/${own("worker")}`] },
      },
      { ref: "values", targetRevision },
    ],
  });

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
    await deployed(listing());
    expect(await refusal()).toBe("");
    expect(current.printed).toEqual([]);
  });

  const inline = (value: string) => ({ env: [{ name: "worker__storage__mode", value }] });
  it.each([
    ["no file of ours", listing({}, { valueFiles: ["worker.yaml"] }), "do not list"],
    ["a chart without values", listing({ helm: undefined }), "do not list"],
    [
      "values of its own",
      listing({}, { values: "env: []\n" }),
      "set Worker__Storage__Mode to nothing",
    ],
    ["an object of values", listing({}, { valuesObject: inline("filesystem") }), "to filesystem"],
    [
      "a parameter",
      listing({}, { parameters: [{ name: "env[0].value", value: "Filesystem" }] }),
      "to filesystem",
    ],
    ["a tag", listing({ targetRevision: "v1.2.3" }), "v1.2.3 is a tag or commit"],
    ["a commit", listing({ targetRevision: "0a1b2c3d4e" }), "0a1b2c3d4e is a tag or commit"],
    [
      "a tag of the values' repository",
      fromTwo("refs/tags/live"),
      "refs/tags/live is a tag or commit",
    ],
  ])("is refused if it would not deploy the stack's file: %s", async (_, spec, words) => {
    await deployed(spec);
    expect(await refusal()).toContain(words);
    expect(await refusal("filesystem")).toBe("");
  });

  it.each([
    ["the same mode", listing({}, { valuesObject: inline("mongo") })],
    [
      "other values",
      listing({}, { values: "replicas: 2\n", parameters: [{ name: "a.b", value: "c" }] }),
    ],
    ["no revision", listing({ targetRevision: undefined })],
    ["a chart of a repository, with our file of another one", fromTwo("main")],
  ])("may have %s", async (_, spec) => {
    await deployed(spec);
    expect(await refusal()).toBe("");
    expect(current.printed).toEqual([]);
  });

  it("is a warning without automated syncs", async () => {
    await deployed({ ...listing(), syncPolicy: { ...respected.syncPolicy, automated: undefined } });
    expect(await refusal()).toBe("");
    expect(current.printed.join()).toMatch(/^warning: .* pods of worker\. \[argo-not-automated\]$/);
  });

  it("is to be changed where an ApplicationSet makes its Applications", async () => {
    await deployed(listing({ targetRevision: "v1.2.3" }), "runners");
    expect(await refusal()).toMatch(/ Change it in ApplicationSet runners,/);
  });

  it("is asked for web's file too, without a right to push", async () => {
    await deployed({ source: listing().source });
    await current.cluster.deploy("apps", { name: "web", mode: "nothing", replicas: 0 });
    await track(usual, "web");
    const files = inputsWithFiles(current, site).files.map(({ push, ...file }) => {
      expect(push).toBeDefined();
      return file;
    });
    expect(await refusal(undefined, { files, web: { selector: "app=web" } })).toMatch(
      /Deployment web by .* do not list .*web\.values\.yaml/,
    );
    await current.cluster.kubectl("delete", "deployment", "web", "--namespace=apps");
  });

  it("is a warning on a rollback", async () => {
    await deployed({});
    expect(await refusal("filesystem")).toBe("");
    expect(current.printed.join()).toBe(
      "warning: Argo CD deploys Deployment worker by Application argocd/runner and would set its " +
        "replicas back during the drain. Add to its spec: syncPolicy.syncOptions: " +
        "[RespectIgnoreDifferences=true] and ignoreDifferences: " +
        "[{ group: apps, kind: Deployment, jsonPointers: [/spec/replicas] }]. [argo-sets-replicas]",
    );
  });

  it("is a warning if its Application cannot be read, in a namespace that the tracking names", async () => {
    await deployed({});
    await track("argocd.argoproj.io/instance=teams_runner");
    expect(await refusal()).toBe("");
    expect(current.printed.join()).toMatch(/^warning: .* teams\/runner.* \[argo-not-checked\]$/);
  });

  it("is known by the label of each chart if there is an Application of that name", async () => {
    await deployed({});
    await track("argocd.argoproj.io/instance-");
    await track("app.kubernetes.io/instance=runner");
    expect(await refusal()).toContain(" argocd/runner ");

    await track("app.kubernetes.io/instance=another");
    expect(await refusal()).toBe("");
    expect(current.printed).toEqual([]);
  });
});

describe("an entry of valueFiles", () => {
  const file = "deploy/prod/taskrunner-storage.worker.values.yaml";
  it.each([
    ["taskrunner-storage.worker.values.yaml", true],
    [`/${file}`, true],
    [`../../${file}`, true],
    [`/team/${file}`, true],
    ["$values/prod/taskrunner-storage.worker.values.yaml", true],
    ["/deploy/*/taskrunner-storage.*.values.yaml", true],
    ["/**/taskrunner-storage.worker.values.yaml", true],
    ["/deploy/$ARGOCD_ENV_STAGE/taskrunner-storage.worker.values.yaml", true],
    ["/deploy/staging/taskrunner-storage.worker.values.yaml", false],
    ["taskrunner-storageXworker.values.yaml", false],
    ["taskrunner-storage.web.values.yaml", false],
  ])("%s may be the stack's file: %s", (entry, isSame) => {
    expect(isEntryOf(file, entry)).toBe(isSame);
  });
});
