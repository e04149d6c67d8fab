import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, it } from "vitest";
import {
  DeltaImport,
  FilesystemBackfill,
  FinalExport,
  FinalImport,
  StateExport,
  Verification,
} from "../../components/backfill/program";
import { parseSettings } from "../../components/settings";
import { documentOptions } from "../contract/options";

const { advanced } = parseSettings({
  storageMode: "filesystem",
  rollout: { target: "values", directory: ".", confirm: "none" },
});
const registered: pulumi.runtime.MockResourceArgs[] = [];

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: (args) => {
      registered.push(args);
      return { id: args.name, state: { ...(args.inputs as object), report: { files: 1 } } };
    },
    call: () => ({}),
  });
});

const args = {
  uri: pulumi.secret("mongodb://localhost"),
  database: "taskrunner",
  mode: "mongo" as const,
  collections: documentOptions.collections,
  approvals: true,
  settings: {
    source: { path: "../state" },
    parallelism: 1,
  },
  advanced,
};

const none = {
  ...{ files: 0, mongo: 0, equal: 0, newerInMongo: 0, onlyInMongo: 0, expired: 0, missing: 0 },
  ...{ differing: 0, quarantined: 0, onlyInFiles: [], different: [] },
};
const verified = {
  ...{ holds: true, at: "2026-11-25T10:00:00.000Z", elapsedMs: 1, incomplete: [], quarantine: [] },
  runs: { ...none, mongo: 12, newerInMongo: 1, onlyInMongo: 2 },
  ...{ logs: none, artifacts: none, approvals: none },
};

const value = <T>(output: pulumi.Output<T>) =>
  new Promise<T>((resolve) => void output.apply(resolve));

it("each component has one resource, whose report is its counts", async () => {
  const backfill = new FilesystemBackfill("filesystem-backfill", args);
  const delta = new DeltaImport("delta", args, { dependsOn: backfill });
  const last = new FinalImport("final", args, { dependsOn: delta });
  const verification = new Verification("verified", args, { dependsOn: last });
  for (const { counts } of [backfill, delta, last, verification]) {
    expect(await value<unknown>(counts)).toEqual({ files: 1 });
  }
  expect(registered.map(({ type, name }) => `${type} ${name}`)).toEqual([
    "taskrunner:storage:FilesystemBackfill filesystem-backfill",
    "pulumi-nodejs:dynamic/mongo:Import backfill",
    "taskrunner:storage:DeltaImport delta",
    "pulumi-nodejs:dynamic/mongo:Import delta-import",
    "taskrunner:storage:FinalImport final",
    "pulumi-nodejs:dynamic/mongo:Import final-import",
    "taskrunner:storage:Verification verified",
    "pulumi-nodejs:dynamic/mongo:Verification verification",
  ]);
});

it("an export is there for both directions, with what becomes of held runs", async () => {
  const before = registered.length;
  const exported = { ...args, heldRuns: "hold", ledger: "schema_migrations" } as const;
  const first = new StateExport("state", exported);
  const rest = new FinalExport("rest", { ...exported, verified }, { dependsOn: first });
  expect(await value<unknown>(first.wayBack)).toBeUndefined();
  expect(await value<unknown>(rest.wayBack)).toBeUndefined();
  expect(registered.slice(before).map(({ type, name }) => `${type} ${name}`)).toEqual([
    "taskrunner:storage:StateExport state",
    "pulumi-nodejs:dynamic/taskrunner:StateExport export",
    "taskrunner:storage:FinalExport rest",
    "pulumi-nodejs:dynamic/taskrunner:StateExport final-export",
  ]);
  const inputs = registered.slice(before).map((one) => one.inputs as object);
  expect(inputs[1]).toMatchObject({
    ...{ stage: "export", heldRuns: "hold", root: "../state", ledger: "schema_migrations" },
    electionSeconds: 60,
  });
  expect(inputs[1]).not.toHaveProperty("indexNames");
  expect(inputs[3]).toMatchObject({ stage: "rest" });
  expect(inputs[3]).not.toHaveProperty("lastCount");
});

it("on the way back the last export gets what the last verification counted", async () => {
  const back = {
    ...args,
    mode: "filesystem",
    heldRuns: "hold",
    ledger: "l",
    verified,
  } as const;
  await value(new FinalExport("last", back).wayBack);
  expect(registered.at(-1)?.inputs).toMatchObject({
    lastCount: {
      ...{ at: "2026-11-25T10:00:00.000Z", runs: { documents: 12, ahead: 3 } },
      logs: { documents: 0, ahead: 0 },
    },
  });
});

it("the resource gets the root and the layout, not the other settings", () => {
  const inputs: unknown = registered.find(({ name }) => name === "backfill")?.inputs;
  expect(inputs).toMatchObject({
    database: "taskrunner",
    mode: "mongo",
    root: "../state",
    layout: advanced.layout,
    checkpoints: "pack_run_backfill",
    collections: documentOptions.collections,
    approvals: true,
  });
  expect(inputs).not.toHaveProperty("settings");
});
