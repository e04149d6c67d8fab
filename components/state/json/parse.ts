import { visit } from "jsonc-parser";
import { Decimal128, Double, Long } from "mongodb";
import { Refusal } from "../errors";
import { objectOf } from "./object";

// What `JSON.parse` may lose: a number in a value's place with ten digits or more, a fraction or
// an exponent, and a key that looks like an integer. It may find more than there is (inside a
// text), never less.
const lossy = /[:[,]\s*-?(?:\d{10,}|\d+[.eE][\d.eE+-]*)\s*[,\]}]|"(?:\d|\\u003\d)+"\s*:/;

/**
 * A JSON text's value with nothing lost: numbers as BSON numbers that hold them exactly, keys in
 * their order. Of two members with one name the last counts, as for the services' own reader.
 *
 * @throws SyntaxError where the text is no JSON
 * @throws Refusal (`number`) where no BSON number holds a number exactly
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  return lossy.test(text) ? parseExactly(text) : value;
}

/** An object or a list that has begun; `name` is its own name in the object around it. */
interface Open {
  readonly name: string;
  readonly members?: Map<string, unknown>;
  readonly items: unknown[];
}

function parseExactly(text: string): unknown {
  const root: Open = { name: "", items: [] };
  const open: Open[] = [root];
  let name = "";
  const add = (value: unknown) => {
    const around = open.at(-1) ?? root;
    if (around.members) around.members.set(name, value);
    else around.items.push(value);
  };
  const close = () => {
    const ended = open.pop() ?? root;
    name = ended.name;
    add(ended.members ? objectOf(ended.members) : ended.items);
  };
  visit(text, {
    onObjectBegin: () => void open.push({ name, members: new Map(), items: [] }),
    onObjectProperty: (property) => (name = property),
    onArrayBegin: () => void open.push({ name, items: [] }),
    onLiteralValue: (value: unknown, offset, length) => {
      const exact =
        typeof value === "number" ? exactNumber(text.slice(offset, offset + length)) : value;
      if (exact !== undefined) add(exact);
      else throw new Refusal("number", "a number that no BSON number holds without loss");
    },
    onObjectEnd: close,
    onArrayEnd: close,
  });
  return root.items[0];
}

/** The smallest double that still has all of its 53 bits. */
const smallestNormal = 2.2250738585072014e-308;

/** Every decimal of so many significant digits survives a double (IEEE 754, DBL_DIG). */
const digitsOfDouble = 15;

/**
 * The BSON number that holds a JSON number without loss: a 32-bit or 64-bit integer, a double, or
 * a decimal of up to 34 digits. Undefined where none does.
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
