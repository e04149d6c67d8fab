import { type StepEnumeration, type StepTable, stepEnumerations, stepTables } from "../contract";
import { Refusal } from "./errors";
import {
  type JsonObject,
  isJsonObject,
  memberOf,
  membersOf,
  namesIn,
  objectOf,
  valueIn,
} from "./json";

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

/** The contradiction between a step and the names that a table gives to its integers; undefined if there is none. */
export function findContradiction(step: JsonObject, table: StepTable): string | undefined {
  const { status: statuses, kind: kinds } = stepTables[table];
  const status = memberOf(step, "status");
  if (typeof status === "number" && !statuses[status]) return `status ${status} has no known name`;
  const kind = memberOf(step, "kind");
  if (typeof kind !== "number") return undefined;
  const name = kinds[kind];
  if (name === undefined || name === "Unknown") return `kind ${kind} has no known name`;
  const hasApproval = (memberOf(step, "approvalId") ?? "") !== "";
  if ((name === "GateApproval") === hasApproval) return undefined;
  return `kind ${kind} would be ${name}, and it has ${hasApproval ? "an" : "no"} approvalId`;
}

/**
 * Replaces integers in a run's steps by their names. Anything else stays, such as a name in any case.
 *
 * @throws Refusal if an integer has no name, or the step contradicts a name that no sample confirms
 */
export function nameSteps(steps: unknown, forms: StepForms): unknown {
  if (!Array.isArray(steps) || !steps.some(hasInteger)) return steps;
  const { table } = forms;
  // A contradicted table is used only if it was accepted.
  const isAssumed = forms.confirmed === 0 && !isContradicted(forms);
  return steps.map((step: unknown, at) => {
    if (!hasInteger(step)) return step;
    const contradiction = isAssumed ? findContradiction(step, table) : undefined;
    if (contradiction !== undefined) {
      const detail = `steps[${at}]: ${contradiction}; no run confirms the table of these integers`;
      throw new Refusal("contract", detail);
    }
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
