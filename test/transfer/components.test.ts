import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, it } from "vitest";
import { byRole, defaultFolders } from "../../components/contract";
import {
  FirstVerification,
  FilesystemBackfill,
  Handover,
  RunFiles,
  FinalPass,
  Verification,
} from "../../components/transfer/program";
import type { Mongo } from "../../components/cluster";
import { type Direction, parseSettings } from "../../components/settings";
import { after, type StepGroup } from "../../components/step/program";
import { documentOptions } from "../contract/options";
import { Instance, nameInInstance } from "../instance";
import { importCounts } from "./counts";

const settings = parseSettings({
  storageMode: "filesystem",
  backfill: { source: { path: "../state" } },
  rollout: { target: "values", directory: ".", confirm: "none" },
});
const registered: pulumi.runtime.MockResourceArgs[] = [];
/** What each import did; those of the bulk pass and the first verification read the same record. */
const verified = { mongo: 2, differing: 0 };
const at = "2026-11-25T10:30:00.000Z";
const report = {
  files: 1,
  holds: true,
  at,
  ...byRole(() => ({ ...importCounts(1, { inserted: 1 }), ...verified })),
};
const cutoverAt = "2026-11-25T10:00:00.000Z";
/** What the state has of a step that is not part of the update, by its name. */
const excluded = new Map<string, object>();

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    newResource: (args) => {
      if (args.type.endsWith(":TaskRunnerStorage")) return { id: "", state: {} };
      registered.push({ ...args, name: nameInInstance(args.name) });
      const results = { report, cutoverRecord: { at: cutoverAt, unfinishedCount: 1 } };
      const former = args.type.startsWith("pulumi-nodejs:")
        ? excluded.get(nameInInstance(args.name))
        : {};
      return { id: args.name, state: { ...(args.inputs as object), ...results, ...former } };
    },
    call: () => ({}),
  });
});

const files = new RunFiles(settings);

/** MongoDB as the steps of an update in this direction take it. */
const mongo = (direction: Direction): Mongo => ({
  uri: pulumi.secret("mongodb://localhost"),
  appUri: undefined,
  database: "taskrunner",
  ledger: "schema_migrations",
  collections: documentOptions.collections,
  approvals: true,
  job: undefined,
  appJob: undefined,
  direction,
  cutover: 1,
});

const value = <T>(output: pulumi.Output<T>) =>
  new Promise<T>((resolve) => void output.apply(resolve));

/** The steps of a stack, in their order. */
function stepsOf(args: { mongo: Mongo; files: RunFiles }, webWent = args.mongo.direction) {
  const below = { parent: new Instance() };
  const passes = { ...args, takenOver: pulumi.output("") };
  const behind = (step: StepGroup) => ({ ...below, ...after(step) });
  const backfill = new FilesystemBackfill("filesystem-backfill", passes, below);
  const firstVerification = new FirstVerification(
    "first-verification",
    { ...args, imported: backfill },
    behind(backfill),
  );
  const direction = pulumi.output(args.mongo.direction);
  const web = { direction: pulumi.output(webWent) };
  const drain = { direction, drained: {} };
  const handover = new Handover("handover", { ...passes, drain }, behind(firstVerification));
  const final = new FinalPass(
    "final-pass",
    { ...passes, imported: backfill, handover, web, update: { confirm: undefined } },
    behind(handover),
  );
  const verification = new Verification("verification", { ...args, final }, behind(final));
  return { backfill, firstVerification, handover, final, verification };
}

const inputsOf = (name: string) =>
  registered.findLast((one) => one.name === name && one.type.startsWith("pulumi-nodejs:"))
    ?.inputs as object | undefined;

it("each component has one resource, of whose report it has the totals", async () => {
  const { firstVerification, handover, verification } = stepsOf({
    mongo: mongo("forward"),
    files,
  });
  expect(await value(firstVerification.totals)).toEqual(byRole(() => 1));
  expect(await value(verification.totals)).toEqual({ holds: true, at, ...byRole(() => 2) });
  expect(await value(handover.cutoverAt)).toBe(cutoverAt);
  expect(registered.map(({ type, name }) => `${type} ${name}`)).toEqual([
    "taskrunner:storage:FilesystemBackfill filesystem-backfill",
    "pulumi-nodejs:dynamic/taskrunner:BulkPass bulk-pass",
    "taskrunner:storage:FirstVerification first-verification",
    "pulumi-nodejs:dynamic/taskrunner:FirstVerification first-verification",
    "taskrunner:storage:Handover handover",
    "pulumi-nodejs:dynamic/taskrunner:Handover handover",
    "taskrunner:storage:FinalPass final-pass",
    "pulumi-nodejs:dynamic/taskrunner:FinalPass final-pass",
    "taskrunner:storage:Verification verification",
    "pulumi-nodejs:dynamic/taskrunner:Verification verification",
  ]);
});

it.each(["forward", "back"] as const)(
  "handover and final pass are there (%s); the latter has the cutover of the former",
  async (direction) => {
    const { handover } = stepsOf({ mongo: mongo(direction), files });
    expect(await value<unknown>(handover.rollback)).toBeNull();
    await pulumi.runtime.disconnect();
    const shared = {
      direction,
      root: "../state",
      ledger: "schema_migrations",
      electionSeconds: 60,
    };
    expect(inputsOf("handover")).toMatchObject(shared);
    expect(inputsOf("handover")).not.toHaveProperty("cutoverAt");
    expect(inputsOf("final-pass")).toMatchObject({ ...shared, cutoverAt });
  },
);

it("no step after web goes past it, nor the log expiry past the verification of this cutover", async () => {
  const next = async (asked: Direction, webWent: Direction) => {
    const { verification } = stepsOf({ mongo: mongo(asked), files }, webWent);
    await pulumi.runtime.disconnect();
    return value(verification.direction);
  };
  expect(await next("forward", "back")).toBe("back");
  expect(inputsOf("final-pass")).toMatchObject({ direction: "back" });
  expect(inputsOf("verification")).toMatchObject({ direction: "back" });
  expect(await next("forward", "forward")).toBe("forward");
  expect(await next("back", "forward")).toBe("back");
  expect(inputsOf("final-pass")).toMatchObject({ direction: "forward" });

  excluded.set("verification", { direction: "forward", cutover: 0, applied: true });
  expect(await next("forward", "forward")).toBe("back");
  excluded.set("verification", { direction: "back", cutover: 1, applied: null });
  expect(await next("forward", "forward")).toBe("back");
  excluded.clear();
});

it("the resource gets the root, not the other settings", async () => {
  stepsOf({ mongo: mongo("forward"), files });
  await pulumi.runtime.disconnect();
  const inputs = inputsOf("bulk-pass");
  expect(inputs).toMatchObject({
    database: "taskrunner",
    direction: "forward",
    root: "../state",
    collections: documentOptions.collections,
    folders: defaultFolders,
  });
  expect(inputs).not.toHaveProperty("settings");
});

it("without `backfill` there is no resource, and nobody waits for a component", async () => {
  const before = registered.length;
  const none = new RunFiles({ ...settings, backfill: undefined });
  const { backfill, firstVerification, handover, final, verification } = stepsOf({
    mongo: mongo("forward"),
    files: none,
  });
  expect(await value<unknown>(backfill.report)).toBeNull();
  expect(await value<unknown>(firstVerification.totals)).toBeNull();
  expect(await value<unknown>(verification.totals)).toBeNull();
  expect(await value<unknown>(final.rollback)).toBeNull();
  expect(await value<unknown>(handover.cutoverAt)).toBeUndefined();
  expect(
    [backfill, firstVerification, handover, final, verification].flatMap(
      ({ completion }) => completion,
    ),
  ).toEqual([]);
  const types = registered.slice(before).map(({ type }) => type);
  expect(types.filter((type) => type.startsWith("pulumi-nodejs:"))).toEqual([]);
});
