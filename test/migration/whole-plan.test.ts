import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { Long } from "mongodb";
import { beforeEach, describe, expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { writeCutoverRecord } from "../../components/state";
import { migrationId, type LedgerRecord } from "../../components/ledger";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { providers, steps } from "../../components/migration/provider";
import { workInPod, type AnyStep } from "../../components/step";
import { version } from "../../package.json";
import { documentOptions } from "../contract/options";
import { emptyDatabasePerTest } from "../server";

const current = emptyDatabasePerTest();
const { Collection, Index, LedgerClaim, LedgerCompletion } = providers;
const claimStep = steps.ledgerClaim as unknown as AnyStep;

const ledger = "schema_migrations";
const job = {
  kubeconfig: "/nowhere",
  namespace: "apps",
  image: "commands:1",
  podTemplate: { metadata: { labels: {}, annotations: {} }, spec: { containers: [] } },
  stack: "project/stack",
  secret: { name: "mongo", key: "uri" },
  timeoutSeconds: 5,
};
const inputs = {
  job,
  direction: "forward" as const,
  cutover: 1,
  uri: "mongodb://user:one@h/d",
  database: "d",
  ledger,
  schema: documentOptions,
  onDataIssue: "fail",
  checksum: "a",
  stack: "storage/dev",
  adopt: false,
  root: "claim state",
};
const done = {
  ...inputs,
  location: `h/d/${ledger}`,
  appliedAt: "2026-01-01T00:00:00.000Z",
  blockedBy: "",
  takenOver: null,
  applied: true,
};
const changes = async (state: object, news: object) =>
  (await LedgerClaim.diff("id", state, news)).changes;
const failureOf = (work: Promise<unknown>) => work.catch((error: unknown) => error);

it("runs again for another schema or server, where it is unfinished, or something was held back", async () => {
  expect(await changes(done, inputs)).toBe(false);
  expect(await changes(done, { ...inputs, job: { ...job, image: "commands:2" } })).toBe(false);
  expect(await changes(done, { ...inputs, checksum: "b" })).toBe(true);
  expect(await changes(done, { ...inputs, uri: "mongodb://other/d" })).toBe(true);
  expect(await changes({ ...done, applied: false }, inputs)).toBe(true);
  expect(await changes({ ...done, blockedBy: "The unique index" }, inputs)).toBe(true);
});

it("takes a rotated connection string into its state, and starts nothing", async () => {
  const news = { ...inputs, uri: "mongodb://user:two@h/d" };
  expect(await changes(done, news)).toBe(true);
  expect(await LedgerClaim.update("id", done, news)).toEqual({ outs: { ...done, uri: news.uri } });
});

it("is skipped on a rollback, whatever differs", async () => {
  const { uri, ...others } = inputs;
  const back = { ...others, direction: "back" };
  expect(uri).toBe(done.uri);
  expect(await changes(done, back)).toBe(false);
  expect(await changes({ ...done, applied: false }, { ...back, checksum: "b" })).toBe(false);
});

it("is the one Job: collections, indexes and the completion only state what they want", async () => {
  const { collections, indexes } = buildSchema(documentOptions);
  const shared = { job, direction: "forward", uri: inputs.uri, database: "d", ledger };
  for (const collection of collections) {
    const made = await Collection.create({ ...shared, ...collection, onDataIssue: "fail" });
    expect(made.outs).toMatchObject({ name: collection.name, blockedBy: "", applied: true });
  }
  for (const { key, ...index } of indexes) {
    const asked = { ...shared, ...index, key: JSON.stringify(key), onDataIssue: "fail" };
    expect((await Index.create(asked)).outs).toMatchObject({
      name: index.name,
      existsAs: "",
      blockedBy: "",
      applied: true,
    });
  }
  expect((await LedgerCompletion.create({ ...shared, checksum: "a" })).outs).toMatchObject({
    appliedAt: "",
    applied: true,
  });
});

it("a step that is not done is unfinished, with the reasons of its Job and without the secret", async () => {
  const failed = (await failureOf(LedgerClaim.create(inputs))) as Error;
  expect(failed).toMatchObject({
    id: `${ledger}-claim`,
    properties: { applied: false },
    reasons: [expect.stringContaining("kubeconfig /nowhere") as string],
  });
  expect(failed.message).not.toContain("one@");
});

it("what was applied is not forgotten where the Job on another server fails", async () => {
  const moved = { ...inputs, uri: "mongodb://other/d" };
  const { uri, location, appliedAt } = done;
  expect(await failureOf(LedgerClaim.update("id", done, moved))).toMatchObject({
    properties: { uri, location, appliedAt, applied: false },
  });
  const never = { ...inputs, applied: false };
  const failed = await failureOf(LedgerClaim.update("id", never, moved));
  expect(failed).toMatchObject({ properties: { applied: false } });
  expect(failed).toHaveProperty("properties.location", null);
});

it("a Job that fails leaves what the engine can keep, also where the stack knows no connection string", async () => {
  const without = <Fields extends { uri: string }>({ uri, ...others }: Fields) => {
    expect(uri).toBe(inputs.uri);
    return others;
  };
  const news = without(inputs);
  const failures = [
    LedgerClaim.create(news),
    LedgerClaim.update("id", without(done), { ...news, checksum: "b" }),
  ].map(failureOf);
  for (const failed of await Promise.all(failures)) {
    const { properties } = failed as { properties: object };
    expect(Object.values(properties)).not.toContain(undefined);
  }
});

describe("in its pod", () => {
  let root: string;
  let location: string;
  const record = () => current.db.collection<LedgerRecord>(ledger).findOne({ _id: migrationId });
  const drift = async () => diff(buildSchema(documentOptions), await observe(current.db));

  beforeEach(async () => {
    root = join(current.folder, current.db.databaseName);
    location = `${new URL(current.server.uri).host}/${current.db.databaseName}/${ledger}`;
    await mkdir(root);
  });

  /** What the pod answers; its request has neither the connection string nor the target. */
  async function answer(own: object = {}, state?: object) {
    const { uri, job: target, ...others } = inputs;
    expect([uri, target]).toEqual([done.uri, job]);
    const asked = { ...others, database: current.db.databaseName, root, ...own };
    const request = { version, inputs: asked, ...(state && { state }) };
    return workInPod(claimStep, request, current.server.uri);
  }

  it("does the whole plan, and answers where and when", async () => {
    const found = await answer();
    expect(await drift()).toEqual([]);
    const { finishedAt } = (await record()) ?? {};
    expect(found).toEqual({
      results: { location, blockedBy: "", takenOver: "", appliedAt: finishedAt?.toISOString() },
    });
    expect(await answer({ cutover: 2 }, { location, cutover: 1 })).toEqual(found);
  });

  it("names what the data hold back, does the rest, and does all once they are fixed", async () => {
    const entry = { runId: "r", sequence: Long.fromNumber(1) };
    await current.db.collection("pack_run_logs").insertMany([{ ...entry }, { ...entry }]);
    await expect(answer()).rejects.toMatchObject({ name: "DataIssues" });
    expect(await record()).toBeNull();
    const held = await answer({ onDataIssue: "report" });
    expect(held).toMatchObject({
      results: { blockedBy: expect.stringContaining('runId "r", sequence 1') as string },
    });
    expect((await drift()).length).toBeGreaterThan(0);
    await current.db.collection("pack_run_logs").deleteMany({});
    expect(await answer()).toMatchObject({ results: { blockedBy: "" } });
    expect(await drift()).toEqual([]);
  });

  it("refuses another database while the services work on MongoDB, unless it is accepted", async () => {
    const at = "2026-11-25T10:00:00.123Z";
    await writeCutoverRecord(root, { at, unfinishedCount: 1 });
    const state = { location: `elsewhere/d/${ledger}`, cutover: 1 };
    await expect(answer({}, state)).rejects.toMatchObject({ name: "ClaimStopped" });
    expect(await current.db.listCollections().toArray()).toEqual([]);

    const acceptDatabase = `${at}@${location.slice(0, -ledger.length - 1)}`;
    expect(await answer({ acceptDatabase }, state)).toMatchObject({ results: { location } });
    expect(await record()).toMatchObject({
      cutoverAt: new Date(at),
      cutovers: [{ at: new Date(at) }],
    });
  });

  it("refuses the request of another version, and changes nothing", async () => {
    const request = { version: "0.0.0", inputs };
    const refused = workInPod(claimStep, request, current.server.uri);
    await expect(refused).rejects.toThrow(/needs version 0\.0\.0\./);
    expect(await current.db.listCollections().toArray()).toEqual([]);
  });
});

it("asks its Job without the secret, and with no more of the last run than it needs", () => {
  expect(steps.ledgerClaim.job).toMatchObject({
    state: "read",
    priorOutputs: ["location", "takenOver"],
  });
});
