import { loadYaml, type V1Deployment } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import { formatObstacle, type Cluster } from "../../components/kubernetes";
import { refuseNulls, refusePasswords } from "../../components/rollout/helm/checks";
import { findUndrainedExecutors } from "../../components/rollout/pods/executors";
import type { DrainInputs } from "../../components/rollout";
import { findUnpausable } from "../../components/rollout/pods/paused";
import { findRefusals, findUnknownCutover } from "../../components/rollout/pods/refusal";
import { checkReleases, pendingOperations } from "../../components/rollout/helm/releases";
import { findObstacles } from "../../components/rollout/pods/obstacles";
import { workload } from "../../components/rollout/pods/workload";
import { environmentOnTop, refuseOtherList } from "../../components/rollout/values/variables";
import { sentences } from "../sentences";

type Labels = Readonly<Record<string, string>>;
interface Labelled {
  readonly metadata?: { readonly labels?: Labels };
}

/** Of a selector only `key=value` counts. */
const matches = (selector: string) => (one: Labelled) =>
  selector
    .split(",")
    .map((label) => label.split("="))
    .every(([key = "", value]) => !value || one.metadata?.labels?.[key] === value);

/** A cluster that has workloads, and objects of other kinds, and nothing else. */
const clusterOf = (
  controllers: readonly Labelled[] = [],
  others: Readonly<Record<string, readonly object[]>> = {},
) =>
  ({
    location: {
      kubeconfig: "kube.config",
      context: "prod",
      namespace: "apps",
      server: "https://prod",
    },
    list: (kind: string, selector: string) =>
      Promise.resolve((others[kind] ?? []).filter(matches(selector))),
    controllers: (selector = "") => Promise.resolve(controllers.filter(matches(selector))),
  }) as unknown as Cluster;

const inputs = (changes: Partial<DrainInputs> = {}): DrainInputs => ({
  namespace: "apps",
  release: "worker",
  service: "worker",
  direction: "forward",
  timeoutSeconds: 15,
  ...changes,
});

interface Played {
  readonly kind?: "Deployment" | "StatefulSet";
  readonly name?: string;
  readonly mode?: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly spec?: object;
}

/** A workload of release `worker`, as the client makes it of the API's answer. */
function played({ kind = "Deployment", name = "worker", mode, ...more }: Played = {}) {
  const key = name === "web" ? "TaskRunner__Storage__Mode" : "Worker__Storage__Mode";
  const env = mode === undefined ? [] : [{ name: key, value: mode }];
  const object = {
    apiVersion: "apps/v1",
    kind,
    metadata: {
      name,
      labels: { app: name, "app.kubernetes.io/managed-by": "Helm", ...more.labels },
      annotations: { "meta.helm.sh/release-name": "worker", ...more.annotations },
    },
    spec: { template: { spec: { containers: [{ name: "main", env }] } }, ...more.spec },
  };
  return loadYaml<V1Deployment>(JSON.stringify(object));
}

/** Why a drain of what was found does not begin. */
const missed =
  (found: readonly V1Deployment[], changes?: Partial<DrainInputs>, pods: readonly object[] = []) =>
  async () => {
    const missed = await findUndrainedExecutors(
      clusterOf(found, { Pod: pods }),
      inputs(changes),
      found.map((one) => workload(one, [], [])),
      false,
    );
    return missed.map(({ text }) => text);
  };
const aSet = (spec: object) => played({ kind: "StatefulSet", mode: "filesystem", spec });

const both = { selector: "app=worker", web: { release: "worker", selector: "app=web" } };
/** Why web of a release that holds both services is not paused. */
const unpausable =
  (web: Played, changes: Partial<DrainInputs> = both) =>
  () =>
    findUnpausable(clusterOf([played(), played({ name: "web", ...web })]), inputs(changes));

const clusterIdentity = (name: string) => ({
  clusterIdentity: { server: `https://${name}`, uids: { "Namespace kube-system": `uid-${name}` } },
});
const refusal = async (
  cluster: Cluster,
  now: Partial<DrainInputs>,
  prior?: Partial<DrainInputs>,
) => {
  const found = await findRefusals(cluster, inputs(now), prior && inputs(prior));
  return found.map(({ text }) => text);
};

const flux = "helm.toolkit.fluxcd.io";
const ofFlux = { [`${flux}/name`]: "runner", [`${flux}/namespace`]: "flux-system" };

/** A cluster with a revision of release `worker` in each status. */
const revisions = (...all: string[]) =>
  clusterOf([], {
    Secret: all.map((status) => ({
      metadata: {
        labels: { owner: "helm", name: "worker", version: "2", status },
        name: "worker.v2",
        creationTimestamp: new Date("2026-11-25T12:00:00Z"),
      },
    })),
  });
const releases = ["worker"];

const site = (text: string) => ({ file: "site.yaml", text });
const env = { path: "env", service: "worker" } as const;

it("a refusal says what was found and what to do", async () => {
  const all = await sentences({
    "a drain that finds no workload": missed([]),
    "a drain that finds no workload in a rollback": missed([], { direction: "back" }),
    "a drain that finds a workload without the variable": missed([played()]),
    "a drain that finds a partition": missed([
      aSet({ updateStrategy: { rollingUpdate: { partition: 1 } } }),
    ]),
    "a drain that finds a claim for each replica": missed([
      aSet({ replicas: 2, volumeClaimTemplates: [{}] }),
    ]),
    "a drain that finds another pod": missed([], {}, [
      { metadata: { name: "alone", uid: "a", labels: { "app.kubernetes.io/instance": "worker" } } },
    ]),

    "web of a shared release is not found": unpausable({ labels: { app: "other" } }),
    "web of a shared release has the worker's labels": unpausable(
      {},
      { ...both, web: { release: "worker", selector: "app=worker" } },
    ),
    "web of a shared release is a StatefulSet": unpausable({ kind: "StatefulSet" }),
    "web of a shared release is paused by somebody else": unpausable({ spec: { paused: true } }),
    "web of a shared release is resumed by somebody else": unpausable({
      annotations: { "taskrunner.stellaops.io/paused-for-cutover": "true" },
    }),

    "a rollback of a service on MongoDB, and no cutover is known": () =>
      findUnknownCutover(
        clusterOf([played({ mode: "mongo" })]),
        inputs({ direction: "back", ended: 0 }),
      ),
    "another cluster than the recorded one": () =>
      refusal(clusterOf(), clusterIdentity("new"), clusterIdentity("old")),
    "releases that another tool deploys": () =>
      refusal(clusterOf([played({ mode: "filesystem", labels: ofFlux })]), { releases }),

    "a release with a pending operation of Helm": () =>
      pendingOperations(revisions("pending-upgrade"), { releases }),
    "a release that exists": () =>
      checkReleases(revisions("deployed"), { releases, install: true }),
    "a release that does not exist": () => checkReleases(revisions(), { releases }),
    "a release that was never deployed": () => checkReleases(revisions("failed"), { releases }),

    "a rollout whose values are not deployed": () =>
      findObstacles(workload(played(), [], []), { service: "worker", direction: "forward" }).map(
        formatObstacle,
      ),

    "a values file without a list that the chart may have": () => {
      refuseOtherList([site("replicas: 2\n")], "chart oci://x/c", env);
    },
    "a values file of the other service": () => {
      const text = "env: { TaskRunner__Storage__Mode: filesystem }\n";
      refuseOtherList([site(text)], "chart oci://x/c", env);
    },
    "a values file with a text in the place of the variables": () =>
      environmentOnTop([site("env: text\n")], env, []),
    "a values file with invalid YAML": () => environmentOnTop([site("a: 1\nb: 'text\n")], env, []),
    "a values file with several documents": () =>
      environmentOnTop([site("a: 1\n---\nb: 2\n")], env, []),
    "a values file with a null": () => {
      refuseNulls([site("replicas:\n")]);
    },
    "a values file with a password": () => {
      refusePasswords({ ofSite: [site("db: mongodb://u:pw1@db/x\n")] }, []);
    },
  });

  await expect(all).toMatchFileSnapshot("words.txt");
});
