import { Binary, Double, Int32, Long } from "mongodb";
import { expect, it } from "vitest";
import type { Announced, MergeBase } from "../../components/transfer/merge-bases";
import { type Side, merge, sideOf } from "../../components/transfer/merge";
import { hashOf } from "../../components/state";
import type { CollectionRole } from "../../components/contract";

const early = { capturedAt: new Date("2025-11-06T10:00:00Z") };
const late = { capturedAt: new Date("2025-11-06T11:00:00Z") };
const pending = { status: "pending" };
const never = ["conflict", "conflict"] as const;

/** The verdict on two records, where `agreed` is what both sides had last. */
function verdict(role: CollectionRole, disk: object, mongo: object, agreed?: object) {
  const base = agreed && agreedOn(hashOf(role, agreed));
  return merge(role, sideOf(role, disk), sideOf(role, mongo), base);
}

/** What an announcement of a record says that is there already. */
const known = { writer: "one", file: "state/runs/r.json", isNew: false };

const agreedOn = (disk: string, mongo = disk) => ({ agreed: { disk, mongo } });

it.each<[string, CollectionRole, object, object, object | undefined, string]>([
  ["equal runs", "runs", { a: 1 }, { a: 1 }, undefined, "equal"],
  ["a run changed on disk", "runs", { a: 2 }, { a: 1 }, { a: 1 }, "disk"],
  ["a run changed in MongoDB", "runs", { a: 1 }, { a: 2 }, { a: 1 }, "mongo"],
  ["a run changed on both sides", "runs", { a: 2 }, { a: 3 }, { a: 1 }, "conflict"],
  ["two runs that never agreed", "runs", { a: 1 }, { a: 2 }, undefined, "conflict"],
  ["another log entry", "logs", { a: 1 }, { a: 2 }, undefined, "conflict"],
  ["an artifact changed on disk", "artifacts", { ...late, a: 2 }, late, late, "disk"],
  ["an artifact changed in MongoDB", "artifacts", late, { ...late, a: 2 }, late, "mongo"],
  ["an artifact changed on disk by a clock behind", "artifacts", early, late, late, "disk"],
  ["an artifact changed in MongoDB by a clock behind", "artifacts", late, early, late, "mongo"],
  ["an artifact without a moment changed in MongoDB", "artifacts", late, { a: 1 }, late, "mongo"],
  ["a newer artifact on disk", "artifacts", late, early, undefined, "disk"],
  ["a newer artifact in MongoDB", "artifacts", early, late, {}, "mongo"],
  ["two artifacts of one moment", "artifacts", { ...late, a: 1 }, late, {}, "mongo"],
  ["an artifact without a moment in MongoDB", "artifacts", early, { a: 1 }, {}, "disk"],
  ["a decision on disk", "approvals", { status: "approved" }, pending, undefined, "disk"],
  [
    "a decision that was set back on disk",
    "approvals",
    pending,
    { status: "Expired" },
    { status: "Expired" },
    "disk",
  ],
  [
    "a decision that was set back in MongoDB",
    "approvals",
    { status: "Expired" },
    pending,
    { status: "Expired" },
    "mongo",
  ],
  [
    "another decision on disk",
    "approvals",
    { status: "approved" },
    { status: "rejected" },
    { status: "rejected" },
    "disk",
  ],
  [
    "two decisions",
    "approvals",
    { status: "approved" },
    { status: "rejected" },
    pending,
    "conflict",
  ],
  [
    "a decision on one that is on hold",
    "approvals",
    { status: "Hold" },
    { status: "approved" },
    {},
    "mongo",
  ],
  ["one on hold that was pending", "approvals", { status: "hold" }, pending, pending, "disk"],
  [
    "one decision in two cases",
    "approvals",
    { status: "Expired" },
    { status: "expired" },
    {},
    "equal",
  ],
  ["a pending one changed on disk", "approvals", { ...pending, a: 1 }, pending, pending, "disk"],
  [
    "two pending ones",
    "approvals",
    { ...pending, a: 1 },
    { ...pending, a: 2 },
    pending,
    "conflict",
  ],
])("%s: %s", (_what, role, disk, mongo, agreed, side) => {
  expect(verdict(role, disk, mongo, agreed)).toBe(side);
});

it("a record that one side lacks was removed only if that side is the source of truth", () => {
  const side = sideOf("runs", { a: 1 });
  const agreed = agreedOn(side.hash);
  const next = [announced("mongo", side, side, { isNew: true })];
  const gaps = ["onlyOnDisk", "onlyInMongo"];
  const verdicts = (base: MergeBase | undefined) =>
    [undefined, "disk" as const, "mongo" as const].map((truth) => [
      merge("runs", side, undefined, base, { truth }),
      merge("runs", undefined, side, base, { truth }),
    ]);
  expect(verdicts(agreed)).toEqual([gaps, ["onlyOnDisk", "removed"], ["removed", "onlyInMongo"]]);
  expect(verdicts(undefined)).toEqual([gaps, gaps, gaps]);
  expect(verdicts({ next })).toEqual([gaps, gaps, gaps]);
});

it.each([
  ["an older run", -1, "Running", "Succeeded", "conflict"],
  ["an older run whose step was never begun", -1, undefined, "Failed", "conflict"],
  ["a run without a date", undefined, "Running", "Succeeded", "conflict"],
  ["an older run that finished as much", -1, "Skipped", "Succeeded", "wins"],
  ["an older run of which the other has not finished more", -1, "Running", "Running", "wins"],
  [
    "an older run whose step may be over by an unknown status",
    -1,
    "Running",
    "Cancelled",
    "conflict",
  ],
  [
    "an older run whose step may go on by an unknown status",
    -1,
    "Waiting",
    "Succeeded",
    "conflict",
  ],
  ["an older run with the same unknown status", -1, "Cancelled", "Cancelled", "wins"],
  ["a newer run, whose step is tried again", 1, "Running", "Failed", "wins"],
  ["a run of the same moment", 0, "Running", "Succeeded", "wins"],
])("%s that would win: %s", (_what, hours, status, other, expected) => {
  const runAt = (hours: number | undefined, ...steps: (string | undefined)[]) =>
    sideOf("runs", {
      ...(hours !== undefined && { updatedAt: new Date(hours * 3_600_000) }),
      steps: steps.flatMap((status, at) => (status ? [{ stepId: `s${at}`, status }] : [])),
    });
  const winner = runAt(hours, "Running", status);
  const loser = runAt(0, "Running", other);
  expect(merge("runs", winner, loser, agreedOn(loser.hash))).toBe(
    expected === "wins" ? "disk" : expected,
  );
  expect(merge("runs", loser, winner, agreedOn(loser.hash))).toBe(
    expected === "wins" ? "mongo" : expected,
  );
});

it("a file that an export of the document would write is equal, whatever was agreed", () => {
  const at = new Date("2025-11-06T10:00:00Z");
  const stored = sideOf("runs", { _id: "r", plan: { at, status: new Int32(2) } });
  const file = sideOf("runs", { _id: "r", plan: { at: at.toISOString(), status: 2 } });
  expect(merge("runs", file, stored, undefined)).toBe("equal");
  expect(merge("runs", file, stored, agreedOn(file.hash))).toBe("equal");
  const unwritable = sideOf("runs", { _id: "r", plan: { at: new Binary() } });
  expect(merge("runs", file, unwritable, undefined)).toBe("conflict");
});

const three = ["before", "after", "later"].map((planHash) => sideOf("runs", { planHash }));
const [before, after, later] = three as [Side, Side, Side];

/** An announced write, by which both sides have these. */
function announced(to: "disk" | "mongo", disk: Side, mongo = disk, fields = {}): Announced {
  return { ...known, to, disk: disk.hash, mongo: mongo.hash, ...fields };
}

it("an import's write that was done before its process was killed is the merge base", () => {
  const base = { ...agreedOn(before.hash), next: [announced("mongo", after)] };
  expect(merge("runs", later, after, base)).toBe("disk");
  expect(merge("runs", after, before, base)).toBe("disk");
  expect(merge("runs", after, later, base)).toBe("conflict");
  expect(merge("runs", before, later, base)).toBe("mongo");
});

it("an export's write that was done before its process was killed is the merge base", () => {
  const base = { ...agreedOn(before.hash), next: [announced("disk", after, later)] };
  expect(merge("runs", after, later, base)).toBe("equal");
  expect(merge("runs", before, later, base)).toBe("mongo");
  expect(merge("runs", sideOf("runs", {}), later, base)).toBe("conflict");
});

it("of several announced writes the one that was done is the merge base", () => {
  const next = [announced("mongo", before), announced("mongo", after), announced("disk", later)];
  expect(merge("runs", later, before, { next })).toBe("mongo");
  expect(merge("runs", after, before, { next })).toBe("disk");
  expect(merge("runs", before, after, { next })).toBe("disk");
  expect(merge("runs", before, later, { next })).toBe("conflict");
});

it("what MongoDB has behind an import's first write came of it, and so on disk behind an export's", () => {
  const insertion = { isNew: true };
  const imported = { next: [announced("mongo", before, before, insertion)] };
  expect(merge("runs", before, after, imported)).toBe("mongo");
  expect(merge("runs", after, later, imported)).toBe("conflict");
  expect(merge("runs", before, after, { next: [announced("mongo", before)] })).toBe("conflict");
  expect(merge("runs", before, after, { ...imported, ...agreedOn(after.hash) })).toBe("disk");
  const exported = { next: [announced("disk", before, before, insertion)] };
  expect(merge("runs", after, before, exported)).toBe("disk");
  expect(merge("runs", after, later, exported)).toBe("conflict");
});

it("of different insertions that were announced nobody knows which one a service changed since", () => {
  const insertion = (side: Side, writer: string) =>
    announced("mongo", side, side, { isNew: true, writer });
  const again = { next: [insertion(before, "one"), insertion(before, "two")] };
  expect(merge("runs", before, after, again)).toBe("mongo");
  const other = { next: [insertion(later, "one"), insertion(before, "two")] };
  expect(merge("runs", before, after, other)).toBe("conflict");
});

it("where a file cannot hold what MongoDB has, each side is compared with its own hash", () => {
  const at = new Date("2025-11-06T10:00:00Z");
  const file = (planHash: string) => sideOf("runs", { planHash, plan: { at: at.toISOString() } });
  const stored = (planHash: string) => sideOf("runs", { planHash, plan: { at } });
  const base = agreedOn(file("a").hash, stored("a").hash);
  expect(merge("runs", file("a"), stored("a"), base)).toBe("equal");
  expect(merge("runs", file("b"), stored("a"), base)).toBe("disk");
  expect(merge("runs", file("a"), stored("b"), base)).toBe("mongo");
  expect(merge("runs", file("b"), stored("c"), base)).toBe("conflict");
});

it("an older file never counts while MongoDB is the source of truth", () => {
  const older = sideOf("runs", { updatedAt: early.capturedAt });
  const newer = sideOf("runs", { updatedAt: late.capturedAt });
  for (const base of [undefined, agreedOn(newer.hash)]) {
    expect(merge("runs", older, newer, base, { truth: "mongo" })).toBe("mongo");
    expect(merge("runs", older, newer, base, { truth: "disk" })).not.toBe("mongo");
  }
  expect(merge("runs", newer, older, agreedOn(older.hash), { truth: "mongo" })).toBe("disk");
  const running = sideOf("runs", { steps: [{ stepId: "a", status: "Running" }] });
  const done = sideOf("runs", { steps: [{ stepId: "a", status: "Succeeded" }] });
  expect(merge("runs", running, done, undefined, { truth: "mongo" })).toBe("mongo");
  expect(merge("runs", done, running, undefined, { truth: "mongo" })).toBe("conflict");
  const first = sideOf("artifacts", early);
  const last = sideOf("artifacts", late);
  expect(merge("artifacts", first, last, agreedOn(last.hash), { truth: "mongo" })).toBe("mongo");
  expect(merge("artifacts", last, first, agreedOn(last.hash), { truth: "mongo" })).toBe("mongo");
});

it.each<[CollectionRole, object, object, string]>([
  ["artifacts", late, early, "disk"],
  ["artifacts", { ...late, a: 2 }, late, "disk"],
  ["logs", { a: 2 }, { a: 1 }, "conflict"],
])("what is not older counts also then: %s, %o after %o", (role, disk, mongo, verdict) => {
  const before = sideOf(role, mongo);
  expect(merge(role, sideOf(role, disk), before, agreedOn(before.hash), { truth: "mongo" })).toBe(
    verdict,
  );
});

const approved = { status: "approved" };
const rejected = { status: "rejected" };

it.each<[string, object, object, object | undefined, string, string]>([
  ["set back by the truth", approved, pending, approved, "truth", "truth"],
  ["decided by the truth", pending, approved, pending, "truth", "truth"],
  ["decided by the other side", approved, pending, pending, "conflict", "other"],
  ["decided without a merge base", approved, pending, undefined, "conflict", "other"],
  ["decided by the truth, without a merge base", pending, approved, undefined, "truth", "truth"],
  ["set back by the other side", pending, approved, approved, "conflict", "conflict"],
  ["decided otherwise by the other side", rejected, approved, approved, "conflict", "conflict"],
  ["decided in two ways", rejected, approved, pending, "conflict", "conflict"],
  ["changed by both, decided by the truth", { ...pending, a: 1 }, approved, pending, ...never],
])("an approval %s: outside of the window and in it", (_what, other, truth, agreed, ...wins) => {
  const base = agreed && agreedOn(hashOf("approvals", agreed));
  const ofOther = sideOf("approvals", other);
  const ofTruth = sideOf("approvals", truth);
  const winners = (side: "disk" | "mongo") =>
    [false, true].map((isInWindow) => {
      const [disk, mongo] = side === "disk" ? [ofTruth, ofOther] : [ofOther, ofTruth];
      const verdict = merge("approvals", disk, mongo, base, { truth: side, isInWindow });
      if (verdict === "conflict") return verdict;
      return verdict === side ? "truth" : "other";
    });
  expect(winners("mongo")).toEqual(wins);
  expect(winners("disk")).toEqual(wins);
});

it("the hash sees values, not their types, and no order but that inside of fields", () => {
  const run = { _id: "r", planHash: "h", plan: { n: 1, big: Long.fromNumber(7) } };
  const same = { plan: { n: new Double(1), big: 7 }, planHash: "h", tenantId: null };
  expect(hashOf("runs", run)).toBe(hashOf("runs", same));
  expect(hashOf("runs", run)).not.toBe(hashOf("runs", { ...run, plan: { big: 7, n: 1 } }));
  expect(hashOf("runs", run)).not.toBe(hashOf("runs", { ...run, later: null }));
  expect(hashOf("runs", { plan: { d: new Date(5) } })).not.toBe(hashOf("runs", { plan: { d: 5 } }));
});
