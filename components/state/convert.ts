import { Long } from "mongodb";
import { type CollectionRole, type Field, byRole, collections } from "../contract";
import { Refusal } from "./errors";
import { isJsonObject, membersOf, objectOf, formatJson } from "./json";

/** One record as it is in its file. */
export interface Entry {
  readonly fields: unknown;
  /** Defaults for fields that the record lacks. */
  readonly impliedFields: Readonly<Record<string, unknown>>;
  /** Its position in the file's list, from 1. */
  readonly entry?: number;
}

/** Conversions that a report counts: a record that needed one is normalized. */
export type Conversion = "metadataText" | "enumeration" | "offset";

/**
 * Converts a record's fields to the contract's names and types: names in any case to the contract's names, integers to
 * enumeration names or longs, timestamps to dates, and metadata values to strings (JSON text). A value that cannot be
 * converted stays as it is, and `check` reports it. Fields that the contract does not have, and the contents of plan,
 * failure policy and steps, stay untouched.
 *
 * @returns the fields still to be checked, without a generated `_id`
 * @throws Refusal if the record is not an object, or has a field twice
 */
export function convert(role: CollectionRole, { fields, impliedFields }: Entry) {
  if (!isJsonObject(fields)) throw new Refusal("form", "it is not an object");
  const conversions = new Set<Conversion>();
  const converted = new Map<string, unknown>();
  for (const [property, value] of membersOf(fields)) {
    const isName = fieldsOf[role].has(property);
    const name = isName ? property : (namesOf[role].get(property.toLowerCase()) ?? property);
    if (converted.has(name)) throw new Refusal("form", `it has ${name} twice`);
    converted.set(name, convertValue(fieldsOf[role].get(name), value, conversions));
  }
  for (const [name, value] of Object.entries(impliedFields)) {
    if (converted.get(name) != null) continue;
    converted.set(name, convertValue(fieldsOf[role].get(name), value, conversions));
  }
  return { fields: converted, conversions };
}

const fieldsOf = byRole((role) => new Map(Object.entries(collections[role].fields)));

/** Field names by the property's name in lower case; a run's `runId` is its document's `_id`. */
const namesOf = byRole((role) => {
  const names = new Map([...fieldsOf[role].keys()].map((name) => [name.toLowerCase(), name]));
  return role === "runs" ? names.set("runid", "_id") : names;
});

function convertValue(
  field: Field | undefined,
  value: unknown,
  conversions: Set<Conversion>,
): unknown {
  if (!field || value === null) return value;
  const { type, names } = field;
  if (type === "date") {
    const moment = typeof value === "string" ? parseTimestamp(value) : undefined;
    if (moment?.offsetMissing) conversions.add("offset");
    return moment?.date ?? value;
  }
  if (type === "long") return Number.isInteger(value) ? Long.fromNumber(value as number) : value;
  if (type === "strings") return toTexts(value, conversions);
  if (!names) return value;
  const lower = typeof value === "string" ? value.toLowerCase() : undefined;
  const name = typeof value === "number" ? names[value] : names.find((known) => known === lower);
  if (name === undefined || name === value) return value;
  conversions.add("enumeration");
  return name;
}

function toTexts(value: unknown, conversions: Set<Conversion>): unknown {
  if (!isJsonObject(value)) return value;
  const members = membersOf(value);
  if (members.every(([, inner]) => typeof inner === "string")) return value;
  conversions.add("metadataText");
  const toText = (inner: unknown) => (typeof inner === "string" ? inner : formatJson(inner));
  return objectOf(new Map(members.map(([key, inner]) => [key, toText(inner)])));
}

const iso =
  /^(?<date>\d{4}-\d\d-(?<day>\d\d))T(?<time>\d\d:\d\d:\d\d)(?:\.(?<fraction>\d{1,7}))?(?<zone>Z|(?<sign>[+-])(?<hours>\d\d)(?::?(?<minutes>\d\d))?)?$/i;

/**
 * Parses an ISO 8601 timestamp as .NET writes it, with 0 to 7 fractional digits and any offset; undefined for any
 * other text. Drops what is finer than a millisecond, because a BSON date cannot hold it. A timestamp without an
 * offset (`offsetMissing`) counts as UTC.
 */
export function parseTimestamp(text: string) {
  const parts = iso.exec(text)?.groups;
  if (!parts) return undefined;
  const fraction = (parts.fraction ?? "").slice(0, 3).padEnd(3, "0");
  const asUtc = Date.parse(`${parts.date ?? ""}T${parts.time ?? ""}.${fraction}Z`);
  // Date.parse takes 30 February for 2 March.
  if (Number.isNaN(asUtc) || new Date(asUtc).getUTCDate() !== Number(parts.day)) return undefined;
  const minutes = Number(parts.hours ?? 0) * 60 + Number(parts.minutes ?? 0);
  const offsetMs = (parts.sign === "-" ? -minutes : minutes) * 60_000;
  return { date: new Date(asUtc - offsetMs), offsetMissing: parts.zone === undefined };
}
