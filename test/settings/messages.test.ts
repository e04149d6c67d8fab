import { describe, expect, it } from "vitest";
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
