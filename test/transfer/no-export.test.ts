import * as pulumi from "@pulumi/pulumi";
import { beforeAll, beforeEach, expect, it, vi } from "vitest";

const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();

beforeAll(async () => {
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
      call: () => ({}),
    },
    "taskrunner-storage",
    "test",
    false,
    "organization",
  );
});
beforeEach(() => {
  vi.resetModules();
  warn.mockClear();
});

const files = { file: "values.yaml" };
const rollout = {
  target: "values",
  directory: "rollout",
  confirm: "none",
  worker: files,
  web: files,
  connectionSecret: { name: "mongo", key: "uri" },
};
const backfill = { source: { path: "state" } };
const uri = "mongodb://127.0.0.1:1/taskrunner";

it.each([
  ["on files without the section", { storageMode: "filesystem" }, 1],
  ["on files with it", { storageMode: "filesystem", backfill }, 0],
  ["on MongoDB without it", { storageMode: "mongo" }, 0],
])("the program warns of a rollback that exports nothing: %s", async (_what, own, times) => {
  const settings = { mongoUri: uri, appMongoUri: uri, rollout, ...own };
  const texts = Object.entries(settings).map(([key, value]) => [
    `taskrunner-storage:${key}`,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  pulumi.runtime.setAllConfig(Object.fromEntries(texts) as Record<string, string>, []);
  await import("../../index.js");
  await pulumi.runtime.disconnect();
  expect(warn.mock.calls.filter(([text]) => text.includes("no section `backfill`"))).toHaveLength(
    times,
  );
});
