import { Double, Long, ObjectId } from "mongodb";
import { expect, it } from "vitest";
import { differingPaths, hashOf } from "../../components/state";

const entry = {
  _id: new ObjectId(),
  runId: "r",
  sequence: Long.fromNumber(1),
  timestamp: new Date(0),
  level: "info",
  eventType: "step.started",
  message: "m",
};

it("null and absence of an optional field, number types and generated ids are no difference", () => {
  const stored = { ...entry, _id: new ObjectId(), sequence: 1, stepId: null, metadata: null };
  expect(differingPaths("logs", entry, stored)).toEqual([]);
});

it("every other difference is a path", () => {
  const stored = { ...entry, message: "n", timestamp: new Date(1), extra: true };
  expect(differingPaths("logs", entry, stored)).toEqual(["timestamp", "message", "extra"]);
});

it("null is not absence in a field that the contract does not have", () => {
  expect(differingPaths("logs", { ...entry, extra: null }, entry)).toEqual(["extra"]);
});

it("an approval's status in another case is no difference, another one is", () => {
  const one = { status: "Approved" };
  const other = { status: "approved" };
  expect(differingPaths("approvals", one, other)).toEqual([]);
  expect(hashOf("approvals", one)).toBe(hashOf("approvals", other));
  expect(differingPaths("approvals", one, { status: "Rejected" })).toEqual(["status"]);
  expect(differingPaths("logs", { level: "WARN" }, { level: "warn" })).toEqual(["level"]);
});

it("paths lead into plans and steps", () => {
  const disk = { plan: { steps: [{ id: "a" }, { id: "b", with: { x: 1 } }] } };
  const stored = { plan: { steps: [{ id: "a" }, { id: "c", with: {} }] } };
  expect(differingPaths("runs", disk, stored)).toEqual([
    "plan.steps[1].id",
    "plan.steps[1].with.x",
  ]);
});

it("the order of keys counts inside a plan, not in metadata and not at the top", () => {
  expect(differingPaths("runs", { plan: { a: 1, b: 2 } }, { plan: { b: 2, a: 1 } })).toEqual([
    "plan (order of keys)",
  ]);
  const one = { ...entry, metadata: { a: "1", b: "2" } };
  const other = { metadata: { b: "2", a: "1" }, ...entry };
  expect(differingPaths("logs", one, other)).toEqual([]);
});

it("a hash stays what it is in databases", () => {
  const list = [1, new Double(2), true, null, "ü\u2028"];
  const plan = { b: list, 1: {}, a: new Map([["2", new Date(1)]]) };
  const run = { _id: "r", plan, tenantId: null, size: Long.fromString("9007199254740993") };
  expect(hashOf("runs", run)).toBe(
    "87b4e418585b26c419f41bcdf8f95990875fa7335058914e0265d8d7b2753467",
  );
  const metadata = { b: "2", a: "1" };
  const log = { ...entry, metadata, stepId: undefined, note: new ObjectId("0".repeat(24)) };
  expect(hashOf("logs", log)).toBe(
    "1bbd463b787b776f683116fae901578c785ab528ab69211a2591d8e04fadc758",
  );
});
