import { type Document, Long } from "mongodb";
import {
  type CollectionRole,
  type Field,
  type FieldType,
  byRole,
  collections,
  describeRule,
} from "../contract";
import { Refusal } from "./errors";
import { formatJson } from "./format-json";
import {
  findUnstorable,
  isJsonObject,
  membersOf,
  namesIn,
  objectOf,
  setMember,
  valueIn,
} from "./json";
import { exactNumber } from "./number";
import { type StepForms, nameSteps, usualForms } from "./step-forms";

/** Defaults for fields that a record lacks. */
export type ImpliedFields = Readonly<Record<string, unknown>>;

/**
 * Converts a record's fields to the contract's names and types: names in any case to the contract's names, integers to
 * enumeration names or longs, digits in quotes to longs, timestamps to dates, and metadata values to strings (JSON
 * text). A value that cannot be converted stays as it is, and `check` reports it. Fields that the contract does not
 * have, and the contents of plan and failure policy, stay untouched. In steps, integer enumerations become names, and
 * texts become dates in members that the services write as dates.
 *
 * @param forms how the services write steps
 * @param document gets the fields; its own members, which are undefined, come first. Default: an empty one
 * @returns the document still to be checked, without a generated `_id`
 * @throws Refusal if the record is not an object, has a field twice, or a step has an integer without a name
 */
export function convert(
  role: CollectionRole,
  fields: unknown,
  impliedFields: ImpliedFields,
  forms: StepForms = usualForms,
  document: Document = {},
): Document {
  if (!isJsonObject(fields)) throw new Refusal("form", "it is not an object");
  for (const property of namesIn(fields)) {
    const isName = fieldsOf[role].has(property);
    const name = isName ? property : (namesOf[role].get(property.toLowerCase()) ?? property);
    if (document[name] !== undefined && Object.hasOwn(document, name)) {
      throw new Refusal("form", `it has ${name} twice`);
    }
    const value = valueIn(fields, property);
    setMember(document, name, convertValue(fieldsOf[role].get(name), value, forms));
  }
  for (const name of Object.keys(impliedFields)) {
    if (document[name] != null) continue;
    document[name] = convertValue(fieldsOf[role].get(name), impliedFields[name], forms);
  }
  return document;
}

const fieldsOf = byRole((role) => new Map(Object.entries(collections[role].fields)));

/** Field names by the property's name in lower case; a run's `runId` is its document's `_id`. */
const namesOf = byRole((role) => {
  const names = new Map([...fieldsOf[role].keys()].map((name) => [name.toLowerCase(), name]));
  return role === "runs" ? names.set("runid", "_id") : names;
});

function convertValue(field: Field | undefined, value: unknown, forms: StepForms): unknown {
  if (!field || value === null) return value;
  const { type, names, asWritten } = field;
  if (type === "date")
    return (typeof value === "string" ? parseTimestamp(value) : undefined) ?? value;
  if (type === "long") return toLong(value);
  if (type === "strings") return toTexts(value);
  if (type === "object[]") return dateSteps(nameSteps(value, forms), forms);
  if (!names || (asWritten && typeof value === "string")) return value;
  const lower = typeof value === "string" ? value.toLowerCase() : undefined;
  const name = typeof value === "number" ? names[value] : names.find((known) => known === lower);
  return name ?? value;
}

function dateSteps(steps: unknown, { dates = [] }: StepForms): unknown {
  if (dates.length === 0 || !Array.isArray(steps)) return steps;
  return steps.map((step: unknown) => {
    if (!isJsonObject(step)) return step;
    const members = membersOf(step).map(([name, value]) => {
      const isDate = typeof value === "string" && dates.includes(name);
      return [name, (isDate ? parseTimestamp(value) : undefined) ?? value] as const;
    });
    return objectOf(new Map(members));
  });
}

/**
 * Converts an integer to a long, also in quotes, as the services' own reader does (System.Text.Json,
 * `JsonSerializerDefaults.Web`). Any other value stays.
 */
export function toLong(value: unknown): unknown {
  const isQuoted = typeof value === "string" && /^-?\d+$/.test(value);
  const number = isQuoted ? (exactNumber(value) ?? value) : value;
  return Number.isInteger(number) ? Long.fromNumber(number as number) : number;
}

function toTexts(value: unknown): unknown {
  if (!isJsonObject(value)) return value;
  if (namesIn(value).every((name) => typeof valueIn(value, name) === "string")) return value;
  const toText = (inner: unknown) => (typeof inner === "string" ? inner : formatJson(inner));
  return objectOf(new Map(membersOf(value).map(([key, inner]) => [key, toText(inner)])));
}

const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.(\d{1,7}))?(Z|([+-])(\d\d)(?::?(\d\d))?)?$/i;

/**
 * Parses an ISO 8601 timestamp as .NET writes it, with 0 to 7 fractional digits and any offset; undefined for any
 * other text. Drops digits below a millisecond, because a BSON date cannot hold it. A timestamp without an offset counts
 * as UTC.
 */
export function parseTimestamp(text: string): Date | undefined {
  const parts = iso.exec(text);
  if (!parts) return undefined;
  const { 1: fraction = "", 3: sign, 4: hours = "0", 5: minutes = "0" } = parts;
  const thousandths = fraction.slice(0, 3).padEnd(3, "0");
  const asUtc = Date.parse(`${text.slice(0, 10)}T${text.slice(11, 19)}.${thousandths}Z`);
  // Date.parse takes 30 February for 2 March.
  const day = Number(text.slice(8, 10));
  if (Number.isNaN(asUtc) || (day > 28 && new Date(asUtc).getUTCDate() !== day)) return undefined;
  const offset = Number(hours) * 60 + Number(minutes);
  const offsetMs = (sign === "-" ? -offset : offset) * 60_000;
  return new Date(asUtc - offsetMs);
}

/** The maximum number of characters of a path in a message. */
const maxPathLength = 80;

/**
 * Checks a converted record against the contract: required fields are present, every field has its type, closed
 * enumerations have a known name, and BSON can store every value.
 *
 * @throws Refusal that lists all problems; it names types, not values
 */
export function check(role: CollectionRole, document: Document): void {
  const problems: string[] = [];
  // An array for each pair of name and value would be a fifth of an import's allocations.
  for (const { name, field } of checkedIn[role]) {
    const value: unknown = document[name];
    if (value === undefined || value === null) {
      // On disk a run's `_id` is its `runId`.
      if (!field.optional) problems.push(`${name === "_id" ? "runId" : name} is missing`);
    } else {
      const isKnown = !field.closed || field.names?.some((known) => known === value);
      if (isKnown && hasType[field.type](value)) continue;
      problems.push(`${name} ${describeRule(field)}, found ${describeType(value)}`);
    }
  }
  for (const name of reservedOf[role]) {
    if (document[name] !== undefined) problems.push(`${name} is a reserved name`);
  }
  if (problems.length > 0) throw new Refusal("contract", problems.join("; "));
  for (const name of Object.keys(document)) {
    const found = findUnstorable(document[name]);
    if (!found) continue;
    const path = name + found.path;
    const shown = path.length > maxPathLength ? `${path.slice(0, maxPathLength)}...` : path;
    throw new Refusal("form", `${shown} ${found.problem}`);
  }
}

/** The fields that a file has: object ids are generated. */
const checkedIn = byRole((role) =>
  Object.entries(collections[role].fields)
    .map(([name, field]) => ({ name, field }))
    .filter(({ field: { type, assumed } }) => type !== "objectId" && !assumed),
);

/** An `_id` is generated, except for runs. The driver takes an object with `_bsontype` for a BSON type. */
const reservedOf = byRole((role) => (role === "runs" ? ["_bsontype"] : ["_id", "_bsontype"]));

const isString = (value: unknown) => typeof value === "string";

const hasType: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: isString,
  long: (value) => value instanceof Long,
  date: (value) => value instanceof Date,
  object: isJsonObject,
  "object[]": (value) => Array.isArray(value) && value.every(isJsonObject),
  strings: (value) =>
    isJsonObject(value) && namesIn(value).every((name) => isString(valueIn(value, name))),
  // Never called: only assumed fields are lists of strings, and an object id is generated.
  "string[]": () => true,
  objectId: () => true,
};

function describeType(value: unknown): string {
  if (typeof value === "string") return "another string";
  if (Array.isArray(value)) return "a list";
  if (isJsonObject(value)) return "an object";
  return typeof value === "boolean" ? "a boolean" : "a number";
}
