import type { Db } from "mongodb";
import { relative, resolve } from "node:path";
import { afterAll, beforeEach, expect, it } from "vitest";
import { defaultFolders } from "../../components/contract";
import { findLogExpiry, setExpiry } from "../../components/migration";
import { closeConnections } from "../../components/mongo";
import { importState, type StateInputs } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { documentOptions } from "../contract/options";
import { databasePerTest, defaultSides, ledgerCollection } from "./database";
import { logLine, run, writeState } from "./state";

const current = databasePerTest();
const { collections } = documentOptions;
const logs = { collection: collections.logs, ledger: ledgerCollection };
const dayMs = 86_400_000;
const daysAgo = (days: number) => new Date(Date.now() - days * dayMs).toISOString();
afterAll(closeConnections);

let database: Db;
let inputs: StateInputs;

/** An import of entries that are 60, 20 and 0 days old, of which MongoDB lost the first two. */
beforeEach(async () => {
  database = current.db;
  await database.createIndex(collections.logs, { timestamp: 1 }, { name: "timestamp" });
  const entries = [60, 20, 0].map((days, at) => logLine(at + 1, { timestamp: daysAgo(days) }));
  const files = { "state/runs/r.json": run("r") };
  const root = await writeState({ ...files, "logs/runs/r.ndjson": entries });
  await importState(defaultSides(database, root));
  inputs = {
    uri: current.server.uri,
    database: database.databaseName,
    direction: "forward",
    cutover: 1,
    root: relative(process.cwd(), root),
    collections,
    folders: defaultFolders,
    approvals: true,
    ledger: ledgerCollection,
  };
});
const lose = (...sequences: number[]) =>
  database.collection(collections.logs).deleteMany({ sequence: { $in: sequences } });
const verified = async () => {
  const verification = providers.Verification.create(inputs);
  const outs: unknown = await verification.then(
    (done) => done.outs as unknown,
    (error: unknown) => (error as { properties: unknown }).properties,
  );
  return (outs as { report: { holds: boolean; logs: object } }).report;
};

it("before the first expiry no entry that is missing counts as expired, whatever the settings ask", async () => {
  await lose(1);
  expect(await verified()).toMatchObject({ holds: false, logs: { missing: 1, expired: 0 } });
  await setExpiry(database, logs, 0);
  expect(await findLogExpiry(database, logs)).toMatchObject({ now: -Infinity, former: -Infinity });
});

it("what an expiry that was lifted deleted counts as expired, and nothing that is younger", async () => {
  await setExpiry(database, logs, 30);
  await setExpiry(database, logs, 0);
  await lose(1);
  expect(await verified()).toMatchObject({ holds: true, logs: { expired: 1, missing: 0 } });
  await lose(2);
  expect(await verified()).toMatchObject({ holds: false, logs: { expired: 1, missing: 1 } });
});

it("what was inserted after an expiry was lifted never counts as expired, in both verifications", async () => {
  await setExpiry(database, logs, 30);
  await lose(1);
  await setExpiry(database, logs, 0);
  const sides = defaultSides(database, resolve(inputs.root));
  expect(await importState({ ...sides, from: "start" })).toMatchObject({
    logs: { inserted: 1 },
  });
  await lose(1);
  expect(await verified()).toMatchObject({ holds: false, logs: { expired: 0, missing: 1 } });
  expect(await importState(sides)).toMatchObject({ logs: { inserted: 1 } });
  await lose(1);
  await expect(
    providers.FirstVerification.create({ ...inputs, importedAt: "today" }),
  ).rejects.toMatchObject({
    reasons: [
      expect.stringMatching(
        /^First verification .*1 of 3 log entries on disk is not in MongoDB: r:1/,
      ),
    ],
  });
});

it("an expiry in force counts, and so does a shorter one of before", async () => {
  await setExpiry(database, logs, 30);
  await lose(1);
  expect(await verified()).toMatchObject({ holds: true, logs: { expired: 1 } });
  await setExpiry(database, logs, 10);
  await setExpiry(database, logs, 90);
  await lose(2);
  expect(await verified()).toMatchObject({ holds: true, logs: { expired: 2 } });
});

it("what an expiry deleted counts as expired, also after a longer one was lifted", async () => {
  for (const days of [10, 90, 0]) await setExpiry(database, logs, days);
  await lose(1, 2);
  expect(await verified()).toMatchObject({ holds: true, logs: { expired: 2, missing: 0 } });
});
