import { Decimal128, Double, Int32, Long } from "mongodb";
import { Refusal } from "./errors";
import { isJsonObject, membersOf } from "./json";

/**
 * Formats a parsed or stored value as JSON, as in the services' files: dates as ISO 8601 with `Z`, numbers with
 * every digit, keys in their order.
 *
 * @param indent the number of spaces for each level; the default, 0, writes one line
 * @throws Refusal if JSON cannot hold it, such as binary data or NaN
 */
export function formatJson(value: unknown, indent = 0, level = 1): string {
  if (value instanceof Date) {
    const year = value.getUTCFullYear();
    if (year >= 1 && year <= 9999) return JSON.stringify(value.toISOString());
    throw new Refusal("form", "no service reads a date outside the years 1 to 9999");
  }
  if (Array.isArray(value)) {
    const items = value.map((item) => formatJson(item, indent, level + 1));
    return wrapLines("[", items, "]", indent, level);
  }
  if (isJsonObject(value)) {
    const colon = indent === 0 ? ":" : ": ";
    const members = membersOf(value).map(
      ([key, inner]) => JSON.stringify(key) + colon + formatJson(inner, indent, level + 1),
    );
    return wrapLines("{", members, "}", indent, level);
  }
  return scalarText(value);
}

function wrapLines(
  open: string,
  items: readonly string[],
  close: string,
  indent: number,
  level: number,
): string {
  if (indent === 0 || items.length === 0) return open + items.join(",") + close;
  const inner = `\n${" ".repeat(indent * level)}`;
  const outer = `\n${" ".repeat(indent * (level - 1))}`;
  return open + inner + items.join(`,${inner}`) + outer + close;
}

function scalarText(value: unknown): string {
  if (value === null || typeof value === "string" || typeof value === "boolean") {
    return JSON.stringify(value);
  }
  let text = "";
  if (value instanceof Double) {
    // Without a fraction or an exponent, a whole double would be read back as an integer.
    const digits = Object.is(value.value, -0) ? "-0" : String(value.value);
    text = /[.e]/.test(digits) ? digits : `${digits}.0`;
  } else if (typeof value === "number" || value instanceof Int32 || value instanceof Long) {
    text = value.toString();
  } else if (value instanceof Decimal128) text = value.toString();
  if (/^-?\d/.test(text)) return text;
  const isNumber = value instanceof Double || value instanceof Decimal128;
  const other = typeof value === "object" ? value.constructor.name : typeof value;
  const type = isNumber ? `number (${String(value)})` : other;
  throw new Refusal("form", `JSON cannot hold a value of type ${type}`);
}
