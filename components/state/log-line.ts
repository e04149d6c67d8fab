import { type Document, Long } from "mongodb";
import { collections } from "../contract";
import { instantOf } from "./convert";
import { type Key, generateId, logKey } from "./keys";

/** Longer lines need an exact check of their BSON size. */
const longestLine = 1024 * 1024;

const levels: ReadonlySet<unknown> = new Set(collections.logs.fields.level?.names);

/**
 * The document of a log line that is as the contract has it: its fields under their own names and
 * with their types, nothing to convert but the timestamp and the sequence. Almost every line is,
 * so this is the short way; undefined for all others, which go through convert and check with the
 * same result.
 *
 * @param runId the run's id by the file's name
 */
export function plainLogLine(
  text: string,
  runId: string,
): { readonly key: Key; readonly document: Document } | undefined {
  // Only an escape can bring half a surrogate pair or a null character.
  if (text.length > longestLine || text.includes("\\u")) return undefined;
  const fields = parseObject(text);
  if (!fields || !isSequence(fields.sequence, text)) return undefined;
  const ownId = fields.runId ?? runId;
  if (typeof ownId !== "string" || fields.runId === null) return undefined;
  const key = logKey(ownId, String(fields.sequence));
  const sequence = Long.fromNumber(fields.sequence);
  const document = documentOf(fields, ownId, sequence);
  if (!document) return undefined;
  document._id = generateId("logs", key, document.timestamp as Date);
  return { key, document };
}

function parseObject(text: string): Record<string, unknown> | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** Whether a value is an integer and written as one: `1.0` is not, and is found nowhere. */
function isSequence(value: unknown, text: string): value is number {
  if (!Number.isSafeInteger(value)) return false;
  const from = text.indexOf(sequenceName);
  if (from < 0 || text.includes(sequenceName, from + 1)) return false;
  const written = String(value);
  const end = from + sequenceName.length;
  const after = text[end + written.length];
  return text.startsWith(written, end) && (after === "," || after === "}");
}

const sequenceName = '"sequence":';

/** The document, with a place for its `_id`; undefined if a field is missing or not as the contract has it. */
function documentOf(
  fields: Record<string, unknown>,
  runId: string,
  sequence: Long,
): Document | undefined {
  const document: Document = { _id: undefined, runId, sequence };
  let required = 0;
  for (const name in fields) {
    const value = fields[name];
    switch (name) {
      case "sequence":
      case "runId":
        continue;
      case "timestamp": {
        const instant = typeof value === "string" ? instantOf(value) : undefined;
        if (!instant) return undefined;
        document.timestamp = instant;
        required += 1;
        continue;
      }
      case "level":
        if (!levels.has(value)) return undefined;
        required += 1;
        break;
      case "eventType":
      case "message":
        if (typeof value !== "string") return undefined;
        required += 1;
        break;
      case "stepId":
        if (typeof value !== "string" && value !== null) return undefined;
        break;
      case "metadata":
        if (!isPlainMetadata(value)) return undefined;
        break;
      default:
        return undefined;
    }
    document[name] = value;
  }
  return required === requiredFields ? document : undefined;
}

/** Timestamp, level, event type and message. */
const requiredFields = 4;

function isPlainMetadata(value: unknown): boolean {
  if (value === null) return true;
  if (typeof value !== "object" || Array.isArray(value)) return false;
  const members = value as Record<string, unknown>;
  for (const name in members) {
    if (typeof members[name] !== "string" || name === "_bsontype") return false;
    // A key that looks like an integer loses its place in a plain object.
    const code = name.charCodeAt(0);
    if (code >= 0x30 && code <= 0x39) return false;
  }
  return true;
}
