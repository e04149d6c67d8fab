import { Decimal128, Double, Long } from "mongodb";
import { isJsonObject, membersOf } from "./object";

/** The compact JSON text of a parsed value; numbers keep every digit. */
export function jsonText(value: unknown): string {
  if (value instanceof Long || value instanceof Decimal128) return value.toString();
  if (value instanceof Double) return wholeDouble(value.value);
  if (Array.isArray(value)) return `[${value.map(jsonText).join(",")}]`;
  if (!isJsonObject(value)) return JSON.stringify(value);
  const members = membersOf(value).map(
    ([key, inner]) => `${JSON.stringify(key)}:${jsonText(inner)}`,
  );
  return `{${members.join(",")}}`;
}

/** A whole double was written with a fraction or an exponent, and is again. */
function wholeDouble(value: number): string {
  const text = Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
