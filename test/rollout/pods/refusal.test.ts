import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { DrainInputs } from "../../../components/rollout";
import { providers } from "../../../components/rollout/provider";
import { freePort } from "../../../tools/parts";
import { servicesRules } from "../../rights";
import { kubeconfigOf } from "../../account";
import { clusterForTests } from "./cluster";
import { drainsOn, stored } from "./drains";
import { endPatience, troubledApi } from "./troubled-api";

const { Drain, ServicesCheck } = providers;
const current = clusterForTests();
const { inputs: ofWorker } = drainsOn(current);

type CheckInputs = DrainInputs & { readonly owner: string; readonly root?: string };
const inputs = (namespace: string, changes: Partial<CheckInputs> = {}): CheckInputs => ({
  owner: "project/stack/taskrunner",
  ended: 1,
  ...ofWorker(namespace, changes),
  ...changes,
});

const steps = [ServicesCheck, Drain];

/** What the steps last had, of a stack whose services work in their mode. */
async function settled(from: CheckInputs) {
  const known = (await ServicesCheck.check({}, from)).inputs as CheckInputs;
  const drainSnapshot = { direction: from.direction, workloads: {} };
  return stored({ ...known, drainSnapshot, stoppedAt: null, applied: true });
}

/** What both steps say in an update or its preview, and whether they are due. */
async function look(olds: object, news: CheckInputs) {
  const found = { reasons: "", isDue: false };
  for (const step of steps) {
    const checked = await step.check(olds, news);
    const { failures = [] } = checked;
    found.reasons += failures.map(({ reason }) => reason).join();
    if (failures.length > 0) continue;
    found.isDue ||= (await step.diff("id", olds, checked.inputs as object)).changes ?? false;
  }
  return found;
}

const isDeployments = (url: string) => url.includes("/deployments?");

describe.each([
  ["mongo", "forward"],
  ["filesystem", "back"],
] as const)("a stack in %s mode, in an update without a change", (mode, direction) => {
  const namespace = `quiet-${mode}`;
  const preview = { isPreview: true } as const;

  it("ends without a change if the API is slow, and warns in a preview", async () => {
    await current.cluster.deploy(namespace, { mode });
    const olds = await settled(inputs(namespace, { direction }));
    let slow = 1;
    const api = await troubledApi(current.cluster, (_, url) =>
      isDeployments(url) && api.troubled() < slow ? { delayMs: 5_500 } : undefined,
    );
    const news = inputs(namespace, { direction, kubeconfig: api.kubeconfig });
    expect(await look(olds, news)).toEqual({ reasons: "", isDue: false });
    expect(api.troubled()).toBe(1);
    expect(current.printed.join()).not.toContain("warning");

    slow = 2;
    expect(await look(olds, { ...news, ...preview })).toEqual({ reasons: "", isDue: false });
    expect(current.printed.join()).toMatch(/warning: .*\[cluster-not-checked\]/);
    api.stop();
  }, 60_000);

  it("stops if the API is away or refuses, which in a preview is a warning", async () => {
    await current.cluster.deploy(namespace, { mode });
    const olds = await settled(inputs(namespace, { direction }));
    const rules = servicesRules.filter(({ resources }) => !resources.includes("deployments"));
    const refused = await kubeconfigOf(current.cluster, namespace, rules);
    const port = await freePort();
    const away = await current.cluster.kubeconfigAt(port);
    for (const [kubeconfig, words] of [
      [refused, /status 403.*\["deployments"\], verbs: \["list"\]/],
      [away, new RegExp(`unreachable.*https://127.0.0.1:${port}`)],
    ] as const) {
      const news = inputs(namespace, { direction, kubeconfig });
      expect(await look(olds, { ...news, ...preview })).toEqual({ reasons: "", isDue: false });
      expect(current.printed.join()).toMatch(/\[cluster-not-checked\]/);
      endPatience();
      expect((await look(olds, news)).reasons).toMatch(words);
    }
    expect(current.printed.join()).not.toContain("[planned]");
  }, 60_000);
});

describe("a worker that was changed by hand", () => {
  it("is refused if the API is slow, as if it were not", async () => {
    await current.cluster.deploy("by-hand-slow");
    const olds = await settled(inputs("by-hand-slow"));
    const api = await troubledApi(current.cluster, (_, url) =>
      isDeployments(url) && api.troubled() < 1 ? { delayMs: 5_500 } : undefined,
    );
    const news = inputs("by-hand-slow", { kubeconfig: api.kubeconfig });
    expect((await Drain.diff("id", olds, news)).changes).toBe(true);
    expect(api.troubled()).toBe(1);
    await expect(Drain.update("id", olds, news)).rejects.toThrow("was changed since");
    expect(await current.cluster.replicas("by-hand-slow")).toBe("1");
    api.stop();
  }, 30_000);
});

describe("a rollback that was killed after its drain", () => {
  it("continues while the API is away, until its cutover has ended", async () => {
    await current.cluster.deploy("exports", { mode: "mongo", replicas: 0 });
    const { folder: root } = current.cluster;
    const record = { at: "2026-11-25T10:00:00.000Z", cutover: 1, unfinishedCount: 0 };
    await writeFile(join(root, "cutover.json"), JSON.stringify(record));
    const olds = await settled(inputs("exports", { direction: "back", root }));
    const kubeconfig = await current.cluster.kubeconfigAt(await freePort());
    const news = inputs("exports", { direction: "back", root, kubeconfig });
    endPatience();
    expect(await look(olds, news)).toEqual({ reasons: "", isDue: false });
    expect(current.printed.join()).toMatch(/it exports without an answer.*\[cluster-not-checked\]/);

    const without = servicesRules.filter(({ resources }) => !resources.includes("namespaces"));
    const nameless = await kubeconfigOf(current.cluster, "exports", without);
    const refused = await look(olds, { ...news, kubeconfig: nameless });
    expect(refused.reasons).toMatch(/status 403.*advanced\.acceptCluster: https:/);

    const ended = { ...record, endedAt: "2026-11-25T11:00:00.000Z" };
    await writeFile(join(root, "cutover.json"), JSON.stringify(ended));
    expect((await look(olds, news)).reasons).toContain("is unreachable");
  });
});

describe("a cluster that does not say which one it is", () => {
  const server = /advanced\.acceptCluster: (https:\S+)/;
  const namespacesLeftOut = servicesRules.filter(
    ({ resources }) => !resources.includes("namespaces"),
  );

  it.each(["forward", "back"] as const)(
    "is not the recorded one if it refuses, until the setting accepts it (%s)",
    async (direction) => {
      const namespace = `nameless-${direction}`;
      await current.cluster.deploy(namespace, { mode: "mongo", graceSeconds: 1 });
      await current.cluster.available(namespace);
      const olds = await settled(inputs(namespace));
      const kubeconfig = await kubeconfigOf(current.cluster, namespace, namespacesLeftOut);
      const news = inputs(namespace, { direction, kubeconfig });
      const preview = await look(olds, { ...news, isPreview: true });
      expect(preview).toEqual({ reasons: "", isDue: direction === "back" });
      const { reasons } = await look(olds, news);
      expect(reasons).toMatch(/status 403.*\["namespaces"\]/);
      expect(await current.cluster.replicas(namespace)).toBe("1");

      const [, acceptCluster = ""] = server.exec(reasons) ?? [];
      const accepting = { ...news, acceptCluster };
      expect(await look(olds, accepting)).toEqual({ reasons: "", isDue: true });
      const checked = (await Drain.check(olds, accepting)).inputs as DrainInputs;
      await ServicesCheck.update("id", olds, accepting);
      const drained = await Drain.update("id", olds, checked);
      expect(drained.outs).toMatchObject({ drainSnapshot: { direction }, applied: true });
    },
  );

  it("is not the recorded one without a UID that both have, in a rollback either", async () => {
    await current.cluster.deploy("apart", { mode: "mongo" });
    const settledOn = await settled(inputs("apart"));
    const { uids = {} } = settledOn.clusterIdentity ?? {};
    expect(Object.keys(uids)).toEqual(["Namespace kube-system", "Namespace apart"]);
    const olds = {
      ...settledOn,
      clusterIdentity: { server: "https://other", uids: { "Namespace other": "1" } },
    };
    for (const direction of ["forward", "back"] as const) {
      const news = inputs("apart", { direction });
      expect((await look(olds, news)).reasons).toMatch(/may not read the UID.*\[other-cluster\]/);
      await expect(ServicesCheck.update("id", olds, news)).rejects.toThrow("may not read the UID");
    }
    expect(await current.cluster.replicas("apart")).toBe("1");
  });
});
