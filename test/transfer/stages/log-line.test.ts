import { type Document, Long } from "mongodb";
import { expect, it } from "vitest";
import { parseJson, recordIn } from "../../../components/state";
import { generateId } from "../../../components/state/keys";
import { logLine } from "../state";

const plain = JSON.stringify(logLine(7, { stepId: null, metadata: { a: "b" } }));

const recordOf = (text: string) =>
  recordIn("logs", { fields: parseJson(text), given: { runId: "r" } });

const time = new Date("2025-11-06T10:00:01Z");
const document = {
  _id: generateId("logs", "r\x007", time),
  runId: "r",
  sequence: Long.fromNumber(7),
  timestamp: time,
  level: "info",
  eventType: "step.started",
  message: "entry 7",
  stepId: null,
  metadata: { a: "b" },
};

it("a plain line's document has its _id and key first, then its fields as they stand", () => {
  const record = recordOf(plain);
  expect(record).toMatchObject({ key: "r\x007", document, conversions: new Set() });
  expect(Object.keys(record.document)).toEqual(Object.keys(document));
});

it.each<[string, string, Document]>([
  ["a field in another case", plain.replace("message", "Message"), {}],
  ["a field twice, of which the last counts", plain.replace("{", '{"sequence":1.0,'), {}],
  ["an unknown field", plain.replace("{", '{"later":1,'), { later: 1 }],
  ["a level in another case", plain.replace("info", "INFO"), {}],
  ["a timestamp without an offset", plain.replace("+00:00", ""), {}],
  ["another value in metadata", plain.replace('"b"', "5"), { metadata: { a: "5" } }],
  [
    "a key of metadata that looks like a number",
    plain.replace('"a":"b"', '"a":"b","1":"c"'),
    {
      metadata: new Map([
        ["a", "b"],
        ["1", "c"],
      ]),
    },
  ],
  ["null for the run's id", plain.replace("{", '{"runId":null,'), {}],
])("%s is taken", (_what, text, fields) => {
  expect(recordOf(text).document).toEqual({ ...document, ...fields });
});

it("a sequence beyond what a double holds is kept to its last digit", () => {
  const { key } = recordOf(plain.replace("7", "9007199254740993"));
  expect(key).toBe("r\x009007199254740993");
});

it.each([
  ["a line that is cut off", plain.slice(0, -1), SyntaxError],
  ["a list", `[${plain}]`, "it is not an object"],
  ["null", "null", "it is not an object"],
  ["a missing field", plain.replace('"level":"info",', ""), "level is missing"],
  ["a sequence with a fraction", plain.replace("7", "7.0"), "sequence must be"],
  ["a sequence with an exponent", plain.replace("7", "7e0"), "sequence must be"],
  ["a day that is not there", plain.replace("11-06", "02-30"), "timestamp must be a date"],
  ["a name that the driver reserves", plain.replace('"a"', '"_bsontype"'), "_bsontype"],
  ["half a surrogate pair", plain.replace("entry", "\\ud800"), "half a surrogate pair"],
])("%s is refused", (_what, text, why) => {
  expect(() => recordOf(text)).toThrow(why);
});

it("the id of an entry begins with its time, and two importers give it the same one", () => {
  const time = new Date("2025-11-06T10:00:01.999Z");
  const id = generateId("logs", "r\x007", time);
  expect(id.getTimestamp()).toEqual(new Date("2025-11-06T10:00:01Z"));
  expect(generateId("logs", "r\x007", time)).toEqual(id);
  expect(generateId("logs", "r\x008", time)).not.toEqual(id);
});
