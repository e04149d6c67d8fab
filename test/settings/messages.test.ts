import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { commandSettings } from "../../components/settings";
import { describeProblems } from "./problems";

const dev = {
  mongoUri: "mongodb://127.0.0.1:27017/taskrunner",
  rollout: { target: "values", directory: "deploy", confirm: "none" },
};

describe("an unknown setting", () => {
  it.each([
    ["storagemode", { storagemode: "mongo" }, "storageMode"],
    ["aprovals", { aprovals: true }, "approvals"],
    ["rollout.workr", { rollout: { ...dev.rollout, workr: {} } }, "worker"],
    ["rollout.confirm.namspace", { rollout: confirmed({ namspace: "apps" }) }, "namespace"],
    ["cluster.regons", { cluster: { kind: "atlas", regons: [] } }, "regions"],
    ["indexes", { indexes: {} }, "approvals"],
    ["backfill.parallelism", { backfill: { source: { path: "s" }, parallelism: 1 } }, "source"],
    ["advanced.heldRuns", { advanced: { heldRuns: "release" } }, "ledger"],
    ["advanced.acceptMissing", { advanced: { acceptMissing: "00" } }, "acceptQuarantined"],
  ])("%s is named, with the keys that are allowed", (key, change, allowed) => {
    const lines = describeProblems({ ...dev, ...change }).split("\n");
    const line = lines.find((one) => one.includes(`${key}: `));
    expect(line?.split(/[:,] /)).toContain(allowed);
  });
});

describe("a section of one of several forms", () => {
  it.each([
    ["confirm.namespace: found nothing; allowed: a value of type string", confirmed({})],
    ['confirm: found "no"; allowed: none, or { namespace, selector }', confirmed("no")],
    [
      'confirm: found "none"; allowed: { namespace, selector } with rollout.push',
      { ...confirmed("none"), push: { branch: "main" } },
    ],
    ["push.branch: found nothing", { ...confirmed("none"), push: {} }],
    [
      'drain: found "wait"; allowed: nothing with rollout.confirm: none, which has rollout.workerStopped',
      { ...confirmed("none"), drain: "wait" },
    ],
    [
      'drain: found "now"; allowed: wait, or the number of a cutover',
      {
        ...confirmed({ namespace: "apps", selector: { worker: "a=b", web: "c=d" } }),
        drain: "now",
      },
    ],
    ['target: found "argo"; allowed: values, helm, umbrella', { target: "argo" }],
  ])("has the problems of the form that is meant: %s", (problem, rollout) => {
    expect(describeProblems({ ...dev, rollout })).toContain(`rollout.${problem}`);
  });

  it.each([
    ["source.path: found 5; allowed: a value of type string", { path: 5 }],
    [
      "source.subPth: found an unknown setting; allowed: persistentVolumeClaim, subPath",
      { persistentVolumeClaim: "state", subPth: "x" },
    ],
    ["source: found {}; allowed: { path }, or { persistentVolumeClaim, subPath? } with jobs", {}],
    ["source: found", { path: "a", persistentVolumeClaim: "b" }],
  ])("has the problems of the source that is meant: %s", (problem, source) => {
    expect(describeProblems({ ...dev, backfill: { source } })).toContain(`backfill.${problem}`);
  });
});

function confirmed(confirm: object | string) {
  const selector = { worker: "app=worker", web: "app=web" };
  const given = typeof confirm === "object" ? { selector, ...confirm } : confirm;
  return { target: "values", directory: "deploy", confirm: given };
}

describe("the settings file of a command", () => {
  const read = (config: object) => commandSettings({ text: stringify({ config }) });
  const named = (settings: object) =>
    Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [
        `taskrunner-storage:${key}`,
        value as unknown,
      ]),
    );

  it.each([
    ["aprovals", { aprovals: true }],
    ["jobs.imgae", { jobs: { imgae: "i" } }],
    ["rollout.namespace", { rollout: { target: "helm" } }],
    [
      "backfill.source.persistentVolumeClaim",
      { rollout: dev.rollout, backfill: { source: { persistentVolumeClaim: "state" } } },
    ],
  ])("is refused like that of the program: %s", async (key, settings) => {
    await expect(read(named(settings))).rejects.toThrow(`taskrunner-storage:${key}: found `);
  });

  it("may have encrypted values, and keys of other projects", async () => {
    const mongoUri = { secure: "v1:abc" };
    const others = { "aws:region": "eu-central-1", "other:cluster": "prod", "x:approvals": false };
    const settings = await read({ ...named({ ...dev, mongoUri }), ...others });

    expect(settings).toMatchObject({ storageMode: "mongo", approvals: false });
    expect(settings).not.toHaveProperty("mongoUri");
    expect(JSON.stringify(await read(named(dev)))).not.toContain("mongodb:");
  });
});
