import { Long } from "mongodb";
import { expect, it } from "vitest";
import { check } from "../../components/state/convert";
import { sizeOf } from "../../components/state/records";

const entry = {
  runId: "r",
  sequence: Long.fromNumber(1),
  timestamp: new Date(0),
  level: "info",
  eventType: "e",
  message: "m",
};
const checked = (fields: object) => {
  check("logs", { ...entry, ...fields });
};

it("a complete entry passes, with optional fields absent, null or there", () => {
  checked({});
  checked({ stepId: null, metadata: null });
  checked({ stepId: "s", metadata: { a: "b" }, extra: [1, { deep: true }] });
});

it.each<[string, object, string]>([
  ["a missing field", { message: undefined }, "message is missing"],
  ["null in a required field", { eventType: null }, "eventType is missing"],
  ["a text for a date", { timestamp: "today" }, "timestamp must be a date, found another string"],
  ["a number for a text", { message: 5 }, "message must be a string, found a number"],
  [
    "an unknown level",
    { level: "loud" },
    "level must be one of trace, debug, info, warn, error, found another string",
  ],
  ["metadata that is a list", { metadata: [] }, "found a list"],
  ["an _id, which is generated", { _id: "x" }, "_id is a reserved name"],
  ["half a surrogate pair", { message: "\ud800" }, "message contains half a surrogate pair"],
  ["a null character in a name", { extra: { "a\0": 1 } }, "extra has a name with a null character"],
  ["a name that the driver reserves", { extra: { _bsontype: "Long" } }, "reserved name _bsontype"],
  [
    "half a surrogate pair in a list",
    { extra: { list: ["a", { b: "\ud800" }] } },
    "extra.list[1].b contains half a surrogate pair",
  ],
  [
    "half a surrogate pair in a name",
    { extra: { "\udc00": 1 } },
    "extra contains half a surrogate",
  ],
  ["an object for a text", { message: {} }, "message must be a string, found an object"],
  ["a boolean for a text", { message: false }, "message must be a string, found a boolean"],
  ["a list for a text", { message: [] }, "message must be a string, found a list"],
  ["a double for a long", { sequence: 1.5 }, "sequence must be a long, found a number"],
  ["another value in metadata", { metadata: { a: 1 } }, "metadata must be"],
  ["a reserved name", { _bsontype: "Long" }, "_bsontype is a reserved name"],
  [
    "half a surrogate pair further in than 80 characters",
    { extra: { ["x".repeat(75)]: "\ud800" } },
    `extra.${"x".repeat(74)}... contains half a surrogate pair`,
  ],
  [
    "half a surrogate pair at 80 characters",
    { extra: { ["x".repeat(74)]: "\ud800" } },
    `extra.${"x".repeat(74)} contains half a surrogate pair`,
  ],
  ["deep lists", { extra: nestedLists(100) }, "nested deeper than 100 levels"],
  ["deep nesting", { extra: nested(100) }, "nested deeper than 100 levels"],
])("%s is refused", (_what, fields, detail) => {
  expect(() => {
    checked(fields);
  }).toThrow(detail);
});

it("of the other roles each list has its members' type, and a run may have an _id", () => {
  const moment = new Date(0);
  const times = { requestedAt: moment, createdAt: moment, updatedAt: moment };
  const run = { _id: "r", planHash: "h", plan: {}, failurePolicy: {}, steps: [{}], ...times };
  const problems = (changes: object) => {
    try {
      check("runs", { ...run, ...changes });
    } catch (error) {
      return (error as Error).message;
    }
    return "";
  };

  expect(problems({})).toBe("");
  expect(problems({ steps: [{}, 1] })).toMatch(/^steps must be .*, found a list$/);
  expect(problems({ steps: {} })).toMatch(/^steps must be .*, found an object$/);
  expect(problems({ plan: [] })).toMatch(/^plan must be .*, found a list$/);
  expect(problems({ _bsontype: "x" })).toBe("_bsontype is a reserved name");
});

it("every problem of a record is named at once", () => {
  expect(() => {
    checked({ level: 9, timestamp: null });
  }).toThrow(/timestamp is missing; level must be one of/);
});

it("a run without runId is named by the property's name", () => {
  expect(() => {
    check("runs", {});
  }).toThrow(/^runId is missing; planHash is missing/);
});

it("ninety-nine levels below the document are allowed", () => {
  checked({ extra: nested(99) });
});

it("a document of 16 MiB or more, which the driver refuses, is refused", () => {
  const limit = 16 * 1024 * 1024;
  const beside = sizeOf({ a: "" });
  expect(sizeOf({ a: "x".repeat(limit - beside - 1) })).toBe(limit - 1);
  for (const bytes of [limit, limit + 1]) {
    const document = { a: "x".repeat(bytes - beside) };
    expect(() => sizeOf(document)).toThrow(
      `it has ${bytes} bytes, and a document has at most 16777215`,
    );
  }
});

function nestedLists(levels: number): unknown {
  return levels === 0 ? true : [nestedLists(levels - 1)];
}

function nested(levels: number): unknown {
  return levels === 0 ? true : { in: nested(levels - 1) };
}
