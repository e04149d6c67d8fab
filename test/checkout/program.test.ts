import * as pulumi from "@pulumi/pulumi";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { sourceOf } from "../../components/checkout/program";
import { repositoryPerTest, settings } from "./repository";

const current = repositoryPerTest();
const file = "Pulumi.prod.yaml";
const withServices = { target: "helm" } as never;

/** What the stack's last `up` left. */
let outputs: object;
let warned: string[];
beforeEach(async () => {
  [outputs, warned] = [{}, []];
  vi.spyOn(process, "cwd").mockReturnValue(current.checkout);
  vi.spyOn(pulumi.log, "warn").mockImplementation((words) => {
    warned.push(words);
    return Promise.resolve();
  });
  const call = ({ token, inputs }: pulumi.runtime.MockCallArgs) => {
    expect([token, inputs]).toEqual([
      "pulumi:pulumi:readStackOutputs",
      { name: "organization/taskrunner-storage/prod" },
    ]);
    return { outputs };
  };
  const newResource = () => ({ id: "", state: {} });
  const mocks = { newResource, call };
  await pulumi.runtime.setMocks(mocks, "taskrunner-storage", "prod", false, "organization");
});
afterEach(() => vi.restoreAllMocks());

const run = (storageMode: "mongo" | "filesystem", rollout = withServices) =>
  new Promise((resolve) => {
    sourceOf({ storageMode, rollout }).apply(resolve);
  });

it("says the commit, and the mode that git has, whatever was edited", async () => {
  const commit = await current.commit({ [file]: settings("mongo") });

  expect(await run("filesystem")).toEqual({ commit, storageMode: "mongo" });
  expect(warned).toEqual([]);
});

it("warns of what a workflow would refuse", async () => {
  const commit = await current.commit({ [file]: settings("mongo") });
  outputs = { storageMode: "filesystem", source: { commit, storageMode: "mongo" } };

  await run("mongo");
  expect(warned.join()).toMatch(/^A workflow would refuse this: prod was rolled back and runs on/);
  warned = [];
  await run("filesystem");
  await run("mongo", { target: "values", confirm: "none" } as never);
  expect(warned).toEqual([]);
});

it("says nothing of commits that a shallow clone lacks, and goes on outside Git", async () => {
  const commit = await current.commit({ [file]: settings("mongo") });
  outputs = {
    storageMode: "mongo",
    source: { commit: commit.replace(/^./, (first) => (first === "0" ? "1" : "0")) },
  };
  await run("mongo");
  expect(warned.join()).toContain("which is not in the history");

  warned = [];
  await current.commit({ other: "1" });
  await current.git("push", "--quiet", "origin", "main");
  const shallow = `${current.folder}/shallow`;
  await current.git("clone", "--quiet", "--depth", "1", `file://${current.origin}`, shallow);
  vi.spyOn(process, "cwd").mockReturnValue(shallow);
  await run("mongo");
  expect(warned).toEqual([]);
  vi.spyOn(process, "cwd").mockReturnValue(current.folder);
  expect(await run("mongo")).toEqual({});
});
