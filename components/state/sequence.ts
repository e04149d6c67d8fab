import { Long } from "mongodb";
import { toLong } from "./convert";
import { type JsonObject, memberOf, objectIn } from "./json";
import type { RawText } from "./read";

/** The sequence that a line of a log has; undefined if it has none, or another value than an integer. */
export function sequenceIn(line: JsonObject | undefined): Long | undefined {
  const sequence = line && toLong(memberOf(line, "sequence"));
  return sequence instanceof Long ? sequence : undefined;
}

/**
 * Finds the sequence of a log's line, as `sequenceIn` does. If the text itself shows it, the line is not parsed:
 * parsing is most of the work on a log that has nothing new.
 */
export function sequenceOfLine(text: RawText): Long | undefined {
  return shownSequence(text.bytes) ?? sequenceIn(objectIn(text));
}

const sequenceName = Buffer.from('"sequence":');
const comma = 0x2c;
const open = 0x7b;
const close = 0x7d;

/**
 * The number after the only `"sequence":`, if that is outside of any inner object; undefined if the line must be
 * parsed.
 */
function shownSequence(bytes: Buffer = Buffer.alloc(0)): Long | undefined {
  const at = bytes.indexOf(sequenceName);
  const isFirst = bytes[0] === open && bytes.at(-1) === close && bytes.lastIndexOf(open, at) === 0;
  const before = bytes[at - 1];
  if (at < 1 || !isFirst || (before !== comma && before !== open)) return undefined;
  if (bytes.indexOf(sequenceName, at + 1) !== -1) return undefined;
  const start = at + sequenceName.length;
  // Up to fifteen digits are exact as a number.
  const [digits = ""] = /^\d{1,15}(?=[,}])/.exec(bytes.toString("latin1", start, start + 16)) ?? [];
  return digits === "" ? undefined : Long.fromNumber(Number(digits));
}
