import { MongoServerError } from "mongodb";
import { describe, expect, it } from "vitest";
import { byRole, defaultFolders } from "../../components/contract";
import type { Finding } from "../../components/contract/finding";
import { ServerTroubleError } from "../../components/mongo";
import {
  describeFence,
  describeProof,
  describeStop,
  describeVerification,
} from "../../components/transfer/describe/cutover";
import {
  describeBulkExport,
  describeRollback,
  describeRollbackPreview,
} from "../../components/transfer/describe/rollback";
import type {
  ImportReport,
  Exported,
  RollbackReport,
  VerificationReport,
} from "../../components/transfer";
import { MongoUnreadableError } from "../../components/transfer/rollback/reach";
import { describeCompared, describeUnequal } from "../../components/transfer/describe/unfinished";

// The wording of what a cutover and a rollback say, each message once. Other tests assert codes, ids and numbers.

const root = "/state";
const state = { root, folders: defaultFolders };
const at = "2025-11-06T12:00:00.000Z";
const warn = (code: string, text: string): Finding => ({ severity: "warn", code, text });
const notJson = { file: "state/runs/t.json", reason: "not-json", detail: "not JSON" } as const;

describe("a verification", () => {
  const counts = { missing: 0, files: 0, onlyInFiles: [], differing: 0, different: [] };
  const report = (fields: object) =>
    ({
      ...byRole(() => ({ ...counts, quarantined: 0 })),
      quarantine: [],
      ...fields,
    }) as unknown as VerificationReport;
  const missing = {
    runs: { ...counts, missing: 1, files: 2, onlyInFiles: ["s"], quarantined: 0 },
  };

  it("says of each kind of difference how much there is, and at the end what to do", () => {
    const ids = ["r:1", "r:2", "r:3", "r:4", "r:5", "r:6", "r:7"];
    const found = report({
      logs: { ...counts, missing: 7, files: 7, onlyInFiles: ids, quarantined: 0 },
      runs: {
        ...counts,
        differing: 1,
        different: [{ id: "s", paths: ["planHash", "steps"] }],
        quarantined: 1,
      },
      quarantine: [notJson],
      hash: "0123456789abcdef",
    });
    expect(describeVerification(found, root)).toEqual([
      "Verification of /state: 7 of 7 log entries on disk are not in MongoDB: " +
        "r:1, r:2, r:3, r:4, r:5 and 2 more.",
      "Verification of /state: 1 run on disk differs from MongoDB, and MongoDB's content stays: " +
        "s (planHash, steps).",
      "Verification of /state: 1 record on disk cannot be imported: state/runs/t.json (not JSON). " +
        "This step changed nothing. Fix what is named, or move files that are not state out of the directory. " +
        "To import what is missing, run `taskrunner-storage import --cutover-pass final`, which reads every file " +
        "again. Then run `pulumi up` again: it imports quarantined records and verifies again. If nobody can fix " +
        'what differs or cannot be imported, set advanced.acceptQuarantined: "0123456789abcdef".',
    ]);
  });

  it("says if the next import will not read the files again", () => {
    const found = report({ notForgotten: "Deleting checkpoints failed." });
    expect(describeVerification(found, root)[0]).toMatch(
      /^Verification of \/state: The checkpoints of these files could not be deleted, so the next import skips them: Deleting checkpoints failed\. /,
    );
  });

  it("before the drain asks who changed MongoDB, and stops no service", () => {
    const found = report({ ...missing, proof: { provenFiles: 1, changedFiles: 0 } });
    expect(describeVerification(found, root)).toEqual([
      "Proof of the import of /state: 1 of 2 runs on disk is not in MongoDB: s. These files have not changed " +
        "since they were imported, so somebody else changed MongoDB. No service was stopped. Find out who did, " +
        "such as web's canary (docs/canary.md). Then run `pulumi up` again: it imports every file again.",
    ]);
  });
});

describe("an import", () => {
  const sides = { ...state, database: "d", collections: { runs: "pack_runs" }, notExported: false };
  const report = (fields: object) =>
    ({
      runs: { read: 101, quarantined: 0 },
      quarantine: [],
      quarantinedUnfinished: { count: 0, cases: [] },
      skipped: { unknown: 0, unknownNames: [] },
      ...fields,
    }) as unknown as ImportReport;
  const unfinished = { count: 1, cases: [notJson] };

  it("stops before the drain for runs that would not be executed any more, or are too many", () => {
    const other = { ...notJson, file: "state/runs/u.json" };
    const found = report({
      runs: { read: 101, quarantined: 2 },
      quarantine: [notJson, other, { ...notJson, file: "state/approvals/t.json" }],
      quarantinedUnfinished: unfinished,
    });
    expect(describeStop(found, sides, "bulk")).toEqual([
      "Import of /state: 1 run may still execute steps, but cannot be imported: state/runs/t.json (not JSON).",
      "Import of /state: 2 of 101 runs cannot be imported, which is more than 1 %: " +
        "state/runs/t.json (not JSON), state/runs/u.json (not JSON). No service was stopped. Fix these files, " +
        "or move what is not a run out of the directory. Then run `pulumi up` again: it imports what is missing.",
    ]);
    expect(describeStop(found, sides, "delta")[1]).toMatch(
      /no fence was drawn.*storageMode: files/,
    );
  });

  it("stops for a run of which a worker on MongoDB would execute other steps", () => {
    const detail = "finished on disk since T, unfinished in MongoDB";
    const unfinished = { compared: 3, held: 1, changed: 1, unequal: [{ runId: "r", detail }] };
    const what =
      "Import of /state: 1 run is not the same on both sides, so a worker on MongoDB would execute other steps: " +
      `r (${detail}).`;
    expect(describeUnequal(unfinished, sides, "bulk")).toEqual([
      `${what} No service was stopped. Fix or restore the files that are wrong, and run \`pulumi up\` again. If ` +
        'the files are right, delete r in MongoDB, and run `pulumi up` again: `mongosh "$APP_MONGO_URI" --eval ' +
        `'db.getSiblingDB("d").getCollection("pack_runs").deleteMany({ _id: { $in: ["r"] } })'\`.`,
    ]);
    const again = "Or run `pulumi config set storageMode filesystem` and `pulumi up`";
    expect(describeUnequal(unfinished, sides, "delta")[0]).toContain(again);
    expect(describeUnequal(unfinished, { ...sides, notExported: true }, "bulk")).toEqual([
      `${what} No service was stopped. The last rollback exported nothing, so MongoDB may have what the files ` +
        "lack: run `taskrunner-storage export`, then `pulumi up` again.",
    ]);
    expect(describeCompared(unfinished)).toBe(
      "2 runs that may still execute steps are the same on both sides; 1 changed since, and the delta pass " +
        "imports them; 1 held run left out.",
    );
  });

  it("says what its proof compared, and how long the worker will be stopped", () => {
    const proof = { provenFiles: 1_204, changedFiles: 1, importMs: 1_200 };
    expect(describeProof(report({ proof }))).toEqual([
      "Every record of 1,204 files is in MongoDB. 1 file changed since the import, or cannot be imported. The import " +
        "of what changed took 2 s: the worker will be stopped for about as long, and while its " +
        "pods start.",
    ]);
  });
});

it("a fence says since when MongoDB counts, and what happens to held runs", () => {
  const fence = { at, cutover: 2, unfinishedCount: 1 };
  const drawn = { fence, held: ["busy", "slow"], unknown: ["slow"] };
  expect(describeFence(drawn, root)).toEqual([
    `MongoDB is the source of truth since ${at}. 1 run on disk may still execute steps.`,
    "A rollback without MongoDB held 2 runs in /state/held: busy, slow. Their content in MongoDB applies, and " +
      "the next export restores their files.",
    warn(
      "held-runs-unknown",
      "1 run held in /state/held without a document in this MongoDB, so that no service executes them: slow. If " +
        "the MongoDB that had them is lost, move the files back and run `taskrunner-storage import --cutover-pass final`. " +
        "Their steps may then run again.",
    ),
  ]);
});

describe("a rollback", () => {
  const done = (fields: object) =>
    ({ held: [], destinationTaken: [], ...fields }) as unknown as RollbackReport;
  const exportReport = (fields: object = {}) =>
    ({
      ...byRole(() => ({ written: 0, conflicts: 0, unwritable: 0, removed: 0 })),
      conflicts: [],
      unwritable: [],
      removedUnfinished: [],
      withoutBase: { count: 0, cases: [] },
      ...fields,
    }) as unknown as Exported;
  const byHand = { fencedAt: at, isAgain: false };
  const unreachable = "Connecting to MongoDB at db:27017 failed.";

  it("says what it exported", () => {
    const nothing = describeRollback(done({ exported: exportReport() }), state, byHand);
    expect(nothing).toEqual(["Exported to /state: nothing changed."]);
    const exported = exportReport({
      runs: { written: 1, conflicts: 0, unwritable: 0 },
      logs: { written: 1_204, conflicts: 0, unwritable: 0 },
    });
    expect(describeRollback(done({ exported }), state, byHand)).toEqual([
      "Exported to /state: 1 run, 1,204 log entries.",
    ]);
  });

  it("says where both sides of a conflict are, what was not written, and what lacks a base", () => {
    const exported = exportReport({
      runs: { written: 0, conflicts: 1, unwritable: 0 },
      logs: { written: 0, conflicts: 1, unwritable: 0 },
      artifacts: { written: 0, conflicts: 0, unwritable: 1 },
      conflicts: [
        { id: "s", file: "state/runs/s.json", copy: "conflicts/state/runs/s.json" },
        { id: "r", file: "logs/runs/r.ndjson", copy: "taskrunner.pack_run_logs" },
      ],
      unwritable: [{ id: "r:a", detail: "no form" }],
      withoutBase: { count: 1, cases: ["busy"] },
      baseTrouble: "code 13",
    });
    expect(describeRollback(done({ exported }), state, byHand).slice(1)).toEqual([
      warn(
        "conflicts",
        "1 changed on both sides. The files stay, with conflict copies of MongoDB's content: " +
          "s (see conflicts/state/runs/s.json).",
      ),
      warn(
        "conflicts",
        "1 log differs from MongoDB, and both sides stay: " +
          "r (logs/runs/r.ndjson, and its entries in taskrunner.pack_run_logs).",
      ),
      warn("not-written", "1 could not be written: r:a (no form)."),
      warn(
        "not-recorded",
        "1 not recorded as equal on both sides (code 13): busy. The files are right; a later change on both " +
          "sides is a conflict.",
      ),
    ]);
  });

  it.each([
    [false, "`taskrunner-storage export`"],
    [true, "the next `pulumi up`"],
  ])("says what stays behind without MongoDB (by a Job: %s)", (isAgain, later) => {
    const report = done({ unreachable, held: ["busy"], destinationTaken: ["slow"] });
    expect(describeRollback(report, state, { ...byHand, isAgain })).toEqual([
      warn(
        "not-exported",
        `Nothing was exported. ${unreachable} What changed in MongoDB since ${at} is still only there. When ` +
          `MongoDB answers again, ${later} writes it to the files. The stack output \`verification\` counts what ` +
          "MongoDB had at the cutover.",
      ),
      warn(
        "runs-held",
        "1 run held in /state/held, so that no step runs twice: busy. When MongoDB answers and no conflict " +
          `blocks it, ${later} restores those that it has. To run them from files instead, move the files back to ` +
          "state/runs: steps may then run twice.",
      ),
      warn(
        "runs-not-moved",
        "1 run held in /state/held could not return, because another file exists in state/runs: slow. Compare " +
          "the two files and keep the right one.",
      ),
    ]);
  });

  it("before the drain leaves to the handover what cannot be exported", () => {
    expect(describeBulkExport({ left: unreachable }, state)).toEqual([
      warn(
        "export-left",
        `Nothing was exported before the drain. ${unreachable} The handover tries it again, and exports ` +
          "everything while the worker is stopped.",
      ),
    ]);
  });

  it("says in a preview what would stay behind, and what would become of unfinished runs", () => {
    const found = { unreachable, unfinishedCount: 1 };
    expect(describeRollbackPreview(found, root, at)).toEqual([
      warn(
        "would-not-export",
        `MongoDB is unreachable, so nothing would be exported. ${unreachable} What changed there since ${at} ` +
          "would stay only there until `taskrunner-storage export`.",
      ),
      warn(
        "would-hold",
        "Unfinished runs would be held in /state/held. At the cutover 1 run on disk was unfinished.",
      ),
    ]);
  });

  it("of a MongoDB that answers and cannot be read says how to wait for it, and how to give it up", () => {
    const found = "MongoDB has no primary.";
    const ready = "MongoDB has a primary";
    const again = `${found} Nothing was exported or held. When ${ready}, run pulumi up again, which exports everything.`;
    expect(new MongoUnreadableError(found, ready, at).message).toBe(
      `${again} If MongoDB is lost, set advanced.abandonMongo: "${at}" and run pulumi up again, which gives up ` +
        "what changed there and holds the unfinished runs.",
    );
    expect(new MongoUnreadableError(found, ready, undefined).message).toBe(
      `${again} If MongoDB is lost, stop its members, and run pulumi up again.`,
    );
  });
});

it.each([
  [13, "Unauthorized", "Grant the user of the connection string readWrite on this database"],
  [14031, "OutOfDiskSpace", "Free space on the server's disk"],
  [
    8000,
    "AtlasError",
    "Atlas refuses it: free space to get within the quota, or grant the user readWrite",
  ],
  [189, "PrimarySteppedDown", "Wait until the server works again, or fix the cause"],
  [11000, "DuplicateKey", "Fix the cause"],
])("trouble with code %i comes with what to do", (code, codeName, advice) => {
  const cause = new MongoServerError({ code, codeName, errmsg: "may hold documents" });
  expect(new ServerTroubleError("Reading runs from db.pack_runs", 3, cause).message).toBe(
    `Reading runs from db.pack_runs failed 3 times: MongoDB answers with code ${code} (${codeName}). ${advice}, ` +
      "then run it again: what was done so far stays, and it resumes where it stopped.",
  );
});
