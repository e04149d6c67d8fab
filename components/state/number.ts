import { Decimal128, Double, Long } from "mongodb";

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
