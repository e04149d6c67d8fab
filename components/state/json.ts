import { visit } from "jsonc-parser";
import { Decimal128, Double, Int32, Long } from "mongodb";
import { Refusal } from "./errors";

/**
 * A parsed JSON object: a plain object, or a map if a plain object would change the order of keys, because it puts
 * integer-like keys first.
 */
export type JsonObject = Readonly<Record<string, unknown>> | ReadonlyMap<string, unknown>;

/** Whether a parsed or stored value is a JSON object: neither an array nor a BSON type. */
export function isJsonObject(value: unknown): value is JsonObject {
  if (value instanceof Map) return true;
  return (
    typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype
  );
}

/** The members of an object in their order. */
export function membersOf(object: JsonObject): (readonly [string, unknown])[] {
  return object instanceof Map
    ? [...(object as ReadonlyMap<string, unknown>)]
    : Object.entries(object);
}

/** The names of an object's members in their order; with `valueIn` it makes no list for each member. */
export function namesIn(object: JsonObject): readonly string[] {
  return object instanceof Map
    ? [...(object as ReadonlyMap<string, unknown>).keys()]
    : Object.keys(object);
}

/** The value of a member that the object has. */
export function valueIn(object: JsonObject, name: string): unknown {
  return object instanceof Map
    ? (object as ReadonlyMap<string, unknown>).get(name)
    : (object as Readonly<Record<string, unknown>>)[name];
}

/** The value of a member, whose name may be in any case. */
export function memberOf(object: JsonObject, name: string): unknown {
  const wanted = name.toLowerCase();
  return membersOf(object).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

/** Sets a member of a plain object; one named `__proto__` would be its prototype. */
export function setMember(object: Record<string, unknown>, name: string, value: unknown): void {
  if (name !== "__proto__") object[name] = value;
  else Object.defineProperty(object, name, { value, enumerable: true, writable: true });
}

/** A plain object of these members if it keeps their order, else the map. */
export function objectOf(members: ReadonlyMap<string, unknown>): JsonObject {
  const object: Record<string, unknown> = Object.fromEntries(members);
  const order = [...members.keys()];
  return Object.keys(object).every((key, at) => key === order[at]) ? object : members;
}

// Finds what `JSON.parse` may lose: integer-like keys, and numbers with ten digits or more, a fraction or an exponent.
// It also matches inside strings, which only costs time.
const lossy = /[:[,]\s*-?(?:\d{10,}|\d+[.eE][\d.eE+-]*)\s*[,\]}]|"(?:\d|\\u003\d)+"\s*:/;

/**
 * Parses a JSON text without loss: numbers become BSON numbers that hold them exactly, and keys keep their order. If
 * two members have one name, the last counts, as in the services' own reader.
 *
 * @throws SyntaxError if the text is not JSON
 * @throws Refusal (`number`) if no BSON type holds a number exactly
 */
export function parseJson(text: string): unknown {
  if (!lossy.test(text)) return JSON.parse(text);
  // Refuses what is not JSON. What it returns must not be in memory beside the exact value.
  JSON.parse(text);
  return parseExactly(text);
}

/** An object or a list whose end is not parsed yet; `name` is its own name in the object that contains it. */
interface Open {
  readonly name: string;
  content: Record<string, unknown> | Map<string, unknown> | unknown[];
}

/** A plain object puts a member with such a name before the others. */
const integerLike = /^\d+$/;

function parseExactly(text: string): unknown {
  const root: unknown[] = [];
  const open: Open[] = [];
  let name = "";
  const add = (value: unknown) => {
    const content = open.at(-1)?.content ?? root;
    if (Array.isArray(content)) content.push(value);
    else if (content instanceof Map) content.set(name, value);
    else setMember(content, name, value);
  };
  const close = () => {
    const ended = open.pop();
    if (!ended) return;
    name = ended.name;
    add(ended.content instanceof Map ? objectOf(ended.content) : ended.content);
  };
  visit(text, {
    onObjectBegin: () => void open.push({ name, content: {} }),
    onObjectProperty: (property) => {
      name = property;
      const object = open.at(-1);
      // A map for each object would be twice the memory of all of them.
      if (object && integerLike.test(name) && !(object.content instanceof Map)) {
        object.content = new Map(Object.entries(object.content));
      }
    },
    onArrayBegin: () => void open.push({ name, content: [] }),
    onLiteralValue: (value: unknown, offset, length) => {
      const exact =
        typeof value === "number" ? exactNumber(text.slice(offset, offset + length)) : value;
      if (exact !== undefined) add(exact);
      else throw new Refusal("number", "it has a number that no BSON type holds without loss");
    },
    onObjectEnd: close,
    onArrayEnd: close,
  });
  return root[0];
}

/** The smallest double that still has all of its 53 bits. */
const smallestNormal = 2.2250738585072014e-308;

/** A double preserves every decimal with at most this number of significant digits (IEEE 754, DBL_DIG). */
const digitsOfDouble = 15;

/**
 * The BSON number that holds a JSON number without loss: a 32-bit or 64-bit integer, a double, or
 * a decimal of up to 34 digits. Undefined if none does.
 *
 * @param text the number as JSON writes it
 */
export function exactNumber(text: string): number | Long | Double | Decimal128 | undefined {
  if (!/[.eE]/.test(text)) {
    if (text.length > 20) return decimal128(text);
    const value = BigInt(text);
    if (BigInt.asIntN(32, value) === value) return Number(text);
    return BigInt.asIntN(64, value) === value ? Long.fromBigInt(value) : decimal128(text);
  }
  const value = Number(text);
  const [mantissa = ""] = text.split(/[eE]/);
  const digits = mantissa.replace(/[-.]/g, "").replace(/^0+|0+$/g, "").length;
  const isNormal = Number.isFinite(value) && Math.abs(value) >= smallestNormal;
  const isShort = digits === 0 || (isNormal && digits <= digitsOfDouble);
  if (!isShort && String(value) !== text) return decimal128(text);
  // The driver would write a whole double as an integer.
  return Number.isInteger(value) ? new Double(value) : value;
}

function decimal128(text: string): Decimal128 | undefined {
  try {
    return Decimal128.fromString(text);
  } catch {
    return undefined;
  }
}

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
