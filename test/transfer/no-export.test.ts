import * as pulumi from "@pulumi/pulumi";
import { beforeEach, expect, it, vi } from "vitest";
import { runProgram } from "../program/runtime";

const warn = vi.spyOn(pulumi.log, "warn").mockResolvedValue();

beforeEach(() => {
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
  const newResource = ({ name, inputs }: pulumi.runtime.MockResourceArgs) => {
    return { id: name, state: inputs as object };
  };
  await runProgram({ newResource, call: () => ({}) }, settings);
  expect(warn.mock.calls.filter(([text]) => text.includes("no section `backfill`"))).toHaveLength(
    times,
  );
});
