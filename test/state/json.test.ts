import { Decimal128, Double, Long } from "mongodb";
import fc from "fast-check";
import { expect, it } from "vitest";
import { exactNumber } from "../../components/state/number";
import { type JsonObject, membersOf, parseJson } from "../../components/state/json";
import { formatJson } from "../../components/state";
import { Refusal } from "../../components/state";

it("an integer of 32 bits is a number, so that BSON gets a 32-bit integer", () => {
  expect(exactNumber("2147483647")).toBe(2147483647);
  expect(exactNumber("-2147483648")).toBe(-2147483648);
});

it("an integer of 64 bits is a long, beyond what a double holds too", () => {
  expect(exactNumber("2147483648")).toEqual(Long.fromString("2147483648"));
  expect(exactNumber("9007199254740993")).toEqual(Long.fromString("9007199254740993"));
  expect(exactNumber("-9223372036854775808")).toEqual(Long.MIN_VALUE);
});

it("a larger integer is a decimal of up to 34 digits, and nothing beyond", () => {
  expect(exactNumber("9223372036854775808")).toEqual(Decimal128.fromString("9223372036854775808"));
  expect(exactNumber("1234567890123456789012345678901234")).toBeInstanceOf(Decimal128);
  expect(exactNumber("12345678901234567890123456789012345")).toBeUndefined();
});

it.each([
  "0.1",
  "1.5",
  "123456789.012345",
  "0.30000000000000004",
  "-0.5",
  // 15 digits that count, among zeros that do not, and in a form that no double is written in.
  "1.23456789012345e0",
  "000123456789012.345",
  "0.00000000000000010",
  "100000.500000000000000",
])("%s is a double", (text) => {
  expect(exactNumber(text)).toBe(Number(text));
});

it("a whole number with a fraction stays a double", () => {
  expect(exactNumber("1.0")).toEqual(new Double(1));
  expect(exactNumber("0.0")).toEqual(new Double(0));
  expect(exactNumber("1e3")).toEqual(new Double(1000));
});

it.each([
  "0.1234567890123456789",
  "1e400",
  "1e-400",
  "4.94065645841247e-324",
  // Zeros between digits count.
  "1.0000000000000001",
  "1.2000000000000000000001",
])("%s, which a double would alter, is a decimal", (text) => {
  expect(exactNumber(text)).toEqual(Decimal128.fromString(text));
});

it("a decimal of more than 34 digits has no BSON number", () => {
  expect(exactNumber("0.12345678901234567890123456789012345678")).toBeUndefined();
});

it("numbers keep every digit", () => {
  const text = '{"a":9007199254740993,"b":[0.1234567890123456789],"c": 1.0 ,"d":7,"e":1.5}';
  expect(parseJson(text)).toEqual({
    a: Long.fromString("9007199254740993"),
    b: [Decimal128.fromString("0.1234567890123456789")],
    c: new Double(1),
    d: 7,
    e: 1.5,
  });
});

it.each<[string, unknown]>([
  ['{"a":1.0}', { a: new Double(1) }],
  ['{"a": 1.0}', { a: new Double(1) }],
  ['{"a":1.0 }', { a: new Double(1) }],
  ['{"a":\n-1e2\n}', { a: new Double(-100) }],
  ["[1E2]", [new Double(100)]],
  ['{"a":2147483648}', { a: Long.fromNumber(2_147_483_648) }],
  ["[1,2147483648,1]", [1, Long.fromNumber(2_147_483_648), 1]],
])("%s keeps the type of its number", (text, value) => {
  expect(parseJson(text)).toEqual(value);
});

it.each(['{"b":1,"10":2}', '{"b":1,"\\u00310":2}', '{"b":1,"1\\u0030":2}', '{"b":1,"10" : 2}'])(
  "%s has its keys in their order",
  (text) => {
    expect(membersOf(parseJson(text) as JsonObject)).toEqual([
      ["b", 1],
      ["10", 2],
    ]);
  },
);

it("a number that no BSON number holds is refused", () => {
  expect(() => parseJson('{"a":0.12345678901234567890123456789012345678}')).toThrow(Refusal);
});

it("keys that look like integers keep their place", () => {
  const parsed = parseJson('{"plan":{"b":1,"10":2,"2":{"1":true}}}') as { plan: JsonObject };
  expect(membersOf(parsed.plan).map(([key]) => key)).toEqual(["b", "10", "2"]);
});

it("keys that an object would take for something else are members like all others", () => {
  const parsed = parseJson('{"__proto__":{"a":1.25},"constructor":"c"}') as JsonObject;
  expect(membersOf(parsed)).toEqual([
    ["__proto__", { a: 1.25 }],
    ["constructor", "c"],
  ]);
});

it("of two members with one name the last counts, with and without exact numbers", () => {
  expect(parseJson('{"a":1,"a":2}')).toEqual({ a: 2 });
  expect(parseJson('{"a":1,"a":2,"b":0.5}')).toEqual({ a: 2, b: 0.5 });
});

it("what is no JSON is a SyntaxError", () => {
  expect(() => parseJson('{"a":1,}')).toThrow(SyntaxError);
});

it("any JSON text of compact form comes out as it went in", () => {
  fc.assert(
    fc.property(hostileJson, (value) => {
      const text = `[${value}]`;
      expect(formatJson(parseJson(text))).toBe(text);
    }),
    { numRuns: 2_000 },
  );
});

const number = fc.oneof(
  fc.integer().map(String),
  fc.bigInt({ min: -(10n ** 33n), max: 10n ** 33n }).map(String),
  fc
    .tuple(fc.integer({ min: -999, max: 999 }), fc.stringMatching(/^\d{0,29}[1-9]$/))
    .map(([whole, fraction]) => `${whole}.${fraction}`),
  fc.integer({ min: -999, max: 999 }).map((whole) => `${whole}.0`),
);
const key = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.nat(20).map(String),
  fc.constantFrom("__proto__", "constructor", "toString", "a.b", "$set", ""),
);

/** Texts of JSON values with the numbers and keys that parsers lose, in compact form. */
const { hostileJson } = fc.letrec<{ hostileJson: string }>((tie) => ({
  hostileJson: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom("true", "false", "null"),
    number,
    fc.string({ unit: "binary" }).map((text) => JSON.stringify(text)),
    fc.array(tie("hostileJson"), { maxLength: 4 }).map((items) => `[${items.join(",")}]`),
    fc
      .uniqueArray(fc.tuple(key, tie("hostileJson")), { selector: ([name]) => name, maxLength: 5 })
      .map(
        (members) =>
          `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(",")}}`,
      ),
  ),
}));
