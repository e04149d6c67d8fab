import fc from "fast-check";
import { expect, it } from "vitest";
import { parseTimestamp } from "../../../components/state/convert";

it.each([
  ["2025-11-06T10:00:00Z", "2025-11-06T10:00:00.000Z"],
  ["2025-11-06T10:00:00.1+00:00", "2025-11-06T10:00:00.100Z"],
  ["2025-11-06T10:00:00.1239999Z", "2025-11-06T10:00:00.123Z"],
  ["2025-11-06T10:00:00.1234567+05:30", "2025-11-06T04:30:00.123Z"],
  ["2025-11-06T23:30:00-01:00", "2025-11-07T00:30:00.000Z"],
  ["0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00.000Z"],
])("%s is %s", (text, moment) => {
  expect(parseTimestamp(text)).toEqual({ date: new Date(moment), offsetMissing: false });
});

it("a timestamp without an offset counts as UTC, and says so", () => {
  const date = new Date("2025-11-06T10:00:00.000Z");
  expect(parseTimestamp("2025-11-06T10:00:00")).toEqual({ date, offsetMissing: true });
});

it.each([
  ["2025-11-06t10:00:00z", "2025-11-06T10:00:00.000Z"],
  ["2025-11-06T10:00:00+0530", "2025-11-06T04:30:00.000Z"],
  ["2025-11-06T10:00:00-05", "2025-11-06T15:00:00.000Z"],
  ["2024-02-29T10:00:00Z", "2024-02-29T10:00:00.000Z"],
])("%s, which .NET does not write, is %s", (text, moment) => {
  expect(parseTimestamp(text)?.date).toEqual(new Date(moment));
});

it.each([
  ["2025-12-28T10:00:00Z", "2025-12-28T10:00:00.000Z"],
  ["2025-01-01T23:59:59.1234567+05:30", "2025-01-01T18:29:59.123Z"],
  ["2025-11-19T19:00:00.1-01:00", "2025-11-19T20:00:00.100Z"],
])("%s, which .NET writes, is %s", (text, moment) => {
  expect(parseTimestamp(text)?.date).toEqual(new Date(moment));
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
      expect(parseTimestamp(local + finer + offset)?.date).toEqual(date);
    }),
  );
});
