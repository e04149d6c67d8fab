import fc from "fast-check";
import type { Db, Document } from "mongodb";
import { expect, it } from "vitest";
import { exportState, importState, verifyState } from "../../components/transfer";
import { serverForTests } from "../server";
import { exportCounts } from "./counts";
import { defaultSides, migrate } from "./database";
import { entry, filesIn, run, writeState } from "./state";
import {
  type Change,
  type Written,
  changes,
  filesOf,
  later,
  memberName,
  writtenForms,
} from "./written-forms";

const current = serverForTests();
let count = 0;

const runsIn = (database: Db) => database.collection<Document & { _id: string }>("pack_runs");

/** Imports files beside runs of services, which show how they write dates inside `steps`. */
async function importBesideServices(database: Db, { hasDates, first }: Written, root: string) {
  const moments = { requestedAt: later, createdAt: later, updatedAt: later };
  const moment = hasDates ? later : later.toISOString();
  const steps = [{ stepId: "build", [memberName(first, "lastTransitionAt")]: moment }];
  const theirs = ["s-1", "s-2", "s-3"].map((_id) => ({ ...run(_id), ...moments, steps, _id }));
  await runsIn(database).insertMany(theirs);
  expect(await importState(defaultSides(database, root))).toMatchObject({ quarantine: [] });
  // A cutover keeps what they showed.
  await runsIn(database).deleteMany({ _id: /^s-/ });
}

/** A service changes one member in MongoDB; a driver of .NET writes null for what a run does not have. */
async function changeInMongo(database: Db, { first, hasDates }: Written, change: Change) {
  const inRun = (name: string, value: unknown) =>
    runsIn(database).updateOne({ _id: "r-0" }, { $set: { [name]: value, tenantId: null } });
  const inPart = (collection: string, key: Document, status: string) =>
    database.collection(collection).updateOne({ runId: "r-0", ...key }, { $set: { status } });
  const ofStep = (at: number) => `steps.${at}.${memberName(first, change)}`;
  const ways: Readonly<Record<Change, () => ReturnType<typeof inPart>>> = {
    kind: () => inRun(ofStep(0), "Map"),
    status: () => inRun(ofStep(1), "Failed"),
    attempts: () => inRun(ofStep(1), 2),
    lastTransitionAt: () => inRun(ofStep(1), hasDates ? later : later.toISOString()),
    planHash: () => inRun("planHash", "sha256:2"),
    updatedAt: () => inRun("updatedAt", later),
    approval: () => inPart("pack_run_approvals", { approvalId: "gate" }, first.decision[2]),
    artifact: () => inPart("pack_artifacts", { name: "output-1" }, "copied"),
  };
  expect(await ways[change]()).toMatchObject({ modifiedCount: 1 });
}

it("in whatever form services write, an export changes nothing but what changed in MongoDB", async () => {
  await fc.assert(
    fc.asyncProperty(writtenForms, fc.constantFrom(...changes), async (written, change) => {
      const database = current.client.db(`round_trip_${++count}`);
      await migrate(database);
      const { table, first, others } = written;
      const before = [first, ...others].map((form, at) => filesOf(table, form, `r-${at}`));
      const root = await writeState(Object.assign({}, ...before) as Record<string, string>);
      const sides = defaultSides(database, root);
      await importBesideServices(database, written, root);
      const unchanged = await filesIn(root);
      const all = before.length;
      expect(await exportState({ ...sides, all: true })).toMatchObject({
        files: 0,
        runs: exportCounts(all, { unchanged: all }),
        approvals: exportCounts(all, { unchanged: all }),
        artifacts: exportCounts(2 * all, { unchanged: 2 * all }),
      });
      expect(await filesIn(root)).toEqual(unchanged);
      expect(await verifyState(sides)).toMatchObject({ holds: true, runs: { equal: all } });

      await changeInMongo(database, written, change);
      await database.collection("pack_run_logs").insertOne(entry("r-0", 4));
      expect(await exportState(sides)).toMatchObject({
        files: 2,
        conflicts: { count: 0 },
        unwritable: { count: 0 },
      });
      const { [log]: exported = "", ...after } = await filesIn(root);
      const { [log]: lines = "", ...wanted } = filesOf(table, first, "r-0", change);
      expect({ ...after, [log]: lines }).toEqual({ ...unchanged, ...wanted, [log]: lines });
      expect(exported.startsWith(lines)).toBe(true);
      const added = JSON.parse(exported.slice(lines.length)) as object;
      expect("sequence" in added).toBe(first.sequences === "each line");
      expect(await verifyState(sides)).toMatchObject({ holds: true, runs: { equal: all } });
      expect(await importState({ ...sides, from: "start" })).toMatchObject({
        quarantine: [],
        logs: { inserted: 0, unchanged: 3 * all + 1 },
      });
    }),
    // Where it fails, a smaller example is looked for no longer than that.
    { numRuns: 30, interruptAfterTimeLimit: 30_000 },
  );
}, 120_000);

const log = "logs/runs/r-0.ndjson";
