import fc from "fast-check";
import { Long } from "mongodb";
import { expect, it } from "vitest";
import type { CollectionRole } from "../../components/contract";
import { Refusal } from "../../components/state";
import { convert, parseTimestamp } from "../../components/state/convert";
import { logLine, run } from "../transfer/state";

const converted = (role: CollectionRole, fields: unknown, given: object = {}) => ({
  ...convert(role, fields, { ...given }),
});

it("a run's runId is its _id, its timestamps are dates, the rest stays", () => {
  const { runId, ...rest } = run("r-1", { tenantId: null, extra: { Kept: "as it is" } });
  expect(converted("runs", { runId, ...rest })).toEqual({
    ...rest,
    _id: "r-1",
    requestedAt: new Date("2025-11-06T10:00:00Z"),
    createdAt: new Date("2025-11-06T10:00:01.123Z"),
    updatedAt: new Date("2025-11-06T10:00:02.500Z"),
  });
});

it("properties of the contract are known in any case", () => {
  expect(converted("logs", { RUNID: "r", Sequence: 3, EventType: "e" })).toEqual({
    runId: "r",
    sequence: Long.fromNumber(3),
    eventType: "e",
  });
});

it.each([[null], [[]], ["text"], [5]])("%j is no record", (fields) => {
  expect(() => convert("runs", fields, {})).toThrow("it is not an object");
});

it("values that are no timestamp, integer, name or object stay for the check to name", () => {
  const fields = { timestamp: 5, sequence: 1.5, level: true, metadata: ["a"], stepId: null };
  expect(converted("logs", fields)).toEqual(fields);
});

it("one field under two names is refused", () => {
  expect(() => convert("runs", { runId: "a", RunId: "b" }, {})).toThrow(Refusal);
});

it.each([
  ["warn", "warn"],
  ["WARN", "warn"],
  [3, "warn"],
  ["loud", "loud"],
  [9, 9],
])("the level %j becomes %j", (level, name) => {
  expect(converted("logs", { level })).toEqual({ level: name });
});

it.each([
  ["Approved", "Approved"],
  ["HOLD", "HOLD"],
  [1, "approved"],
])("the status %j of an approval becomes %j", (status, name) => {
  expect(converted("approvals", { status })).toEqual({ status: name });
});

it.each([
  ["12", Long.fromNumber(12)],
  ["-9223372036854775808", Long.MIN_VALUE],
  ["9223372036854775807", Long.MAX_VALUE],
])("the digits %j in quotes are a long", (sequence, long) => {
  expect(converted("logs", { sequence })).toEqual({ sequence: long });
});

it.each(["9223372036854775808", "9".repeat(40), "1.5", "1e3", " 1", ""])(
  "the text %j is no long",
  (text) => {
    const { sequence } = converted("logs", { sequence: text }) as { readonly sequence?: unknown };
    expect(sequence).toBeDefined();
    expect(sequence).not.toBeInstanceOf(Long);
  },
);

it("metadata of texts only stays as it is", () => {
  const metadata = { text: "t", other: "" };
  expect(converted("logs", { metadata })).toEqual({ metadata });
});

it("a metadata value that is no text becomes its JSON text", () => {
  const metadata = { text: "t", number: 5, list: [1.5, null], nothing: null };
  expect(converted("logs", { metadata })).toEqual({
    metadata: { text: "t", number: "5", list: "[1.5,null]", nothing: "null" },
  });
});

it("what is given counts where the record says nothing itself", () => {
  expect(converted("logs", { sequence: 7 }, { runId: "r", sequence: 1 })).toEqual({
    sequence: Long.fromNumber(7),
    runId: "r",
  });
  expect(converted("logs", { runId: null }, { runId: "r", sequence: 1 })).toEqual({
    runId: "r",
    sequence: Long.fromNumber(1),
  });
});

it("inside plan, failure policy and unknown fields, and of steps but integers, nothing is converted", () => {
  const fields = {
    plan: { runId: "RunId", level: 3, status: 2, at: "2025-11-06T10:00:00Z" },
    failurePolicy: { Level: "WARN" },
    steps: [{ status: "failed", level: 3, attempts: "1", at: "2025-11-06T10:00:00Z" }],
    requested: "2025-11-06T10:00:00Z",
  };
  expect(converted("runs", fields)).toEqual(fields);
});

it("a timestamp without an offset counts as UTC", () => {
  expect(converted("logs", logLine(1, { timestamp: "2025-11-06T10:00:01" }))).toMatchObject({
    timestamp: new Date("2025-11-06T10:00:01Z"),
  });
});

it.each([
  ["2025-11-06T10:00:00Z", "2025-11-06T10:00:00.000Z"],
  ["2025-11-06T10:00:00.1+00:00", "2025-11-06T10:00:00.100Z"],
  ["2025-11-06T10:00:00.1239999Z", "2025-11-06T10:00:00.123Z"],
  ["2025-11-06T10:00:00.1234567+05:30", "2025-11-06T04:30:00.123Z"],
  ["2025-11-06T23:30:00-01:00", "2025-11-07T00:30:00.000Z"],
  ["0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00.000Z"],
])("%s is %s", (text, moment) => {
  expect(parseTimestamp(text)).toEqual(new Date(moment));
});

it("a timestamp without an offset is the moment in UTC", () => {
  const date = new Date("2025-11-06T10:00:00.000Z");
  expect(parseTimestamp("2025-11-06T10:00:00")).toEqual(date);
});

it.each([
  ["2025-11-06t10:00:00z", "2025-11-06T10:00:00.000Z"],
  ["2025-11-06T10:00:00+0530", "2025-11-06T04:30:00.000Z"],
  ["2025-11-06T10:00:00-05", "2025-11-06T15:00:00.000Z"],
  ["2024-02-29T10:00:00Z", "2024-02-29T10:00:00.000Z"],
])("%s, which .NET does not write, is %s", (text, moment) => {
  expect(parseTimestamp(text)).toEqual(new Date(moment));
});

it.each([
  ["2025-12-28T10:00:00Z", "2025-12-28T10:00:00.000Z"],
  ["2025-01-01T23:59:59.1234567+05:30", "2025-01-01T18:29:59.123Z"],
  ["2025-11-19T19:00:00.1-01:00", "2025-11-19T20:00:00.100Z"],
])("%s, which .NET writes, is %s", (text, moment) => {
  expect(parseTimestamp(text)).toEqual(new Date(moment));
});

it.each([
  "yesterday",
  "2025-11-06",
  "2025-02-30T00:00:00Z",
  "2025-11-06T25:00:00Z",
  "",
  "2025-11-06T10:00:00.12345678Z",
  "2025-11-06T10:00:00.Z",
  "2025-11-06T10:00:00+5",
  "x2025-11-06T10:00:00Z",
  "2025-11-06T10:00:00Z ",
])("%j is no timestamp", (text) => {
  expect(parseTimestamp(text)).toBeUndefined();
});

it("any moment in any offset and with any fraction is that moment", () => {
  const written = fc.record({
    date: fc.date({ min: new Date(0), max: new Date("9990-01-01"), noInvalidDate: true }),
    minutes: fc.integer({ min: -14 * 60, max: 14 * 60 }),
    finer: fc.stringMatching(/^\d{0,4}$/),
  });
  fc.assert(
    fc.property(written, ({ date, minutes, finer }) => {
      const local = new Date(date.getTime() + minutes * 60_000).toISOString().slice(0, -1);
      const two = (part: number) => String(Math.floor(Math.abs(part))).padStart(2, "0");
      const offset = `${minutes < 0 ? "-" : "+"}${two(minutes / 60)}:${two(minutes % 60)}`;
      expect(parseTimestamp(local + finer + offset)).toEqual(date);
    }),
  );
});
