import { Long } from "mongodb";
import { collections, type CollectionRole, type Field } from "../../contract";
import { byRole } from "../by-role";
import { Refusal } from "../errors";
import { jsonText } from "../values/json-text";
import { isJsonObject, membersOf, objectOf } from "../values/object";
import { momentOf } from "../values/timestamp";
import type { Entry } from "./unpack";

/** Conversions beyond a record's form; a record that needed one counts as normalized. */
export type Conversion = "metadataText" | "enumeration" | "lineNumber" | "offset";

/** A record's fields as BSON values, still to be checked, without a generated `_id`. */
export interface Converted {
  readonly fields: ReadonlyMap<string, unknown>;
  readonly conversions: ReadonlySet<Conversion>;
}

/**
 * A record's fields by the contract: names in any case, timestamps to dates, integers to longs,
 * enumerations by name in any case or by integer, other metadata values than texts to their JSON
 * text. A value that cannot be converted stays as it is, for the check to name. Fields that the
 * contract does not have, and what is inside plan, failure policy and steps, stay untouched.
 *
 * @throws Refusal where the record is no object or has one field twice
 */
export function convert(role: CollectionRole, { fields, given }: Entry): Converted {
  if (!isJsonObject(fields)) throw new Refusal("form", "not an object");
  const conversions = new Set<Conversion>();
  const converted = new Map<string, unknown>();
  for (const [property, value] of membersOf(fields)) {
    const name = fieldName(role, property);
    if (converted.has(name)) throw new Refusal("form", `${name} is there twice`);
    converted.set(name, convertValue(fieldsOf[role].get(name), value, conversions));
  }
  for (const [name, value] of Object.entries(given)) {
    if (converted.get(name) != null) continue;
    converted.set(name, convertValue(fieldsOf[role].get(name), value, conversions));
    if (name === "sequence") conversions.add("lineNumber");
  }
  return { fields: converted, conversions };
}

const fieldsOf = byRole((role) => new Map(Object.entries(collections[role].fields)));

/** Field names by the property's name in lower case; a run's `runId` is its document's `_id`. */
const namesOf = byRole((role) => {
  const names = new Map([...fieldsOf[role].keys()].map((name) => [name.toLowerCase(), name]));
  return role === "runs" ? names.set("runid", "_id") : names;
});

function fieldName(role: CollectionRole, property: string): string {
  if (fieldsOf[role].has(property)) return property;
  return namesOf[role].get(property.toLowerCase()) ?? property;
}

function convertValue(
  field: Field | undefined,
  value: unknown,
  conversions: Set<Conversion>,
): unknown {
  if (!field || value === null) return value;
  if (field.type === "date") return dateOf(value, conversions);
  if (field.type === "long") return longOf(value);
  if (field.type === "strings") return textsOf(value, conversions);
  return field.names ? nameOf(field.names, value, conversions) : value;
}

function dateOf(value: unknown, conversions: Set<Conversion>): unknown {
  const moment = typeof value === "string" ? momentOf(value) : undefined;
  if (moment?.offsetMissing) conversions.add("offset");
  return moment?.date ?? value;
}

function longOf(value: unknown): unknown {
  return Number.isInteger(value) ? Long.fromNumber(value as number) : value;
}

function nameOf(names: readonly string[], value: unknown, conversions: Set<Conversion>): unknown {
  const lower = typeof value === "string" ? value.toLowerCase() : undefined;
  const name = typeof value === "number" ? names[value] : names.find((known) => known === lower);
  if (name === undefined || name === value) return value;
  conversions.add("enumeration");
  return name;
}

function textsOf(value: unknown, conversions: Set<Conversion>): unknown {
  if (!isJsonObject(value)) return value;
  const members = membersOf(value);
  if (members.every(([, inner]) => typeof inner === "string")) return value;
  conversions.add("metadataText");
  return objectOf(
    new Map(
      members.map(([key, inner]) => [key, typeof inner === "string" ? inner : jsonText(inner)]),
    ),
  );
}
