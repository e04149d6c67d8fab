import { BSON, Long } from "mongodb";
import fc from "fast-check";
import { expect, it } from "vitest";
import { Refusal } from "../../../components/state/errors";
import { generateId } from "../../../components/state/keys";
import { check } from "../../../components/state/check";
import { convert } from "../../../components/state/convert";
import { plainLogLine } from "../../../components/state/log-line";
import { parseJson } from "../../../components/state/json/parse";
import { logLine } from "../state";

const plain = JSON.stringify(logLine(7, { stepId: null, metadata: { a: "b" } }));

/** The document of a line on the long way; undefined where it is refused or needs a conversion. */
function onTheLongWay(text: string): object | undefined {
  try {
    const { fields, conversions } = convert("logs", {
      fields: parseJson(text),
      given: { runId: "r" },
    });
    check("logs", fields);
    const known: BSON.Document = Object.fromEntries(fields);
    const { runId, sequence, timestamp } = known as {
      runId: string;
      sequence: Long;
      timestamp: Date;
    };
    const _id = generateId("logs", `${runId}\0${sequence.toString()}`, timestamp);
    return conversions.size > 0 ? undefined : { _id, runId, sequence, ...known };
  } catch (error) {
    if (error instanceof Refusal || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

it("a plain line goes the short way", () => {
  expect(plainLogLine(plain, "r")).toEqual({
    key: "r\x007",
    document: {
      _id: generateId("logs", "r\x007", new Date("2025-11-06T10:00:01Z")),
      runId: "r",
      sequence: Long.fromNumber(7),
      timestamp: new Date("2025-11-06T10:00:01Z"),
      level: "info",
      eventType: "step.started",
      message: "entry 7",
      stepId: null,
      metadata: { a: "b" },
    },
  });
});

it.each([
  ["a line that is cut off", plain.slice(0, -1)],
  ["a list", `[${plain}]`],
  ["null", "null"],
  ["a field in another case", plain.replace("message", "Message")],
  ["a field twice", plain.replace("{", '{"sequence":1.0,')],
  ["an unknown field", plain.replace("{", '{"later":1,')],
  ["a missing field", plain.replace('"level":"info",', "")],
  ["a level in another case", plain.replace("info", "INFO")],
  ["a sequence with a fraction", plain.replace("7", "7.0")],
  ["a sequence with an exponent", plain.replace("7", "7e0")],
  ["a sequence beyond what a double holds", plain.replace("7", "9007199254740993")],
  ["a timestamp without an offset", plain.replace("+00:00", "")],
  ["a day that is not there", plain.replace("11-06", "02-30")],
  ["another value in metadata", plain.replace('"b"', "5")],
  ["a key of metadata that looks like a number", plain.replace('"a"', '"1"')],
  ["a name that the driver reserves", plain.replace('"a"', '"_bsontype"')],
  ["half a surrogate pair", plain.replace("entry", "\\ud800")],
  ["null for the run's id", plain.replace("{", '{"runId":null,')],
])("%s goes the long way", (_what, text) => {
  expect(plainLogLine(text, "r")).toBeUndefined();
});

it("the short way gives the document of the long way, to the last byte", () => {
  const name = fc.oneof(fc.string(), fc.nat(9).map(String), fc.constant("__proto__"));
  const text = fc.string({ unit: "grapheme" });
  const line = fc
    .record(
      {
        runId: fc.constantFrom("r", "other", "third", null),
        sequence: fc.oneof(fc.integer(), fc.maxSafeInteger()),
        level: fc.constantFrom("trace", "info", "error", "Warn"),
        message: text,
        stepId: fc.option(text),
        metadata: fc.dictionary(name, fc.oneof({ weight: 20, arbitrary: text }, fc.nat(3))),
      },
      { requiredKeys: ["sequence", "level", "message"] },
    )
    .map((fields) => JSON.stringify(logLine(0, fields)));
  let short = 0;
  fc.assert(
    fc.property(line, (json) => {
      const document = plainLogLine(json, "r")?.document;
      if (!document) return;
      short += 1;
      const other = onTheLongWay(json);
      expect(other && BSON.serialize(other)).toEqual(BSON.serialize(document));
    }),
    { numRuns: 2_000, seed: 1 },
  );
  expect(short).toBeGreaterThan(100);
});

it("the id of an entry begins with its time, and two importers give it the same one", () => {
  const time = new Date("2025-11-06T10:00:01.999Z");
  const id = generateId("logs", "r\x007", time);
  expect(id.getTimestamp()).toEqual(new Date("2025-11-06T10:00:01Z"));
  expect(generateId("logs", "r\x007", time)).toEqual(id);
  expect(generateId("logs", "r\x008", time)).not.toEqual(id);
});
