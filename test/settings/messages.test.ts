import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { commandSettings } from "../../components/settings";
import { problemsOf } from "./problems";

const dev = {
  mongoUri: "mongodb://127.0.0.1:27017/taskrunner",
  rollout: { target: "values", directory: "deploy", confirm: "none" },
};

describe("a typing error", () => {
  it.each([
    ["storagemode", { storagemode: "mongo" }, "storageMode"],
    ["aprovals", { aprovals: true }, "approvals"],
    ["rollout.workr", { rollout: { ...dev.rollout, workr: {} } }, "worker"],
    ["rollout.confirm.namspace", { rollout: confirmed({ namspace: "apps" }) }, "namespace"],
    ["cluster.regons", { cluster: { kind: "atlas", regons: [] } }, "regions"],
  ])("in %s names the key that is nearest", (key, change, nearest) => {
    expect(problemsOf({ ...dev, ...change })).toContain(
      `${key}: found an unknown setting (did you mean ${nearest}?); allowed: `,
    );
  });

  it("that is far from every key names none", () => {
    expect(problemsOf({ ...dev, indexes: {} })).toContain("indexes: found an unknown setting; all");
  });
});

describe("a section of one of several forms", () => {
  it.each([
    ["confirm.namespace: found nothing; allowed: a value of type string", confirmed({})],
    ['confirm: found "no"; allowed: none, or { namespace, selector }', confirmed("no")],
    ['target: found "argo"; allowed: values, helm', { target: "argo" }],
  ])("has the problems of the form that is meant: %s", (problem, rollout) => {
    expect(problemsOf({ ...dev, rollout })).toContain(`rollout.${problem}`);
  });

  it.each([
    ["source.path: found 5; allowed: a value of type string", { path: 5 }],
    [
      "source.subPth: found an unknown setting (did you mean subPath?)",
      { persistentVolumeClaim: "state", subPth: "x" },
    ],
    ["source: found {}; allowed: { path }, or { persistentVolumeClaim, subPath? } with jobs", {}],
    ["source: found", { path: "a", persistentVolumeClaim: "b" }],
  ])("has the problems of the source that is meant: %s", (problem, source) => {
    expect(problemsOf({ ...dev, backfill: { source } })).toContain(`backfill.${problem}`);
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
    ["aprovals: found an unknown setting (did you mean approvals?)", { aprovals: true }],
    ["jobs.imgae: found an unknown setting (did you mean image?)", { jobs: { imgae: "i" } }],
    ["rollout.namespace: found nothing", { rollout: { target: "helm" } }],
    [
      "backfill.parallelism: found 2, and no section jobs",
      { rollout: dev.rollout, backfill: { source: { path: "state" }, parallelism: 2 } },
    ],
  ])("is refused like that of the program: %s", async (problem, settings) => {
    await expect(read(named(settings))).rejects.toThrow(`taskrunner-storage:${problem}`);
  });

  it("may have encrypted values, and keys of other projects", async () => {
    const mongoUri = { secure: "v1:abc" };
    const others = { "aws:region": "eu-central-1", "other:cluster": "prod", "x:approvals": false };
    const settings = await read({ ...named({ ...dev, mongoUri }), ...others });

    expect(settings).toMatchObject({ storageMode: "mongo", approvals: false });
    expect(settings).not.toHaveProperty("rollout");
    expect(JSON.stringify(await read(named(dev)))).not.toContain("mongodb:");
  });
});
