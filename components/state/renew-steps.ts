import { Double } from "mongodb";
import { stepEnumerations } from "../contract";
import { areEqual } from "./compare";
import { parseTimestamp } from "./convert";
import { type JsonObject, isJsonObject, memberOf, membersOf, objectOf } from "./json";
import { type StepForms, enumerationOf, formEnumeration, usualForms } from "./step-forms";

/**
 * Updates the steps of a run on disk to those of its document. A member whose value is equal stays as it is written. An
 * enumeration is an integer or a name as in the file's other steps, or else as in the directory's other files. A whole
 * double, as MongoDB's tools write an integer, becomes an integer, because .NET does not read `2.0` as one.
 *
 * @param before the steps as the file has them; an empty list without a file
 * @param stored the document's steps
 */
export function renewSteps(
  before: unknown,
  stored: unknown,
  forms: StepForms = usualForms,
): unknown {
  if (!Array.isArray(stored)) return stored;
  const former = (Array.isArray(before) ? before : []).filter(isJsonObject);
  const byId = new Map(former.map((step) => [memberOf(step, "stepId"), step]));
  const integers = stepEnumerations.filter((member) => {
    const known = former.map((step) => memberOf(step, member)).find((value) => value != null);
    return known === undefined ? forms.integers.includes(member) : typeof known === "number";
  });
  return stored.map(toIntegers).map((step) => {
    if (!isJsonObject(step)) return step;
    return renewStep(byId.get(memberOf(step, "stepId")), step, { ...forms, integers });
  });
}

function renewStep(before: JsonObject | undefined, stored: JsonObject, forms: StepForms) {
  const after = new Map(membersOf(stored));
  const renewed = new Map<string, unknown>();
  const form = (name: string, value: unknown, integers = forms.integers) => {
    const member = enumerationOf(name);
    return member ? formEnumeration(member, value, { ...forms, integers }) : value;
  };
  const isSame = (name: string, disk: unknown, stored: unknown) =>
    isSameInStep(form(name, disk, stepEnumerations), form(name, stored, stepEnumerations));
  for (const [property, value] of before ? membersOf(before) : []) {
    const name = [...after.keys()].find((one) => one.toLowerCase() === property.toLowerCase());
    const next = name === undefined ? null : after.get(name);
    // The .NET driver writes null for an absent member, and a file may too.
    if (isSame(property, value, next)) renewed.set(property, value);
    else if (name !== undefined) renewed.set(property, form(name, next));
    after.delete(name ?? property);
  }
  for (const [name, value] of after) {
    if (!before || value !== null) renewed.set(name, form(name, value));
  }
  return objectOf(renewed);
}

function toIntegers(value: unknown): unknown {
  if (value instanceof Double) return Number.isSafeInteger(value.value) ? value.value : value;
  if (Array.isArray(value)) return value.map(toIntegers);
  if (!isJsonObject(value)) return value;
  return objectOf(new Map(membersOf(value).map(([name, inner]) => [name, toIntegers(inner)])));
}

/** Whether a member of a step on disk has the value of its document, which may be a date. */
function isSameInStep(disk: unknown, stored: unknown): boolean {
  const moment =
    stored instanceof Date && typeof disk === "string" ? parseTimestamp(disk) : undefined;
  return areEqual(moment ?? disk, stored);
}
