import { describe, expect, test } from "vitest";
import { coloursFor } from "../../../tools/dev/colour";
import { stackOutputsFrom } from "../../../tools/dev/outputs";
import { summaryText } from "../../../tools/dev/summary";

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
    worker: { target: "values", mode: "mongo", file: ".dev/rollout/worker.values.yaml" },
    web: { target: "values", mode: "mongo", file: ".dev/rollout/web.values.yaml" },
  },
  connectionSecretRef: { name: "taskrunner-mongo", key: "connectionString" },
};
const outputs = stackOutputsFrom(json);
const database = "mongodb://127.0.0.1:27017/taskrunner";

describe("the summary", () => {
  test("tells what exists, the counts of both sides, where to look and how to go back", () => {
    const server = "SecantusDB 0.7.0b3, process 4711";
    expect(summaryText({ changed: true, outputs, database, server }, plain)).toBe(
      `stack dev: worker and web work on MongoDB

               files   MongoDB   collection
runs             240       241   pack_runs
logs           30412     30412   pack_run_logs
artifacts        512       512   pack_artifacts
approvals         96        96   pack_run_approvals
verified: every record on disk is in MongoDB

database  mongodb://127.0.0.1:27017/taskrunner; SecantusDB 0.7.0b3, process 4711
schema    20251106-task-runner-baseline, applied 2025-11-25
worker    mongo, .dev/rollout/worker.values.yaml
web       mongo, .dev/rollout/web.values.yaml
files     .dev/taskrunner

look      mongosh mongodb://127.0.0.1:27017/taskrunner; diff -r sample/rollout .dev/rollout
go back   make rollback (needs no MongoDB)
stop      make down (keeps the data; log in .dev/mongo.log)`,
    );
  });

  test("fits on one screen", () => {
    const text = summaryText({ changed: true, outputs, database, server: "x" }, plain);
    expect(text.split("\n").length).toBeLessThan(24);
  });

  test("says first that nothing changed", () => {
    const text = summaryText({ changed: false, outputs, database }, plain);
    expect(text).toMatch(/^nothing changed; stack dev: worker and web work on MongoDB\n/);
  });

  test("in filesystem mode names the way on, and no database", () => {
    const onFiles = { ...outputs, storageMode: "filesystem" as const };
    const text = summaryText({ changed: true, outputs: onFiles }, plain);
    expect(text).toMatch(/^stack dev: worker and web work on files\n/);
    expect(text).toContain("go on     make up");
    expect(text).not.toMatch(/mongodb:|make rollback|make down/);
  });

  test("does not hide that the sides differ or that records were left out", () => {
    const worse = stackOutputsFrom({
      ...json,
      verification: { ...json.verification, holds: false },
      backfill: { ...json.backfill, logs: { ...counts, quarantined: 3 } },
    });
    const text = summaryText({ changed: true, outputs: worse, database }, plain);
    expect(text).toContain("not verified: records on disk and in MongoDB differ");
    expect(text).toContain("3 records could not be imported");
  });

  test("leaves out what was never done", () => {
    const bare = stackOutputsFrom({ storageMode: "filesystem" });
    expect(summaryText({ changed: true, outputs: bare }, plain)).not.toContain("undefined");
  });

  test("is coloured on a terminal, and not under NO_COLOR", () => {
    const onTerminal = (NO_COLOR?: string) =>
      summaryText({ changed: true, outputs }, coloursFor({ isTTY: true }, { NO_COLOR }));
    expect(onTerminal()).toContain("\u001b[");
    expect(onTerminal("1")).toBe(summaryText({ changed: true, outputs }, plain));
  });
});
