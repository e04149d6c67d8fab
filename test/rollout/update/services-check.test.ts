import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { providers } from "../../../components/rollout/provider";
import type { DrainInputs } from "../../../components/rollout";
import { readCutoverRecord, writeCutoverRecord } from "../../../components/state";
import { servicesRules } from "../../rights";
import { kubeconfigOf } from "../../account";
import { clusterForTests } from "../pods/cluster";
import { drainsOn } from "../pods/drains";
import { endPatience } from "../pods/troubled-api";

const { Drain, ServicesCheck } = providers;
const current = clusterForTests();

type CheckInputs = DrainInputs & { readonly owner: string; readonly root?: string };

const { inputs: ofWorker } = drainsOn(current);
const inputs = (namespace: string, changes: Partial<DrainInputs> = {}): CheckInputs => ({
  owner: "project/stack/taskrunner",
  ...ofWorker(namespace, changes),
});
const toFiles = { direction: "back" } as const;

/** The inputs as the engine keeps them: with the cluster that the step finds. */
const checked = async (from: CheckInputs, olds: object = {}) =>
  (await ServicesCheck.check(olds, from)).inputs as CheckInputs;
/** An `up` without a preview. */
const upFrom = async (from: CheckInputs, olds?: DrainInputs) => {
  const asked = await ServicesCheck.check(olds ?? {}, from);
  const { failures = [] } = asked;
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join());
  const news = asked.inputs as CheckInputs;
  if (olds) return ServicesCheck.update("id", { ...olds, applied: true }, news);
  return ServicesCheck.create(news);
};

const elsewhere = {
  clusterIdentity: { server: "https://other:6443", uids: { "Namespace kube-system": "other" } },
};

describe("an up without a preview, before its first change", () => {
  it("refuses a namespace without the worker", async () => {
    await current.cluster.kubectl("create", "namespace", "empty");
    await expect(upFrom(inputs("empty"))).rejects.toThrow(
      /^No Deployment or StatefulSet .*\nNothing was changed\.$/s,
    );
    // A stack that begins on files drains nothing.
    await upFrom(inputs("empty", toFiles));
  });

  it("refuses a CronJob that would execute runs, unless it is suspended or ignored", async () => {
    await current.cluster.deploy("nightly");
    const labels = { team: "other" };
    const image = "registry.example.org/worker:0";
    const env = [{ name: "Worker__Storage__Mode", value: "filesystem" }];
    const containers = [{ name: "main", image, env }];
    const template = { metadata: { labels }, spec: { restartPolicy: "Never", containers } };
    const deploy = (suspend: boolean) =>
      current.cluster.apply({
        apiVersion: "batch/v1",
        kind: "CronJob",
        metadata: { name: "catch-up", namespace: "nightly", labels },
        spec: { schedule: "0 3 31 2 *", suspend, jobTemplate: { spec: { template } } },
      });
    await deploy(false);
    const refused = /CronJobs .*: catch-up\. Suspend .*kubectl patch cronjob/;
    await expect(upFrom(inputs("nightly"))).rejects.toThrow(refused);
    const { failures } = await Drain.check({}, inputs("nightly"));
    expect(failures?.[0]?.reason).toMatch(refused);
    await upFrom(inputs("nightly", { ignorePods: "team=other" }));

    await upFrom(inputs("nightly", toFiles), inputs("nightly"));
    expect(current.printed.join()).toMatch(/catch-up.*\[cronjobs\]/);
    await deploy(true);
    await upFrom(inputs("nightly"));
  });

  it("looks at web, which follows the worker: absent, paused or an Argo Rollout", async () => {
    await current.cluster.deploy("follows");
    const web = { release: "worker", selector: "app=web" };
    const wanted = inputs("follows", { selector: "app=worker", web: { selector: "app=web" } });
    await expect(upFrom(wanted)).rejects.toThrow(
      /^No Deployment or StatefulSet with labels app=web/,
    );
    const { failures } = await Drain.check({}, wanted);
    expect(failures?.[0]?.reason).toMatch(/labels app=web .* web would not follow/);
    await upFrom({ ...wanted, install: true, web: { ...web, release: "new" } });
    await upFrom({ ...wanted, ...toFiles }, wanted);
    expect(current.printed.join()).toMatch(/labels app=web .*\[web-absent\]/);

    await current.cluster.deploy("follows", { name: "web", mode: "nothing" });
    await upFrom(wanted);
    const rollout = { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", name: "web", uid: "1" };
    const template = {
      metadata: { labels: { app: "web", of: "rollout" } },
      spec: { containers: [{ name: "main", image: "none" }] },
    };
    await current.cluster.apply({
      apiVersion: "apps/v1",
      kind: "ReplicaSet",
      metadata: {
        name: "web-1",
        namespace: "follows",
        labels: { app: "web" },
        ownerReferences: [{ ...rollout, controller: true }],
      },
      spec: { replicas: 1, selector: { matchLabels: { of: "rollout" } }, template },
    });
    await expect(upFrom(wanted)).rejects.toThrow(/is Rollout web of Argo Rollouts/);
  });

  it("refuses a paused web that has to change over, in both directions", async () => {
    await current.cluster.deploy("freeze");
    await current.cluster.deploy("freeze", { name: "web", mode: "nothing" });
    const web = ["deployment/web", "--namespace=freeze"];
    await current.cluster.kubectl("rollout", "pause", ...web);
    const wanted = inputs("freeze", { selector: "app=worker", web: { selector: "app=web" } });
    const paused = /Deployment web is paused.* kubectl rollout resume deployment web/;
    await expect(upFrom(wanted)).rejects.toThrow(paused);
    expect((await ServicesCheck.check({}, wanted)).failures?.[0]?.reason).toMatch(paused);

    await current.cluster.setMode("freeze", "mongo", "web");
    await upFrom(wanted);
    await expect(upFrom({ ...wanted, ...toFiles }, wanted)).rejects.toThrow(paused);
  });

  it("warns if CronJobs may not be read", async () => {
    await current.cluster.deploy("unread");
    const rules = servicesRules.filter(({ resources }) => !resources.includes("cronjobs"));
    const kubeconfig = await kubeconfigOf(current.cluster, "unread", rules);
    await upFrom(inputs("unread", { kubeconfig }));
    expect(current.printed.join()).toMatch(/status 403.*\["cronjobs"\].*\[cronjobs-not-read\]/);
  });

  it("lets a worker change over that can be drained, and says where it is", async () => {
    await current.cluster.deploy("fine");
    expect(await upFrom(inputs("fine"))).toMatchObject({ outs: { applied: true } });
    const server =
      /^worker: filesystem mode; .* namespace fine .*, https:\/\/127\.0\.0\.1:\d+ \[services-found\]$/;
    expect(current.printed[0]).toMatch(server);
  });

  it("says in each preview what the services work on, and warns if that is not one store", async () => {
    await current.cluster.deploy("apart", { mode: "mongo" });
    await current.cluster.deploy("apart", { name: "web", mode: "nothing" });
    const wanted = inputs("apart", { selector: "app=worker", web: { selector: "app=web" } });
    await checked(wanted, wanted);
    expect(current.printed).toEqual([
      expect.stringMatching(/^worker: mongo mode; web: filesystem mode; /),
      expect.stringMatching(/^warning: .*different stores.*\[modes-differ\]$/),
    ]);

    await current.cluster.setMode("apart", "Mongo", "web");
    await checked(wanted, wanted);
    expect(current.printed.slice(2)).toEqual([
      expect.stringMatching(/^worker: mongo mode; web: mongo mode; /),
    ]);
  });

  it("names a kubeconfig that does not answer, and nothing else", async () => {
    const kubeconfig = await current.cluster.kubeconfigAt(1);
    endPatience();
    await expect(upFrom(inputs("silent", { kubeconfig }))).rejects.toThrow(
      `(kubeconfig ${kubeconfig}) is unreachable`,
    );
    expect(current.printed.filter((line) => !line.startsWith("warning: "))).toEqual([]);
  });

  it("is refused on another cluster than the recorded one, in both directions", async () => {
    await current.cluster.deploy("known");
    for (const mode of [{}, toFiles]) {
      const olds = { ...inputs("known"), ...elsewhere };
      const words = /https:\/\/127\S+, .* https:\/\/other:6443, .* advanced\.acceptCluster: (\S+)/;
      await expect(upFrom(inputs("known", mode), olds)).rejects.toThrow(words);
      const { failures } = await Drain.check(olds, inputs("known", mode));
      const [{ reason } = { reason: "" }] = failures ?? [];
      expect(reason).toMatch(words);
      const [, acceptCluster = ""] = words.exec(reason) ?? [];
      const accepting = await checked(inputs("known", { ...mode, acceptCluster }), olds);
      const before = { ...olds, applied: true };
      expect((await ServicesCheck.diff("id", before, accepting)).changes).toBe(true);
      const after = (await ServicesCheck.update("id", before, accepting)).outs as typeof olds;
      // From then on it is the stack's, without the setting.
      await upFrom(inputs("known", mode), after);
    }
  });

  it("is asked again by no other name of the cluster, and by another cluster", async () => {
    await current.cluster.deploy("named", { mode: "mongo" });
    const from = await checked(inputs("named"));
    const context = await current.cluster.kubectl("config", "current-context");
    const olds = { ...from, applied: true };
    const changes = async (outs: object, to: object) =>
      (await ServicesCheck.diff("id", outs, to)).changes;
    const renamed = await checked(inputs("named", { context }), from);
    expect(await changes(olds, renamed)).toBe(false);
    const drained = { ...olds, stoppedAt: null, drainSnapshot: { direction: "forward" } };
    expect((await Drain.diff("id", drained, renamed)).changes).toBe(false);
    expect(await changes({ ...olds, ...elsewhere }, renamed)).toBe(true);
    expect((await Drain.diff("id", { ...drained, ...elsewhere }, renamed)).changes).toBe(true);
  });
});

describe("web on files after the final pass", () => {
  const inForce = { at: "2026-11-25T09:00:00.000Z", unfinishedCount: 0 };
  const finalPassAt = "2026-11-25T10:00:00.000Z";

  /** A worker on MongoDB and a web on files, with the record of a cutover that came to its end. */
  async function webBehind(namespace: string, mode: "mongo" | "filesystem" = "mongo") {
    await current.cluster.deploy(namespace, { mode });
    await current.cluster.deploy(namespace, { name: "web", mode: "nothing" });
    const root = join(current.cluster.folder, namespace);
    await mkdir(root);
    await writeCutoverRecord(root, { ...inForce, finalPassAt });
    const web = { selector: "app=web" };
    const wanted = { ...inputs(namespace, { selector: "app=worker", web }), root };
    return { root, wanted, olds: { ...(await checked(wanted)), webOnFilesAt: "", applied: true } };
  }
  const foundBy = async (from: CheckInputs, olds?: DrainInputs) =>
    (await upFrom(from, olds)).outs as { readonly webOnFilesAt: string };
  const changes = async (outs: object, to: CheckInputs) =>
    (await ServicesCheck.diff("id", outs, await checked(to, outs))).changes;

  it("is recorded before anything changes, and each time that it is found", async () => {
    const { root, wanted, olds } = await webBehind("behind");
    expect(await changes(olds, wanted)).toBe(true);
    const outs = await foundBy(wanted, olds);
    expect(outs.webOnFilesAt).toMatch(/^\d{4}-/);
    expect(await readCutoverRecord(root)).toEqual(inForce);
    expect(current.printed.join()).toMatch(/different stores.*imports.*\[modes-differ\]/);
    expect(await changes(outs, wanted)).toBe(true);

    await current.cluster.setMode("behind", "mongo", "web");
    expect(await changes(outs, wanted)).toBe(false);
    const before = { ...outs, cutover: 0, applied: false };
    const again = await ServicesCheck.update("id", before, await checked(wanted, outs));
    expect(again.outs).toMatchObject({ webOnFilesAt: outs.webOnFilesAt });
  });

  it("is recorded by a stack that takes the services over", async () => {
    const { root, wanted } = await webBehind("taken");
    expect((await foundBy(wanted)).webOnFilesAt).toMatch(/^\d{4}-/);
    expect(await readCutoverRecord(root)).toEqual(inForce);
  });

  it("is recorded by a rollback, which it never refuses, whatever the worker works on", async () => {
    for (const mode of ["mongo", "filesystem"] as const) {
      const { root, wanted, olds } = await webBehind(`back-${mode}`, mode);
      await upFrom({ ...wanted, ...toFiles }, olds);
      expect(await readCutoverRecord(root)).toEqual(inForce);
    }
  });

  it("is what a cutover begins with, and nothing is recorded", async () => {
    const { root, wanted } = await webBehind("begins", "filesystem");
    expect((await upFrom(wanted)).outs).toMatchObject({ webOnFilesAt: "" });
    expect(await readCutoverRecord(root)).toEqual({ ...inForce, finalPassAt });
  });
});

describe("the cluster of a stack", () => {
  it("is known by the namespace if kube-system may not be read, which has to be allowed", async () => {
    await current.cluster.deploy("narrow");
    const kubeconfig = await kubeconfigOf(current.cluster, "narrow", servicesRules);
    const { clusterIdentity } = await checked(inputs("narrow", { kubeconfig }));
    expect(Object.keys(clusterIdentity?.uids ?? {})).toEqual(["Namespace narrow"]);
    // An account that may read less forgets nothing.
    const before = await checked(inputs("narrow"));
    const { uids = {} } = before.clusterIdentity ?? {};
    expect(Object.keys(uids)).toEqual(["Namespace kube-system", "Namespace narrow"]);
    const after = await checked(inputs("narrow", { kubeconfig }), before);
    expect(after.clusterIdentity?.uids).toEqual(uids);
    expect(current.printed.join()).not.toContain("warning");

    await current.cluster.deploy("narrower");
    const rules = servicesRules.filter(({ resources }) => !resources.includes("namespaces"));
    const narrower = await kubeconfigOf(current.cluster, "narrower", rules);
    await expect(upFrom(inputs("narrower", { kubeconfig: narrower }))).rejects.toThrow(
      /status 403: .* \["namespaces"\], verbs: \["get"\]/,
    );
  });
});

describe("a preview that cannot look", () => {
  it("warns of the right that is missing, and once of an API that does not answer", async () => {
    await current.cluster.deploy("viewed", { mode: "mongo" });
    const rules = servicesRules.filter(({ resources }) => !resources.includes("secrets"));
    const kubeconfig = await kubeconfigOf(current.cluster, "viewed", rules);
    const viewed = inputs("viewed", { kubeconfig, releases: ["worker"] });
    const preview = { isPreview: true } as const;
    expect((await Drain.check({}, { ...viewed, ...preview })).failures).toEqual([]);
    await Drain.check({}, { ...viewed, ...preview });
    const warned = () => current.printed.filter((line) => line.includes("[cluster-not-checked]"));
    expect(warned()).toEqual([expect.stringMatching(/status 403.*secrets.*Role in viewed/)]);

    const away = await current.cluster.kubeconfigAt(2);
    for (const step of [ServicesCheck, Drain]) {
      await step.check({}, inputs("viewed", { kubeconfig: away, ...preview }));
    }
    expect(warned().slice(1)).toEqual([
      expect.stringMatching(/^[^\n\u001b]*port-2\.kubeconfig[^\n\u001b]*$/),
    ]);
  });
});
