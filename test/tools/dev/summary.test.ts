import { describe, expect, test } from "vitest";
import { stackOutputsFrom } from "../../../tools/dev/outputs";
import { devPaths, stacks } from "../../../tools/dev/places";
import { coloursFor, type Facts, summaryText } from "../../../tools/dev/summary";

const plain = coloursFor({ isTTY: false }, {});
const sides = (files: number, mongo: number) => ({ files, mongo, equal: files });
const counts = { read: 2, inserted: 2, updated: 0, unchanged: 0, normalized: 0, quarantined: 0 };
const json = {
  storageMode: "mongo",
  database: "taskrunner",
  collections: ["pack_runs", "pack_run_logs", "pack_artifacts", "pack_run_approvals"],
  migration: { id: "20251106-task-runner-baseline", checksum: "ab", appliedAt: "2025-11-25" },
  backfill: { runs: counts, logs: counts, artifacts: counts, approvals: counts },
  verification: {
    holds: true,
    runs: sides(240, 241),
    logs: sides(30412, 30412),
    artifacts: sides(512, 512),
    approvals: sides(96, 96),
  },
  rollout: {
    worker: {
      target: "values",
      mode: "mongo",
      file: ".dev/rollout/taskrunner-storage.worker.values.yaml",
    },
    web: {
      target: "values",
      mode: "mongo",
      file: ".dev/rollout/taskrunner-storage.web.values.yaml",
    },
  },
  connectionSecretRef: { name: "taskrunner-mongo", key: "connectionString" },
};
const outputs = stackOutputsFrom(json);
/** The summary of stack dev, without colours unless they are given. */
const told = (facts: Omit<Facts, "places">, colours = plain) =>
  summaryText({ places: devPaths("/repository"), ...facts }, colours);
const database = "mongodb://127.0.0.1:27017/taskrunner";

describe("the summary", () => {
  test("says what the services of a real node executed, and names what they executed again", () => {
    const sentence = "12 steps of 5 runs were executed, 1 again";
    const journal = { sentence, repeats: ["build of r is executed after its success"] };
    const lines = told({ changed: true, outputs, journal }).split("\n");
    expect(lines).toEqual(expect.arrayContaining([sentence, ...journal.repeats]));
  });

  test("tells what exists, the counts of both sides, where to look and how to roll back", () => {
    const server = "SecantusDB 0.7.0b3, process 4711";
    expect(told({ changed: true, outputs, database, server })).toBe(
      `stack dev: worker and web work on MongoDB

               files   MongoDB   collection
runs             240       241   pack_runs
logs           30412     30412   pack_run_logs
artifacts        512       512   pack_artifacts
approvals         96        96   pack_run_approvals
verified: every record on disk is in MongoDB

database  mongodb://127.0.0.1:27017/taskrunner; SecantusDB 0.7.0b3, process 4711
schema    20251106-task-runner-baseline, applied 2025-11-25
worker    mongo, .dev/rollout/taskrunner-storage.worker.values.yaml
web       mongo, .dev/rollout/taskrunner-storage.web.values.yaml
files     .dev/taskrunner

look      mongosh mongodb://127.0.0.1:27017/taskrunner; tail -n +1 .dev/rollout/*.values.yaml
roll back make rollback (needs no MongoDB)
stop      make down (keeps the data; log in .dev/mongo.log)`,
    );
  });

  test("fits on one screen", () => {
    const text = told({ changed: true, outputs, database, server: "x" });
    expect(text.split("\n").length).toBeLessThan(24);
  });

  test("says first that nothing changed", () => {
    const text = told({ changed: false, outputs, database });
    expect(text).toMatch(/^nothing changed; /);
  });

  test("in filesystem mode names the way on, and no database", () => {
    const onFiles = { ...outputs, storageMode: "filesystem" as const };
    const text = told({ changed: true, outputs: onFiles });
    expect(text).toMatch(/^stack dev: worker and web work on files\n/);
    expect(text).toContain("go on     make up");
    expect(text).not.toMatch(/mongodb:|make rollback|make down/);
  });

  test("names the runs that are held on files, and how they come back", () => {
    const held = { ...outputs, storageMode: "filesystem" as const, rollback: { held: ["a", "b"] } };
    expect(told({ changed: true, outputs: held })).toContain(
      "held      2 runs in .dev/taskrunner/held, until MongoDB answers: " +
        "npx taskrunner-storage export --state .dev/taskrunner",
    );
    const onMongo = { ...held, storageMode: "mongo" as const };
    expect(told({ changed: true, outputs: onMongo, database })).not.toContain("held");
  });

  test("does not hide that the sides differ or that records were left out", () => {
    const worse = stackOutputsFrom({
      ...json,
      verification: { ...json.verification, holds: false },
      backfill: { ...json.backfill, logs: { ...counts, quarantined: 3 } },
    });
    const text = told({ changed: true, outputs: worse, database });
    expect(text).toContain("not verified: records on disk and in MongoDB differ");
    expect(text).toContain("3 records could not be imported");
  });

  test("of releases names them, how to look at their pods, and the stack in every command", () => {
    const release = { target: "helm", mode: "mongo", namespace: "taskrunner" };
    const worker = { ...release, release: "taskrunner-worker", revision: 2 };
    const web = { ...release, release: "taskrunner-web", revision: 3 };
    const text = summaryText(
      {
        places: devPaths("/repository", stacks.local),
        changed: true,
        outputs: stackOutputsFrom({ ...json, rollout: { worker, web } }),
        database,
        server: "SecantusDB 0.7.0b3, process 4711",
        kubectl: "kubectl --kubeconfig .dev/local/cluster/kubeconfig",
      },
      plain,
    );
    expect(text).toMatch(/^stack local: .* MongoDB\n/);
    expect(text.slice(text.indexOf("worker    "))).toBe(
      `worker    mongo, release taskrunner-worker in namespace taskrunner, revision 2
web       mongo, release taskrunner-web in namespace taskrunner, revision 3
files     .dev/local/taskrunner

look      mongosh mongodb://127.0.0.1:27017/taskrunner
pods      kubectl --kubeconfig .dev/local/cluster/kubeconfig --namespace taskrunner get pods
roll back make rollback STACK=local (needs no MongoDB)
stop      make down STACK=local (keeps the data; log in .dev/local/mongo.log)`,
    );
  });

  test("leaves out what was never done", () => {
    const bare = stackOutputsFrom({ storageMode: "filesystem" });
    expect(told({ changed: true, outputs: bare })).not.toContain("undefined");
  });

  test("is coloured on a terminal, and not under NO_COLOR", () => {
    const onTerminal = (NO_COLOR?: string) =>
      told({ changed: true, outputs }, coloursFor({ isTTY: true }, { NO_COLOR }));
    expect(onTerminal()).toContain("\u001b[");
    expect(onTerminal("1")).toBe(told({ changed: true, outputs }));
  });
});
