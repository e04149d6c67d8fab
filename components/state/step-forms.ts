import { type StepEnumeration, type StepTable, stepEnumerations, stepTables } from "../contract";
import { Refusal } from "./errors";
import { type JsonObject, isJsonObject, membersOf, namesIn, objectOf, valueIn } from "./json";

/** The forms in which the services write `steps`, by the newest runs of a state directory and the services' documents. */
export interface StepForms {
  readonly table: StepTable;
  /** The members that most steps have as integers. */
  readonly integers: readonly StepEnumeration[];
  /** The number of steps with an integer that confirm the table, and that contradict it. */
  readonly confirmed: number;
  readonly contradicted: number;
  /** A step that contradicts the table; absent if there is none. */
  readonly example?: string;
  /** The members that services write to MongoDB as dates. Default: dates stay text, as files have them. */
  readonly dates?: readonly string[];
}

/** The forms of a directory without runs. */
export const usualForms: StepForms = { table: "Run", integers: [], confirmed: 0, contradicted: 0 };

/** Whether more steps contradict the table than confirm it. */
export function isContradicted({ confirmed, contradicted }: StepForms): boolean {
  return contradicted > confirmed;
}

/** The enumeration of a step's member, whatever the case of its name. */
export function enumerationOf(property: string): StepEnumeration | undefined {
  const lower = property.toLowerCase();
  return stepEnumerations.find((name) => name === lower);
}

/**
 * Replaces integers in a run's steps by their names. Anything else stays, such as a name in any case.
 *
 * @throws Refusal if an integer has no name
 */
export function nameSteps(steps: unknown, { table }: StepForms): unknown {
  if (!Array.isArray(steps) || !steps.some(hasInteger)) return steps;
  return steps.map((step: unknown, at) => {
    if (!hasInteger(step)) return step;
    const named = membersOf(step).map(([property, value]) => {
      const member = enumerationOf(property);
      if (!member || typeof value !== "number") return [property, value] as const;
      const name = stepTables[table][member][value];
      if (name !== undefined) return [property, name] as const;
      throw new Refusal("contract", `steps[${at}].${property} is an integer without a known name`);
    });
    return objectOf(new Map(named));
  });
}

/** Converts an enumeration to the directory's form, an integer or a name. A value that the table does not have stays. */
export function formEnumeration(
  member: StepEnumeration,
  value: unknown,
  { table, integers }: StepForms,
): unknown {
  if (value == null) return value;
  const names = stepTables[table][member];
  const isName = typeof value === "string";
  // MongoDB's numbers are objects.
  const at = isName
    ? names.findIndex((name) => name.toLowerCase() === value.toLowerCase())
    : Number(value);
  if (names[at] === undefined) return value;
  if (integers.includes(member)) return at;
  return isName ? value : names[at];
}

function hasInteger(step: unknown): step is JsonObject {
  if (!isJsonObject(step)) return false;
  const isOne = (name: string) =>
    typeof valueIn(step, name) === "number" && enumerationOf(name) !== undefined;
  return namesIn(step).some(isOne);
}
