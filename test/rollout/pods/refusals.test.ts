import { loadYaml, type V1Deployment } from "@kubernetes/client-node";
import { expect, it } from "vitest";
import type { Cluster } from "../../../components/kubernetes";
import { findMissed } from "../../../components/rollout/pods/executors";
import type { DrainInputs } from "../../../components/rollout/pods/inputs";
import { findUnpausable } from "../../../components/rollout/pods/paused";
import { findRefusal, findUnknownCutover } from "../../../components/rollout/pods/refusal";
import { findMismatch, pendingOperations } from "../../../components/rollout/pods/releases";
import { workload } from "../../../components/rollout/pods/workload";

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
    place: { context: "prod", namespace: "apps", server: "https://prod:6443" },
    list: (kind: string, selector: string) =>
      Promise.resolve((others[kind] ?? []).filter(matches(selector))),
    controllers: (selector = "") => Promise.resolve(controllers.filter(matches(selector))),
  }) as unknown as Cluster;

const inputs = (changes: Partial<DrainInputs> = {}): DrainInputs => ({
  namespace: "apps",
  release: "worker",
  service: "worker",
  mode: "mongo",
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

const missed = (
  found: readonly V1Deployment[],
  changes?: Partial<DrainInputs>,
  pods: readonly object[] = [],
) =>
  findMissed(
    clusterOf(found, { Pod: pods }),
    inputs(changes),
    found.map((one) => workload(one, [], [])),
    false,
  );

const absent =
  "No Deployment or StatefulSet of release worker exists in namespace apps of context prod, so nothing shows that " +
  "the worker is stopped. Check context, namespace, release and selector, and that it is deployed.";

it.each([
  ["no workload", () => missed([]), absent],
  [
    "no workload in a rollback",
    () => missed([], { mode: "filesystem" }),
    `${absent} If it was uninstalled on this very cluster, set advanced.acceptCluster: https://prod:6443.`,
  ],
  [
    "a workload without the variable",
    () => missed([played()]),
    "No container of Deployment worker in namespace apps of context prod has Worker__Storage__Mode in its env, so it " +
      "may not be the worker. Nothing was scaled. Check that release and selector name only the worker. If they do, " +
      "set Worker__Storage__Mode: filesystem first: run pulumi up with storageMode: filesystem, and deploy its values.",
  ],
  [
    "a partition",
    () => {
      const spec = { updateStrategy: { rollingUpdate: { partition: 1 } } };
      return missed([played({ kind: "StatefulSet", mode: "filesystem", spec })]);
    },
    "StatefulSet worker has a partition, so pods of its former template would start beside new ones. Nothing was " +
      "scaled. Set it to 0 in the service's values and in the cluster: kubectl patch statefulset worker " +
      `--patch '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`,
  ],
  [
    "a claim for each replica",
    () => {
      const spec = { replicas: 2, volumeClaimTemplates: [{}] };
      return missed([played({ kind: "StatefulSet", mode: "filesystem", spec })]);
    },
    "StatefulSet worker has volumeClaimTemplates and several replicas, so each has a state of its own, and one would " +
      "be imported. Nothing was scaled. Scale it to 1, or give all replicas one claim.",
  ],
  [
    "another pod",
    () => {
      const metadata = {
        name: "alone",
        uid: "a",
        labels: { "app.kubernetes.io/instance": "worker" },
      };
      return missed([], {}, [{ metadata }]);
    },
    "Pods in namespace apps of context prod have the labels app.kubernetes.io/instance=worker, the variable " +
      "Worker__Storage__Mode, or the worker's image and claim, but belong to nothing that is drained: alone. Check namespace, release and selector. If " +
      "the pods are not this worker's, name them by labels in rollout.ignorePods. If they are, delete them.",
  ],
])("a drain that finds %s says so and what to do", async (_, find, words) => {
  expect(await find()).toBe(words);
});

const both = { selector: "app=worker", web: { release: "worker", selector: "app=web" } };
const unpausable = (web: Played, changes: Partial<DrainInputs> = both) =>
  findUnpausable(clusterOf([played(), played({ name: "web", ...web })]), inputs(changes));

it.each([
  [
    "is not found",
    () => unpausable({ labels: { app: "other" } }),
    "No workload of release worker in namespace apps of context prod has the labels app=web; it has Deployment " +
      "worker, Deployment web. Set rollout.web.selector to labels that only web has.",
  ],
  [
    "has the worker's labels",
    () => unpausable({}, { ...both, web: { release: "worker", selector: "app=worker" } }),
    "Deployment worker of release worker has the labels of the worker (app=worker) and of web (app=worker). Set " +
      "rollout.worker.selector and rollout.web.selector to different labels.",
  ],
  [
    "is a StatefulSet",
    () => unpausable({ kind: "StatefulSet" }),
    "StatefulSet web is web's, and only a Deployment can be paused until the worker is in mongo mode. Give each " +
      "service a release of its own (rollout.target: helm).",
  ],
  [
    "is paused by somebody else",
    () => unpausable({ spec: { paused: true } }),
    "Deployment web is paused, and not by this stack. Resume it: kubectl rollout resume deployment web",
  ],
  [
    "is resumed by somebody else",
    () => unpausable({ annotations: { "taskrunner.stellaops.io/paused-for-cutover": "true" } }),
    "Deployment web was resumed since the drain, and not by this stack. Pause it again: " +
      "kubectl rollout pause deployment web",
  ],
])("web of a shared release that %s is refused", async (_, find, words) => {
  expect(await find()).toBe(words);
});

it("a rollback of a service that the stack does not know to be on MongoDB is refused", async () => {
  const onMongo = clusterOf([played({ mode: "mongo" })]);
  const onFiles = inputs({ mode: "filesystem", ended: 0 });
  expect(await findUnknownCutover(onMongo, { ...onFiles, ended: 1 })).toBeUndefined();
  expect(await findUnknownCutover(onMongo, onFiles)).toBe(
    "Deployment worker in namespace apps of context prod is in mongo mode. This stack knows of no cutover, so a " +
      "rollback would export nothing and the services would continue with files as old as the cutover. If the cutover " +
      "was made with other rollout settings (target, confirm), restore them and run pulumi up again. If not, run " +
      "pulumi up with storageMode: mongo first: the stack takes the services over and loses nothing. Then set " +
      "storageMode: filesystem again.",
  );
});

it("another cluster than the recorded one is refused", async () => {
  const identity = (name: string) => ({
    clusterIdentity: {
      server: `https://${name}`,
      uids: { "Namespace kube-system": `uid-${name}` },
    },
  });
  const found = findRefusal(clusterOf(), inputs(identity("new")), inputs(identity("old")));
  expect(await found).toEqual({
    property: "context",
    reason:
      "Namespace apps is on the cluster of https://new, but this stack's services are on that of https://old, which " +
      "has other UIDs. Check kubernetes.kubeconfig and kubernetes.context. If the cluster was rebuilt, run pulumi " +
      "refresh, and set advanced.acceptCluster: uid-new",
  });
});

it("releases that another tool deploys are refused", async () => {
  const flux = "helm.toolkit.fluxcd.io";
  const labels = { [`${flux}/name`]: "runner", [`${flux}/namespace`]: "flux-system" };
  const found = findRefusal(clusterOf([played({ labels })]), inputs({ releases: ["worker"] }));
  expect((await found)?.reason).toBe(
    [
      "In namespace apps of context prod another tool deploys what rollout.target: helm would upgrade:",
      "  Deployment worker: Flux (HelmRelease flux-system/runner)",
      "It would restore its own values, and the worker would continue with outdated files.",
      "Set rollout.target: values, and let that tool deploy the values files that pulumi up writes",
      "(docs/gitops.md). If it no longer deploys them, remove its labels and annotations.",
    ].join("\n"),
  );
});

const revisions = (...all: Labels[]) =>
  clusterOf([], {
    Secret: all.map((labels) => ({
      metadata: {
        labels: { owner: "helm", name: "worker", version: "2", ...labels },
        name: "worker.v2",
        creationTimestamp: new Date("2026-11-25T12:00:00Z"),
      },
    })),
  });

it("a pending operation of Helm is refused with the command that ends it", async () => {
  const { place, ...cluster } = revisions({ status: "pending-upgrade" });
  const named = { ...cluster, place: { ...place, kubeconfig: "kube.config" } };
  expect(await pendingOperations(named, { releases: ["worker"] })).toBe(
    [
      "In namespace apps of context prod a Helm operation is still pending, so Helm refuses any other one:",
      "  release worker: revision 2 is pending-upgrade since 2026-11-25T12:00:00.000Z",
      "If helm or another pulumi still runs there, wait for it. If not, it was killed: delete the Secret of",
      "that revision, and run pulumi up again, which does the rest:",
      "  kubectl --kubeconfig kube.config --context prod --namespace apps delete secret worker.v2",
      "Do not use helm rollback: in a cutover it would start the worker on the files again.",
    ].join("\n"),
  );
});

it.each([
  [
    "exists",
    { install: true },
    [{ status: "deployed" }],
    "exists, and this stack has not created it. Set rollout.install: false, and the release's chart and version " +
      "(helm list): the stack then takes it over.",
  ],
  [
    "does not exist",
    {},
    [],
    "does not exist. Check the names of release and namespace. If the stack is to create both, set rollout.install: true.",
  ],
  [
    "was never deployed",
    {},
    [{ status: "failed" }],
    "has no deployed revision, only failed. Repair it with helm first.",
  ],
])("a release that %s is refused", async (_, changes, found, words) => {
  const releases = { releases: ["worker"], ...changes };
  expect(await findMismatch(revisions(...found), releases)).toBe(
    `In namespace apps of context prod release worker ${words}`,
  );
});
