import { Decimal128, Double, Long } from "mongodb";

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
  return /[.eE]/.test(text) ? exactDecimal(text) : exactInteger(text);
}

function exactInteger(text: string): number | Long | Decimal128 | undefined {
  if (text.length > 20) return decimal128(text);
  const value = BigInt(text);
  if (BigInt.asIntN(32, value) === value) return Number(text);
  if (BigInt.asIntN(64, value) === value) return Long.fromBigInt(value);
  return decimal128(text);
}

function exactDecimal(text: string): number | Double | Decimal128 | undefined {
  const value = Number(text);
  if (!survivesDouble(text, value)) return decimal128(text);
  // The driver would write a whole double as an integer.
  return Number.isInteger(value) ? new Double(value) : value;
}

function survivesDouble(text: string, value: number): boolean {
  const digits = significantDigits(text);
  const normal = Number.isFinite(value) && Math.abs(value) >= smallestNormal;
  return digits === 0 || (normal && digits <= digitsOfDouble) || String(value) === text;
}

function significantDigits(text: string): number {
  const [mantissa = ""] = text.split(/[eE]/);
  return mantissa.replace(/[-.]/g, "").replace(/^0+|0+$/g, "").length;
}

function decimal128(text: string): Decimal128 | undefined {
  try {
    return Decimal128.fromString(text);
  } catch {
    return undefined;
  }
}
