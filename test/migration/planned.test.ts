import { expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { describeChanges } from "../../components/migration/planner/summary";
import { reconcile } from "../../components/migration/execute";
import { diff } from "../../components/migration/planner/diff";
import type { Change } from "../../components/migration/planner/change";
import { providers } from "../../components/migration/provider";
import { unknownValue } from "../../components/step";
import { documentOptions } from "../contract/options";
import { planned } from "../planned";
import { claimInputs, claimsPerTest, ledger } from "./claims";

const current = claimsPerTest();
const { LedgerClaim, LogRetention, SuspendLogTtl } = providers;
const wanted = buildSchema(documentOptions);

const claim = (fields: object = {}) => claimInputs(current, current.server.uri, fields);
const logs = (fields: object = {}) => {
  const { uri, database, direction, cutover } = claim();
  const collection = documentOptions.collections.logs;
  return { uri, database, direction, cutover, ledger, collection, days: 0, ...fields };
};
const db = () => current.client.db(current.database);

it("a preview says in one line what it creates of all collections and indexes", async () => {
  expect(await planned(LedgerClaim, claim())).toBe(
    `Create 4 collections, 3 unique indexes, 6 other indexes in ${current.database}.`,
  );
});

it("a preview names what differs, if it is little, and says nothing of what is there", async () => {
  await reconcile(db(), wanted, () => Promise.resolve());
  expect(await planned(LedgerClaim, claim())).toBeUndefined();

  await db().collection("pack_runs").dropIndex("pack_runs_tenant_updatedAt_desc");
  await db().command({ collMod: "pack_run_logs", validator: {} });
  expect(await planned(LedgerClaim, claim())).toBe(
    `Change the validator of pack_run_logs, create index pack_runs_tenant_updatedAt_desc in ${current.database}.`,
  );
});

it("a preview that cannot read MongoDB says what there is to create, and waits once for a server", async () => {
  const unread = "Create what is missing of 4 collections and 9 indexes";
  expect(await planned(LedgerClaim, claim({ uri: unknownValue, root: undefined }))).toBe(
    `${unread}; this preview cannot read MongoDB.`,
  );
  expect(await planned(LedgerClaim, claim({ job: {} }))).toBe(`${unread}, by a Job.`);

  const away = { uri: "mongodb://127.0.0.1:1/" };
  const started = Date.now();
  expect(await planned(LedgerClaim, claim(away))).toBe(
    `${unread}; this preview cannot read MongoDB.`,
  );
  expect(await planned(SuspendLogTtl, logs(away))).toBeUndefined();
  expect(Date.now() - started).toBeLessThan(7_500);
});

it("kinds of many changes are counted", () => {
  const changes = diff(wanted, new Map());
  const [collection] = changes;
  const replaced = { ...changes.at(-1), kind: "replace index" } as Change;
  const adopted = { ...changes.at(-1), kind: "adopt index" } as Change;

  expect(describeChanges([...changes.slice(7), replaced, replaced, adopted], "d")).toBe(
    "Create 6 indexes, replace 2 indexes in d.",
  );
  expect(collection && describeChanges([collection, adopted], "d")).toBe(
    "Create collection pack_runs in d.",
  );
  expect(describeChanges([adopted], "d")).toBeUndefined();
});

it("an expiry of log entries is suspended only if there is one, and set at the end", async () => {
  await reconcile(db(), wanted, () => Promise.resolve());
  expect(await planned(SuspendLogTtl, logs())).toBeUndefined();
  expect(await planned(LogRetention, logs())).toBeUndefined();
  expect(await planned(LogRetention, logs({ days: 30 }))).toBe(
    "Let log entries expire after 30 days.",
  );

  const outs = (await LogRetention.create(logs({ days: 30 }))).outs as object;
  expect(await planned(SuspendLogTtl, logs())).toBe(
    "Suspend the expiry of log entries in pack_run_logs, so that the import loses none.",
  );
  expect(await planned(LogRetention, logs({ cutover: 2 }), outs)).toBe(
    "Keep all log entries: their expiry ends.",
  );
});
