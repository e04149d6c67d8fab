import { Decimal128, Double, Long } from "mongodb";
import { expect, it } from "vitest";
import { exactNumber } from "../../../components/state/json";

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
