import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { commandSettings } from "../../components/settings";
import { describeProblems, dev } from "./problems";

describe("an unknown setting", () => {
  it.each([
    ["storagemode", { storagemode: "mongo" }, "storageMode"],
    ["aprovals", { aprovals: true }, "approvals"],
    ["rollout.workr", { rollout: { ...dev.rollout, workr: {} } }, "worker"],
    [
      "rollout.confirm.namspace",
      { rollout: { ...dev.rollout, confirm: { namspace: "apps" } } },
      "namespace",
    ],
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

it("a misspelt setting is named with the one that is meant", () => {
  const problems = describeProblems({ ...dev, backfil: {}, indexes: {} });
  expect(problems).toContain(
    "backfil: found an unknown setting (did you mean backfill?); allowed:",
  );
  expect(problems).toContain("indexes: found an unknown setting; allowed:");
});

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
    await expect(read(named(settings))).rejects.toThrow(`taskrunner-storage:${key}: `);
  });

  it("may have encrypted values, and keys of other projects", async () => {
    const mongoUri = { secure: "v1:abc" };
    const others = { "aws:region": "eu-central-1", "other:cluster": "prod", "x:approvals": false };
    const settings = await read({ ...named({ ...dev, mongoUri }), ...others });

    expect(settings).toMatchObject({ approvals: false });
    expect(settings).not.toHaveProperty("mongoUri");
    expect(JSON.stringify(await read(named(dev)))).not.toContain("mongodb:");
  });
});
