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
import { stepsOf } from "./unfinished";

/** How the services write `steps`, as the newest runs of a state directory and the documents of services show it. */
export interface StepForms {
  readonly table: StepTable;
  /** The members that most steps have as integers. */
  readonly integers: readonly StepEnumeration[];
  /** The number of steps with an integer that confirm the table, and that contradict it. */
  readonly confirmed: number;
  readonly contradicted: number;
  /** A step that contradicts the table; absent without one. */
  readonly example?: string;
  /** The members that services write to MongoDB as dates. Default: dates stay text, as files have them. */
  readonly dates?: readonly string[];
}

/** The forms of a directory without runs. */
export const usualForms: StepForms = { table: "Run", integers: [], confirmed: 0, contradicted: 0 };

/** Whether the table is wrong for most of what speaks for or against it. */
export function isContradicted({ confirmed, contradicted }: StepForms): boolean {
  return contradicted > confirmed;
}

/** The enumeration that a step's member is, whatever the case of its name. */
export function enumerationOf(property: string): StepEnumeration | undefined {
  const lower = property.toLowerCase();
  return stepEnumerations.find((name) => name === lower);
}

/**
 * Replaces integers in a run's steps by their names. Anything else stays, a name in any case too.
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

/** An enumeration as a directory has it: an integer or a name. What the table does not have stays. */
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

interface Votes {
  confirmed: number;
  contradicted: number;
  example?: string;
}

/** What runs show of the forms of their steps. */
export class StepEvidence {
  private readonly votes: Readonly<Record<StepTable, Votes>> = {
    Run: { confirmed: 0, contradicted: 0 },
    Unknown: { confirmed: 0, contradicted: 0 },
  };
  /** By how many the integers are more than the names. */
  private readonly integers: Record<StepEnumeration, number> = { status: 0, kind: 0 };
  private isEmpty = true;

  /** @param run as it is in its file */
  add(run: JsonObject): void {
    const planned = new Map<string, string | undefined>();
    findKinds(memberOf(run, "plan"), planned);
    for (const step of stepsOf(run).filter(isJsonObject)) {
      for (const member of stepEnumerations) {
        const value = memberOf(step, member);
        if (value == null) continue;
        this.isEmpty = false;
        this.integers[member] += typeof value === "number" ? 1 : -1;
      }
      for (const [table, votes] of Object.entries(this.votes) as [StepTable, Votes][]) {
        const found = judge(step, table, planned);
        if (found === "confirmed") votes.confirmed += 1;
        if (found === undefined || found === "confirmed") continue;
        votes.contradicted += 1;
        votes.example ??= `step ${String(memberOf(step, "stepId"))} of run ${String(memberOf(run, "runId"))}: ${found}`;
      }
    }
  }

  /**
   * The table with the most for it and the least against it; without any difference that from `Run` = 0. Undefined if no
   * run has any enumeration: then a later one decides.
   */
  decide(): StepForms | undefined {
    if (this.isEmpty) return undefined;
    const { Run, Unknown } = this.votes;
    const balance = ({ confirmed, contradicted }: Votes) => confirmed - contradicted;
    const table = balance(Unknown) > balance(Run) ? "Unknown" : "Run";
    const integers = stepEnumerations.filter((member) => this.integers[member] > 0);
    return { table, integers, ...this.votes[table] };
  }
}

/** What a step says of a table: `confirmed`, what contradicts it, or nothing. */
function judge(
  step: JsonObject,
  table: StepTable,
  planned: ReadonlyMap<string, string | undefined>,
): string | undefined {
  const { status: statuses, kind: kinds } = stepTables[table];
  const status = memberOf(step, "status");
  if (typeof status === "number" && !statuses[status]) return `status ${status} has no known name`;
  const kind = memberOf(step, "kind");
  if (typeof kind !== "number") return undefined;
  const name = kinds[kind];
  const id = String(memberOf(step, "stepId"));
  // The children of a map are `stepId[index]::templateId`.
  const inPlan = planned.get(id) ?? planned.get(id.slice(id.lastIndexOf("::") + 2));
  const isGate = name === "GateApproval";
  const hasApproval = (memberOf(step, "approvalId") ?? "") !== "";
  const isPlanned = inPlan !== undefined && toKind(name) === inPlan;
  if (name === undefined || name === "Unknown") return `kind ${kind} has no known name`;
  if (isGate !== hasApproval) {
    return `kind ${kind} would be ${name}, and it has ${hasApproval ? "an" : "no"} approvalId`;
  }
  if (inPlan !== undefined && !isPlanned)
    return `kind ${kind} would be ${name}, and its plan names another`;
  return isGate || isPlanned ? "confirmed" : undefined;
}

/** A plan nested deeper names no kinds. */
const maxDepth = 100;

/** Finds the kinds that a plan names, as `gate.approval` or as `GateApproval`, by the ids of their steps. */
function findKinds(value: unknown, found: Map<string, string | undefined>, depth = 0): void {
  if (depth > maxDepth) return;
  if (Array.isArray(value)) for (const item of value) findKinds(item, found, depth + 1);
  if (!isJsonObject(value)) return;
  const id = memberOf(value, "id");
  const kind = [memberOf(value, "kind"), memberOf(value, "type")]
    .map(toKind)
    .find((one) => known.has(one));
  if (typeof id === "string" && kind !== undefined) {
    // Of two templates with one id nothing is known.
    found.set(id, (found.get(id) ?? kind) === kind ? kind : undefined);
  }
  for (const [, inner] of membersOf(value)) findKinds(inner, found, depth + 1);
}

/** A kind's name as letters alone, because manifests write `gate.approval` for `GateApproval`. */
function toKind(name: unknown): string {
  return typeof name === "string" ? name.toLowerCase().replace(/[._-]/g, "") : "";
}

const known: ReadonlySet<string> = new Set(stepTables.Run.kind.map(toKind));
