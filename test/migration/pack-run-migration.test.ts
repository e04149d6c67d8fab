import { setTimeout as sleep } from "node:timers/promises";
import * as pulumi from "@pulumi/pulumi";
import { beforeAll, expect, it, vi } from "vitest";
import type { Mongo } from "../../components/cluster";
import type { JobTarget } from "../../components/step/jobs";
import { PackRunMigration } from "../../components/migration/program";
import { parseSettings, type Direction } from "../../components/settings";
import { documentOptions } from "../contract/options";
import { nameInInstance } from "../instance";

/** In the order in which they are done. */
const registered: pulumi.runtime.MockResourceArgs[] = [];

/** What others must wait for takes time, so that one that does not wait comes before it. */
const isSlow = ({ type, inputs }: pulumi.runtime.MockResourceArgs) =>
  type.endsWith("/mongo:LedgerClaim") || (inputs as { unique?: boolean }).unique === true;

const mongoUri = "mongodb://127.0.0.1/taskrunner";
const appMongoUri = "mongodb://localhost/taskrunner";
const rollout = { target: "values", directory: ".", confirm: "none" };

const mongo = (direction: Direction, job?: Mongo["job"], appJob?: Mongo["job"]): Mongo => ({
  uri: pulumi.secret(mongoUri),
  appUri: pulumi.secret(appMongoUri),
  database: "taskrunner",
  ledger: "schema_migrations",
  collections: documentOptions.collections,
  approvals: true,
  job,
  appJob,
  direction,
  cutover: 1,
});

const update = { live: { inForce: pulumi.output(1) } };

beforeAll(async () => {
  await pulumi.runtime.setMocks({
    call: ({ inputs }) => inputs as Record<string, unknown>,
    newResource: async (args) => {
      if (isSlow(args)) await sleep(50);
      registered.push({ ...args, name: nameInInstance(args.name) });
      const appliedAt = `applied by ${args.name}`;
      return { id: args.name, state: { ...(args.inputs as object), appliedAt } };
    },
  });
  const settings = parseSettings({ storageMode: "mongo", mongoUri, rollout });
  const args = { ...settings, mongo: mongo("forward"), files: { root: "state" }, update };
  const migration = new PackRunMigration("taskrunner", args);
  await new Promise((resolve) => void migration.appliedAt.apply(resolve));
  await vi.waitFor(() => {
    expect(namesOf("ApplicationCheck")).toHaveLength(1);
  });
});

const namesOf = (kind: string) =>
  registered.filter(({ type }) => type.endsWith(`/mongo:${kind}`)).map(({ name }) => name);

it("claims first and tries the services' user last; unique indexes come before the others", () => {
  const order = registered.map(({ name }) => name);
  const at = (name: string) => order.indexOf(name);

  expect(at("ledger-claim")).toBeLessThan(at("pack_runs"));
  expect(at("pack_run_logs_run_sequence")).toBeGreaterThan(at("pack_artifacts"));
  expect(at("pack_run_logs_run_sequence")).toBeLessThan(at("pack_runs_updatedAt_desc"));
  expect(at("ledger")).toBe(order.length - 2);
  expect(at("application-check")).toBe(order.length - 1);
});

it("gives the path of cutover.json to the ledger's claim, and to no other step", () => {
  const having = registered.filter(({ inputs }) => "root" in (inputs as object));
  expect(having.map(({ name, inputs }) => ({ name, inputs: inputs as object }))).toMatchObject([
    { name: "ledger-claim", inputs: { root: "state", direction: "forward" } },
  ]);
});

it("takes the time from the claim where a Job does the whole plan", async () => {
  const settings = parseSettings({ storageMode: "mongo", mongoUri, rollout });
  const [job, appJob] = ["migrator", "application"].map((name) =>
    pulumi.output({ image: "commands", secret: { name, key: "uri" } } as JobTarget),
  );
  const byJob = mongo("forward", job, appJob);
  const args = { ...settings, mongo: byJob, files: { root: undefined }, update };
  const { appliedAt } = new PackRunMigration("taskrunner", args);
  const found = await new Promise((resolve) => void appliedAt.apply(resolve));
  expect(found).toBe("applied by taskrunner-ledger-claim");
});

it("tries the services' user in a Job that has only that user's connection string", async () => {
  const last = () => registered.filter(({ name }) => name === "application-check").at(-1);
  await vi.waitFor(() => {
    expect(last()?.inputs).toHaveProperty("job");
  });
  expect(last()?.inputs).toMatchObject({ job: { secret: { name: "application" } }, isApart: true });
  expect(JSON.stringify(last()?.inputs)).not.toContain(mongoUri);
});

it("gives a key as text in its order", () => {
  const index = registered.find(({ name }) => name === "pack_run_logs_run_sequence");

  expect(index?.inputs).toMatchObject({ key: "runId:1, sequence:1", unique: true, sparse: false });
});

it("serialises a shim and nothing of the logic", () => {
  const texts = new Set(
    registered
      .filter(({ type }) => type.endsWith("/mongo:Index"))
      .map(({ inputs }) => (inputs as { __provider: string }).__provider),
  );

  expect(texts.size).toBe(1);
  const [text = ""] = texts;
  expect(text).toContain('load("components/migration/provider", "Index")');
  expect(text).not.toMatch(/createIndexes|collMod|mongodb/);
});
