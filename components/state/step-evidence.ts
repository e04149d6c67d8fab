import { type StepEnumeration, type StepTable, stepEnumerations, stepTables } from "../contract";
import { type JsonObject, isJsonObject, memberOf, membersOf } from "./json";
import { type StateAddress, fileOf } from "./layout";
import { readableRunIn } from "./run-files";
import { type StepForms, findContradiction } from "./step-forms";
import { stepsOf } from "./unfinished";

/**
 * Reads from runs of a state directory how the services write enumerations inside `steps`; undefined if none has any.
 *
 * @param names the base names of the runs
 */
export async function readStepForms(
  address: StateAddress,
  names: readonly string[],
): Promise<StepForms | undefined> {
  const evidence = new StepEvidence();
  // Read one at a time, because a run may be large.
  for (const name of names) {
    const run = await readableRunIn(fileOf(address, "runs", name));
    if (run) evidence.add(run);
  }
  return evidence.decide();
}

interface Votes {
  confirmed: number;
  contradicted: number;
  example?: string;
}

/** The evidence in runs for the forms of their steps. */
export class StepEvidence {
  private readonly votes: Readonly<Record<StepTable, Votes>> = {
    Run: { confirmed: 0, contradicted: 0 },
    Unknown: { confirmed: 0, contradicted: 0 },
  };
  /** By how many integers outnumber names. */
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
   * Chooses the table with the better balance of confirmations and contradictions; on a tie, the table from `Run` = 0.
   * Undefined if no run has any enumeration: then a later run decides.
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

/** The verdict of a step on a table: `confirmed`, the contradiction as text, or undefined. */
function judge(
  step: JsonObject,
  table: StepTable,
  planned: ReadonlyMap<string, string | undefined>,
): string | undefined {
  const contradiction = findContradiction(step, table);
  const kind = memberOf(step, "kind");
  if (contradiction !== undefined || typeof kind !== "number") return contradiction;
  const name = stepTables[table].kind[kind];
  const id = String(memberOf(step, "stepId"));
  // The children of a map are `stepId[index]::templateId`.
  const inPlan = planned.get(id) ?? planned.get(id.slice(id.lastIndexOf("::") + 2));
  const isPlanned = inPlan !== undefined && toKind(name) === inPlan;
  if (inPlan !== undefined && !isPlanned)
    return `kind ${kind} would be ${name}, and its plan names another`;
  return name === "GateApproval" || isPlanned ? "confirmed" : undefined;
}

/** Maximum depth of a plan that is searched for kinds. */
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
    // Two templates with one id name no kind.
    found.set(id, (found.get(id) ?? kind) === kind ? kind : undefined);
  }
  for (const [, inner] of membersOf(value)) findKinds(inner, found, depth + 1);
}

/** A kind's name as letters alone, because manifests write `gate.approval` for `GateApproval`. */
function toKind(name: unknown): string {
  return typeof name === "string" ? name.toLowerCase().replace(/[._-]/g, "") : "";
}

const known: ReadonlySet<string> = new Set(stepTables.Run.kind.map(toKind));
