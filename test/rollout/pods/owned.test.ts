import { expect, it } from "vitest";
import type { DrainInputs } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests } from "./cluster";
import { drainsOn } from "./drains";

const current = clusterForTests();

const release = { "meta.helm.sh/release-name": "worker" };
const ofChart = { "app.kubernetes.io/instance": "worker" };
const flux = {
  "helm.toolkit.fluxcd.io/name": "runner",
  "helm.toolkit.fluxcd.io/namespace": "flux-system",
};
const tracked = { "argocd.argoproj.io/tracking-id": "runner:apps/StatefulSet:argo:worker" };

/** A workload without pods, as a chart and who deploys it left it. */
async function deployed(
  namespace: string,
  labels: object,
  annotations: object = {},
  kind = "Deployment",
) {
  const own = { app: "worker" };
  const stated = { name: "Worker__Storage__Mode", value: "filesystem" };
  await current.cluster.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "apps/v1",
      kind,
      metadata: { name: "worker", namespace, labels: { ...labels, run: "worker" }, annotations },
      spec: {
        replicas: 0,
        selector: { matchLabels: own },
        ...(kind === "StatefulSet" && { serviceName: "worker" }),
        template: {
          metadata: { labels: own },
          spec: { containers: [{ name: "main", image: "none", env: [stated] }] },
        },
      },
    },
  );
}

/** What the engine is told before the drain, in a preview too. */
async function refusal(namespace: string, changes: Partial<DrainInputs> = {}): Promise<string> {
  const asked = { release: "", selector: "run=worker", releases: ["worker", "web"], ...changes };
  const inputs = drainsOn(current).inputs(namespace, asked);
  const { failures = [] } = await providers.Drain.check({}, inputs);
  return failures.map(({ reason }) => reason).join("\n");
}

it.each([
  ["flux", flux, release, "Deployment", "Flux (HelmRelease flux-system/runner)"],
  [
    "argo-label",
    { "argocd.argoproj.io/instance": "runner" },
    release,
    "Deployment",
    "Argo CD (application runner)",
  ],
  ["argo", ofChart, tracked, "StatefulSet", "Argo CD (application runner)"],
])(
  "refuses what %s deploys, and names target values",
  async (name, labels, annotations, kind, owner) => {
    await deployed(name, labels, annotations, kind);
    const text = await refusal(name);
    expect(text).toMatch(/^In namespace/);
    expect(text).toContain(`\n  ${kind} worker: ${owner}\n`);
    expect(text).toContain("rollout.target: values");
    expect(await refusal(name, { releases: ["another"] })).toBe("");
  },
);

it("leaves a release alone that nobody else deploys", async () => {
  await deployed("own", ofChart, release);
  expect(await refusal("own")).toBe("");
});

it("does not stop a rollback, and warns of it", async () => {
  await deployed("back", flux, release);
  expect(await refusal("back", { direction: "back" })).toBe("");
  expect(current.printed.join()).toMatch(/^warning: .*HelmRelease flux-system.*\[owned\]$/s);
});

it("is nothing that target values looks at", async () => {
  await deployed("values", flux, release);
  expect(await refusal("values", { releases: [] })).toBe("");
});
