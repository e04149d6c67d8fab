import { expect, it } from "vitest";
import { byRole, defaultFolders } from "../../components/contract";
import { type Finding, formatPrinted } from "../../components/text";
import type { Report } from "../../components/transfer";
import { describeStop, cutoverSections } from "../../components/transfer/describe/cutover";
import { describeProgress } from "../../components/transfer/describe/progress";
import { exportByHandSections } from "../../components/transfer/describe/export";
import { describeFormsStop, formsSection } from "../../components/transfer/describe/forms";
import { importSections, jobSections } from "../../components/transfer/describe/import";
import {
  bulkExportSections,
  describeRollbackPreview,
  rollbackSections,
} from "../../components/transfer/describe/rollback";
import {
  type Section,
  formatSection,
  listSections,
  toMessages,
} from "../../components/transfer/describe/sections";
import {
  describeFirstVerification,
  describeVerification,
  firstVerificationSections,
} from "../../components/transfer/describe/verification";
import { describeCompared, describeUnequal } from "../../components/transfer/describe/unfinished";
import { MongoUnreadableError } from "../../components/transfer/rollback/reach";
import { Tally } from "../../components/transfer/tally";
import { sentences, type Saying } from "../sentences";
import { directoryCases, troubleCases } from "./trouble-words";

// The wording of what a cutover and a rollback say, each message once. Other tests assert codes, ids and numbers.

const none = { count: 0, cases: [] };
const all = <Case>(...cases: Case[]) => ({ count: cases.length, cases });
const root = "/state";
const state = { root, folders: defaultFolders };
const at = "2025-11-06T12:00:00.000Z";
const notJson = { file: "state/runs/t.json", reason: "not-json", detail: "not JSON" } as const;

/** A case whose answer is a list of sentences and findings. */
const printed =
  (say: () => readonly (string | Finding)[]): Saying =>
  () =>
    say().map(formatPrinted).join("\n");

/** A case whose answer is sections, as the engine prints them. */
const inLines = (say: () => readonly Section[]) => printed(() => toMessages(say()));

/** A case whose answer is sections, as a command prints them. */
const inLists = (say: () => readonly Section[]) => () => listSections(say()).slice(1).join("\n");

const same = { missing: 0, files: 0, differing: 0, quarantined: 0 };
const lost = { ...same, missing: 1, files: 2 };
const verification = (fields: object) =>
  ({ ...byRole(() => same), quarantine: [], ...fields }) as unknown as Report<"verification">;
const verified = (fields: object) =>
  printed(() => describeVerification(verification(fields), root));

const collections = { runs: "pack_runs", approvals: "pack_run_approvals" };
const sides = { ...state, database: "d", collections, notExported: false };
const imported = (fields: object) =>
  ({
    runs: { read: 101, quarantined: 0 },
    quarantine: [],
    quarantinedUnfinished: { count: 0, cases: [] },
    skipped: { unknown: 0, unknownNames: [] },
    ...fields,
  }) as unknown as Report<"import">;
const encoded = { file: "state/runs/a%2Fb.json", reason: "encoded-name", detail: "is encoded" };
const refused = imported({
  runs: { read: 101, quarantined: 3 },
  quarantine: [
    notJson,
    { ...notJson, file: "state/runs/u.json" },
    { ...notJson, file: "state/approvals/t.json" },
  ],
  quarantinedUnfinished: { count: 1, cases: [notJson] },
  misnamed: { count: 1, encodedCount: 1, cases: [encoded] },
});
const detail = "finished on disk since T, unfinished in MongoDB";
const unfinished = { compared: 3, held: 1, changed: 1, unequal: all({ runId: "r", detail }) };

const byHand = { cutoverAt: at, isAgain: false };
const byJob = { ...byHand, isAgain: true };
const unreachable = "Connecting to MongoDB at db:27017 failed.";
const noOutcomes = { written: 0, conflicts: 0, unwritable: 0, removed: 0 };
const nothingHeld = { at, held: none };
const rolledBack = (fields: object, how = byHand) =>
  inLines(() => rollbackSections({ ...nothingHeld, ...fields }, state, how));
const exported = (fields: object = {}) =>
  ({
    ...byRole(() => noOutcomes),
    conflicts: none,
    unwritable: none,
    removedUnfinished: none,
    withoutMergeBase: none,
    destinationTaken: none,
    ...fields,
  }) as unknown as Report<"export">;
const someExported = {
  exported: exported({
    runs: { ...noOutcomes, written: 1 },
    logs: { ...noOutcomes, written: 1_204 },
  }),
};
const troubled = exported({
  runs: { ...noOutcomes, conflicts: 1 },
  logs: { ...noOutcomes, conflicts: 1 },
  artifacts: { ...noOutcomes, unwritable: 1, removed: 2 },
  conflicts: all(
    {
      id: "s",
      file: "state/runs/s.json",
      copy: "conflicts/state/runs/s.json",
      detail: "changed on both sides: planHash",
    },
    {
      runId: "r",
      file: "logs/runs/r.ndjson",
      collection: "taskrunner.pack_run_logs",
      detail: "the file has different content for 5: message",
    },
  ),
  unwritable: all({ id: "r:a", detail: "no form" }),
  removedUnfinished: all("gone"),
  returnedJobs: all("2.json"),
  removedApprovals: all({ id: "r:b", file: "approvals/r.json", copy: "conflicts/removed/r.json" }),
  withoutMergeBase: { count: 1_205, cases: Array.from("abcdefghijk") },
  baseTrouble: "code 13",
  older: "directory",
});
const untidy = imported({
  ...byRole(() => ({ removed: 1, quarantined: 1 })),
  quarantine: [notJson],
  skipped: { foreign: 1, foreignNames: ["notes"], unknown: 1, unknownNames: ["state/runs/old"] },
  incomplete: all({ file: "logs/runs/r.ndjson", line: 3 }),
  removedUnfinished: all("gone"),
  begunInMongo: all("late"),
  bookkeepingLost: all("new"),
  decidedLate: all({ runId: "r", job: "archive/1.json" }, { runId: "s" }),
});
const behind = { unreachable, held: all("busy") };

it("a cutover and a rollback say what they found, and what to do", async () => {
  const unreadable = (cutoverAt?: string) => () =>
    new MongoUnreadableError("MongoDB has no primary.", "MongoDB has a primary", cutoverAt).message;
  const said = await sentences({
    "a verification in which much differs": verified({
      logs: { ...lost, missing: 7, files: 7 },
      onlyInFiles: { logs: Array.from("1234567", (n) => `r:${n}`) },
      runs: { ...same, differing: 1, quarantined: 1 },
      different: { runs: [{ id: "s", paths: ["planHash", "steps"] }] },
      quarantine: [notJson],
      hash: "0123456789abcdef",
    }),
    "a verification after which the next import would not read the files again": verified({
      notForgotten: "Deleting checkpoints failed.",
    }),
    "a verification before the drain": printed(() => {
      const firstVerification = { verifiedFiles: 1, changedFiles: 0 };
      return describeFirstVerification(
        verification({ runs: lost, onlyInFiles: { runs: ["s"] }, firstVerification }),
        root,
        false,
      );
    }),
    "a first verification that holds": inLines(() =>
      [0, 1].flatMap((changedFiles) =>
        firstVerificationSections(
          imported({ firstVerification: { verifiedFiles: 1_204, changedFiles, importMs: 1_200 } }),
        ),
      ),
    ),

    "runs that the bulk pass could not import": printed(() => describeStop(refused, sides, "bulk")),
    "runs that the delta pass could not import": printed(() =>
      describeStop(refused, sides, "delta"),
    ),
    "before the drain, a run of which a worker on MongoDB would execute other steps": printed(() =>
      describeUnequal(unfinished, sides, "bulk"),
    ),
    "the same after the drain": printed(() => describeUnequal(unfinished, sides, "delta")),
    "the same after a rollback that exported nothing": printed(() =>
      describeUnequal(unfinished, { ...sides, notExported: true }, "bulk"),
    ),
    "what was compared before the drain": () => describeCompared(unfinished, "bulk"),
    "what was compared after it": () =>
      describeCompared({ compared: 1, changed: 0, held: 0, unequal: none }, "delta"),

    "a cutover, and runs that a rollback held": inLines(() => {
      const cutoverRecord = { at, cutover: 2, unfinishedCount: 1 };
      return cutoverSections({ cutoverRecord, held: ["busy", "slow"], unknown: ["slow"] }, root);
    }),

    "an export of nothing": rolledBack({ exported: exported() }),
    "an export": rolledBack({ ...someExported, jobsWithoutRun: 1 }),
    "the same in each pass of a rollback": inLines(() => [
      ...bulkExportSections(someExported, root),
      ...(["after the drain", "at the end"] as const).flatMap((pass) => {
        const report = { ...nothingHeld, ...someExported };
        return rollbackSections(report, state, { ...byHand, pass });
      }),
    ]),
    "an export with conflicts, and with what was not written or recorded": rolledBack({
      exported: troubled,
    }),
    "the same by hand": inLists(() => {
      const held = {
        returned: all("late"),
        stillHeld: all("busy", "slow"),
        heldJobs: all("1.json"),
      };
      return exportByHandSections(
        { ...troubled, ...held, destinationTaken: all("slow"), superseded: all("late") },
        state,
      );
    }),
    "an import by hand": inLists(() => importSections(untidy, state)),
    queue: inLines(() => jobSections({ waiting: 3, unknown: { count: 1, names: ["a"] } }, state)),
    "a rollback without MongoDB": rolledBack(behind),
    "the same by a Job, which each update repeats": rolledBack(behind, byJob),
    "a bulk pass that leaves the export to the handover": inLines(() =>
      bulkExportSections({ left: unreachable }, root),
    ),
    "a preview of a rollback without MongoDB": printed(() =>
      describeRollbackPreview({ unreachable, held: all("r-1") }, root, at),
    ),
    "a MongoDB that answers and cannot be read": unreadable(at),
    "the same without a cutover": unreadable(),

    "the progress of an import": () => {
      const tally = Object.assign(new Tally(), { files: 243, bytes: 5_100_000 });
      tally.count("logs", "unchanged", 12_000);
      return [
        describeProgress(tally, 10),
        describeProgress(tally, 10, { count: 986, unit: "files" }),
        // What was added meanwhile.
        describeProgress(tally, 20, { count: 243, unit: "files" }),
      ].join("\n");
    },
    "the progress of an export": () => {
      const tally = Object.assign(new Tally(), { files: 3, bytes: 5_100_000 });
      tally.count("runs", "unchanged", 12_000);
      return describeProgress(tally, 3_600, { count: 1_000_000, unit: "runs" });
    },

    ...formsCases(),
    ...troubleCases(),
    ...directoryCases(at),
  });

  expect(said).not.toContain("may hold documents");
  await expect(said).toMatchFileSnapshot("words.txt");
});

function formsCases(): Record<string, Saying> {
  const compared = { runs: 1_204, logs: 1, artifacts: 0, approvals: 0 };
  const difference = {
    role: "runs",
    path: "steps[].attempts",
    imported: { form: "number", count: 486, example: "r-17" },
    services: [{ form: "string", count: 12, example: "r-501" }],
  } as const;
  const forms = { compared, differences: [difference], hash: "0123456789abcdef" };
  return {
    "forms of services that have not written yet": () =>
      formatSection(formsSection({ compared: byRole(() => 0), differences: [] })),
    "forms that agree": () => formatSection(formsSection({ compared, differences: [] })),
    "forms that differ": () => formatSection(formsSection(forms)),
    "forms that differ before the drain": () => describeFormsStop(forms, root, true),
    "forms that differ after the rollouts": () => describeFormsStop(forms, root, false),
  };
}
