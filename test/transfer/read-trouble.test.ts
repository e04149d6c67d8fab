import type { Document } from "mongodb";
import { afterEach, describe, expect, it } from "vitest";
import { exportState, importState, verifyState } from "../../components/transfer";
import { ServerTroubleError } from "../../components/mongo";
import { databasePerTest, sidesOf } from "./database";
import { entry, filesIn, logLine, run, writeState } from "./state";
import { failingCommands, hurryRetries } from "./fail-point";

const current = databasePerTest({ failPoints: true });
const { fail, recover } = failingCommands(current);
hurryRetries();
afterEach(recover);

const { sides } = sidesOf(current);

/** More runs, and one log with more entries, than come in one page. */
async function fill(): Promise<void> {
  const { db: database } = current;
  const ids = Array.from({ length: 60 }, (_, at) => `r-${String(at).padStart(3, "0")}`);
  const runs = database.collection<Document & { _id: string }>("pack_runs");
  const moment = new Date("2025-11-06T10:00:01Z");
  const required = { planHash: "sha256:1", plan: {}, failurePolicy: {}, steps: [] };
  const times = { requestedAt: moment, createdAt: moment, updatedAt: moment };
  await runs.insertMany(ids.map((_id) => ({ _id, ...required, ...times })));
  // A run that no file can hold, because no service made it, comes behind all others.
  await database
    .collection("pack_runs")
    .insertOne({ ...required, ...times }, { bypassDocumentValidation: true });
  const log = Array.from({ length: 1_200 }, (_, at) => entry("r-007", at + 1));
  // The last run is not in MongoDB.
  await database.collection("pack_run_logs").insertMany([...log, entry("r-999", 1)]);
}

const closed = { closeConnection: true };
const steppedDown = { errorCode: 189 };

describe("trouble that passes", () => {
  it.each([
    ["a closed connection", ["find"], closed],
    ["a server that shuts down", ["find"], { errorCode: 91 }],
    ["a primary that stepped down", ["find"], steppedDown],
    ["a throttling reply", ["find", "aggregate"], { errorCode: 16500 }],
    ["a write concern not met", ["update"], { writeConcernError: { code: 64, errmsg: "late" } }],
  ] as const)(
    "%s (%j) leaves an export as it would have been",
    async (_what, commands, how) => {
      await fill();
      const root = await writeState({});
      const other = await writeState({});
      // The driver tries a command twice at the most.
      await fail(commands, { times: 4 }, how);
      const report = await exportState(sides(root));
      await recover();
      expect(report).toMatchObject({
        runs: { documents: 61, written: 60, unwritable: 1 },
        logs: { documents: 1_201, written: 1_201 },
      });
      expect(await exportState(sides(root))).toMatchObject({ files: 0 });
      await exportState(sides(other));
      expect(await filesIn(root)).toEqual(await filesIn(other));
    },
    60_000,
  );

  it.each([
    ["a closed connection", closed],
    ["a primary that stepped down", steppedDown],
  ])("%s leaves a verification as it would have been", async (_what, how) => {
    const root = await writeState({
      "state/runs/r-1.json": run("r-1"),
      "logs/runs/r-1.ndjson": Array.from({ length: 300 }, (_, at) => logLine(at + 1)),
    });
    await importState(sides(root));
    const found = async () => ({ ...(await verifyState(sides(root))), elapsedMs: 0, at: "" });
    const undisturbed = await found();
    await fail(["find", "getMore", "aggregate"], { times: 5 }, how);
    expect(await found()).toEqual(undisturbed);
    expect(undisturbed).toMatchObject({ holds: true, logs: { equal: 300, mongo: 300 } });
  });
});

describe("trouble that stays", () => {
  it("ends an export after the last retry, and a later one finishes it", async () => {
    await fill();
    const root = await writeState({});
    const afterSome = { skip: 6, times: 1_000_000 };
    await fail(["find"], afterSome, { errorCode: 189 });
    const stopped: unknown = await exportState({ ...sides(root), retries: 2 }).catch(
      (error: unknown) => error,
    );
    expect(stopped).toBeInstanceOf(ServerTroubleError);
    expect(String(stopped)).toMatch(
      /: (Reading|Keeping) .*test_\d+\.\w+ failed 3 times: .*code 189/,
    );
    await recover();
    await exportState(sides(root));
    expect(Object.keys(await filesIn(root))).toHaveLength(62);
  });

  it.each(["find", "count"])("a verification whose %s is refused says what to do", async (of) => {
    const root = await writeState({ "logs/runs/r.ndjson": [logLine(1)] });
    await fail([of], "alwaysOn", { errorCode: 13 });
    await expect(verifyState(sides(root))).rejects.toThrow(
      /^Reading .*test_\d+\.\w+ failed: .*code 13.*Grant/,
    );
  });

  it("merge bases that cannot be written are named", async () => {
    await fill();
    await fail(["update"], "alwaysOn", { errorCode: 13 });
    const report = await exportState(sides(await writeState({})));
    expect(report).toMatchObject({ runs: { written: 60 }, withoutMergeBase: { count: 60 } });
    expect(report.baseTrouble).toContain("code 13");
  });
});
