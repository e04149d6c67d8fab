import { expect, it } from "vitest";
import { verdictOf } from "../../components/backfill/merge";
import type { CollectionRole } from "../../components/contract";

const early = new Date("2025-11-06T10:00:00Z");
const late = new Date("2025-11-06T11:00:00Z");

it.each<[string, CollectionRole, object, object, string]>([
  ["equal records", "runs", { updatedAt: early }, { updatedAt: early }, "equal"],
  ["a run that went on in MongoDB", "runs", { updatedAt: early }, { updatedAt: late }, "mongo"],
  ["a run that went on on disk", "runs", { updatedAt: late }, { updatedAt: early }, "conflict"],
  ["a run that differs at one time", "runs", { planHash: "a" }, { planHash: "b" }, "conflict"],
  ["another log entry", "logs", { message: "a" }, { message: "b" }, "conflict"],
  ["a newer artifact on disk", "artifacts", { capturedAt: late }, { capturedAt: early }, "disk"],
  ["a newer artifact", "artifacts", { capturedAt: early }, { capturedAt: late }, "mongo"],
  ["a tie", "artifacts", { capturedAt: late, notes: "a" }, { capturedAt: late }, "mongo"],
  ["a decision on disk", "approvals", { status: "approved" }, { status: "pending" }, "disk"],
  ["a decision in MongoDB", "approvals", { status: "pending" }, { status: "expired" }, "mongo"],
  ["two decisions", "approvals", { status: "approved" }, { status: "rejected" }, "conflict"],
  ["two pendings", "approvals", { status: "pending", n: 1 }, { status: "Pending" }, "conflict"],
])("%s: %s", (_what, role, disk, mongo, side) => {
  expect(verdictOf(role, disk, mongo).side).toBe(side);
});
