import type { V1Deployment, V1Pod } from "@kubernetes/client-node";
import { describe, expect, it, vi } from "vitest";
import { serviceEnvironment } from "../../../components/rollout";
import { canaryPod } from "../../../components/rollout/canary/pod";
import type { CanaryInputs } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import { canaryRules, servicesRules } from "../../rights";
import { serviceNames } from "../names";
import { kubeconfigOf } from "../../account";
import { clusterForTests } from "../pods/cluster";

const { Canary, ServicesCheck } = providers;
const current = clusterForTests();

const inputs = (namespace: string, changes: Partial<CanaryInputs> = {}): CanaryInputs => ({
  kubeconfig: current.cluster.kubeconfig,
  namespace,
  selector: "app=web",
  owner: "project/stack/taskrunner",
  environment: serviceEnvironment("web", "forward", serviceNames),
  timeoutSeconds: 30,
  cutover: 1,
  direction: "forward",
  ...changes,
});

type State = CanaryInputs & { readonly passed: boolean };

const checked = async (from: CanaryInputs, olds: object = {}) =>
  (await Canary.check(olds, from)).inputs as CanaryInputs;
const ran = async (from: CanaryInputs) => (await Canary.create(await checked(from))).outs as State;
const isDue = async (state: State, to = inputs(state.namespace)) =>
  (await Canary.diff("id", state, await checked(to, state))).changes;

/** Web on a played node, in a mode. */
async function deployed(namespace: string, mode: "mongo" | "filesystem" = "filesystem") {
  await current.cluster.deploy(namespace, { name: "web", mode });
  await current.cluster.available(namespace, "deployment/web");
}
const canaries = async (namespace: string) =>
  (await current.cluster.pods(namespace)).filter((one) => one.includes("canary"));

const shown = () =>
  current.printed.filter((line) => line.includes("[canary-not-shown]")).join("\n");

describe("a canary shows nothing, and the cutover goes on", () => {
  it("on a node that only plays its containers: the pod is gone afterwards", async () => {
    await deployed("played");
    expect(await ran(inputs("played"))).toMatchObject({ passed: false });
    expect(shown()).toMatch(/its node \S+ names no container that runs/);
    expect(await canaries("played")).toEqual([]);
  });

  it("without a web, or one with replicas", async () => {
    await current.cluster.kubectl("create", "namespace", "without");
    await ran(inputs("without"));
    expect(shown()).toContain("there is no Deployment or StatefulSet with labels app=web");
    await deployed("without");
    await current.cluster.scale("without", 0, { workload: "deployment/web" });
    await ran(inputs("without"));
    expect(shown()).toMatch(/(with replicas[^]*){2}/);
  });

  it("if a Service would route requests to it", async () => {
    await deployed("published");
    await current.cluster.apply({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "peers", namespace: "published" },
      spec: { selector: { app: "web" }, ports: [{ port: 80 }], publishNotReadyAddresses: true },
    });
    await ran(inputs("published"));
    expect(shown()).toContain("Service peers would route requests to it");
  });

  const upOf = async (from: CanaryInputs) => {
    const { environment: canary, ...others } = from;
    const worker = { release: "worker", selector: "app=worker", service: "worker", mode: "mongo" };
    await ServicesCheck.create({ ...others, ...worker, canary, web: { selector: "app=web" } });
  };

  it.each([
    ["delete", "pods"],
    ["list", "services"],
  ])("without the right to %s %s, which the check of the services foresees", async (...right) => {
    const [verb, resource] = right;
    const namespace = `may-not-${verb}`;
    await current.cluster.deploy(namespace);
    await deployed(namespace);
    const rules = [...servicesRules, ...canaryRules].map((rule) => {
      const isOf = rule.resources.includes(resource);
      return isOf ? { ...rule, verbs: rule.verbs.filter((one) => one !== verb) } : rule;
    });
    const able = rules.filter(({ verbs }) => verbs.length > 0);
    const kubeconfig = await kubeconfigOf(current.cluster, namespace, able);
    await upOf(inputs(namespace, { kubeconfig }));
    expect(shown()).toContain(`resources: ["${resource}"], verbs: ["${verb}"]`);
    expect(await ran(inputs(namespace, { kubeconfig }))).toMatchObject({ passed: false });
    expect(await canaries(namespace)).toEqual([]);
  });

  it("if a policy forbids it, which the check of the services foresees", async () => {
    await current.cluster.deploy("strict");
    await deployed("strict");
    const label = "pod-security.kubernetes.io/enforce=restricted";
    await current.cluster.kubectl("label", "namespace", "strict", label);
    await upOf(inputs("strict"));
    expect(shown()).toMatch(/violates PodSecurity "restricted/);
  });
});

it.each(["forward", "back"] as const)(
  "one that a killed engine left makes the check of the services due, %s, which removes it",
  async (direction) => {
    const namespace = `left-${direction}`;
    const { owner, environment, ...others } = inputs(namespace, { release: "worker", direction });
    const of = `--namespace=${namespace}`;
    await current.cluster.deploy(namespace);
    await deployed(namespace);
    const text = await current.cluster.kubectl("get", "deployment/web", of, "--output=json");
    const asked = { name: "left", owner, environment, deadlineSeconds: 60 };
    const pod = canaryPod(JSON.parse(text) as V1Deployment, asked) as V1Pod;
    Object.assign(pod, { metadata: Object.assign({ namespace }, pod.metadata) });
    await current.cluster.apply(pod);
    const mode = direction === "forward" ? "mongo" : "filesystem";
    const worker = {
      selector: "app=worker",
      service: "worker",
      mode,
      web: { selector: "app=web" },
    };
    const known = (await ServicesCheck.check({}, { ...others, owner, ...worker })).inputs as object;
    const done = { applied: true };
    const changes = async () =>
      (await ServicesCheck.diff("id", { ...known, ...done }, { ...known, gate: "closed" })).changes;
    expect(await changes()).toBe(true);
    await ServicesCheck.create(known);
    await vi.waitFor(async () => {
      expect(await current.cluster.pods(namespace)).not.toContain("left");
    }, 10_000);
    expect(await changes()).toBe(false);
  },
);

describe("a canary runs again", () => {
  it("if web's template or the Secret changed since, until web works on MongoDB", async () => {
    await deployed("again");
    const from = inputs("again");
    const state = { ...(await checked(from)), passed: true, ranAt: "1", applied: true } as State;
    expect(await isDue(state)).toBe(false);
    // Such as a drain that is undone: the same pod would start.
    await current.cluster.setMode("again", null, "web");
    await current.cluster.setMode("again", "x", "web");
    expect(await isDue(state)).toBe(false);
    expect(await isDue(state, inputs("again", { cutover: 2 }))).toBe(true);
    const { name } = serviceNames.connectionSecret;
    const of = "--namespace=again";
    await current.cluster.kubectl("create", "secret", "generic", name, of);
    expect(await isDue(state)).toBe(true);
    const withSecret = { ...state, ...(await checked(from)) };
    expect(JSON.stringify(withSecret.seen)).not.toContain(name);
    await current.cluster.kubectl("set", "env", "deployment/web", "LANG=C", of);
    expect(await isDue(withSecret)).toBe(true);

    await deployed("again", "mongo");
    expect(await isDue(state)).toBe(false);
    expect(await ran(inputs("again"))).toMatchObject({ passed: false });
    expect(current.printed.join()).toMatch(
      /canary: left out, because web works on MongoDB already/,
    );
    expect(await ran(inputs("again", { takenOver: "2026" }))).toMatchObject({ passed: false });
  });
});

it("its inputs have init containers by name, for the review", async () => {
  await deployed("init");
  const first = { name: "wait-for-db", image: "registry.example.org/wait:1" };
  const patch = { spec: { template: { spec: { initContainers: [first] } } } };
  const of = ["--namespace=init", `--patch=${JSON.stringify(patch)}`];
  await current.cluster.kubectl("patch", "deployment/web", ...of);
  expect((await checked(inputs("init"))).seen?.initContainers).toEqual(["wait-for-db"]);
});
