import { type StepTable, stepTables } from "../../components/contract";
import type { Approval, LogRecord, RunRecord } from "./records";

/**
 * How the services write what the specification leaves open: steps with names, log lines with their sequence and
 * approvals in lower case; or files with the integers of a table in steps and no sequence in log lines, and approvals in
 * C#'s case.
 */
export type Form = "names" | StepTable;

const forms = ["names", "Run", "Unknown"] as const;

/** The form of a simulation by its seed: the same for three seeds, of which each has another queue. */
export function formOf(seed: number): Form {
  return forms[Math.floor(seed / 3) % forms.length] ?? "names";
}

const members = ["kind", "status"] as const;

/** A run as its file has it. */
export function toFile(form: Form, run: RunRecord): object {
  if (form === "names") return run;
  const steps = run.steps.map((step) => {
    const [kind, status] = members.map((member) => integerOf(form, member, step[member]));
    return { ...step, kind, status };
  });
  return { ...run, steps };
}

/**
 * The run in a file.
 *
 * @throws Error if it has another form, as a reader of .NET without a converter of names
 */
export function fromFile(form: Form, run: RunRecord): RunRecord {
  const steps = run.steps.map((step) => {
    const [kind, status] = members.map((member) => nameOf(form, member, step[member]));
    return { ...step, kind, status } as RunRecord["steps"][number];
  });
  return { ...run, steps };
}

/** A log's line as its file has it. */
export function toLine(form: Form, { sequence, ...message }: LogRecord): object {
  return form === "names" ? { sequence, ...message } : message;
}

/** The lines of a log with their sequences. */
export function fromLines(lines: readonly Partial<LogRecord>[]): LogRecord[] {
  let greatest = 0;
  return lines.map((line) => {
    const { sequence = greatest + 1 } = line;
    greatest = Math.max(greatest, sequence);
    return { ...(line as LogRecord), sequence };
  });
}

/** An approval's status as both stores have it. */
export function toStatus(form: Form, status: Approval["status"]): string {
  return form === "names" ? status : status.charAt(0).toUpperCase() + status.slice(1);
}

const statuses = ["pending", "approved", "rejected"] as const;

/**
 * The approval in either store.
 *
 * @throws Error if its status has another case
 */
export function fromStored(form: Form, approval: Approval): Approval {
  const status = statuses.find((one) => toStatus(form, one) === approval.status);
  if (status) return { ...approval, status };
  throw new Error(`an approval has the status ${approval.status}, which a service does not read`);
}

type Member = (typeof members)[number];

const namesIn = (form: Form, member: Member): readonly string[] =>
  stepTables[form === "names" ? "Run" : form][member];

function integerOf(form: Form, member: Member, name: string): number {
  return namesIn(form, member).indexOf(name);
}

function nameOf(form: Form, member: Member, value: unknown): unknown {
  const isName = typeof value === "string";
  const name = isName ? value : namesIn(form, member)[value as number];
  if (isName === (form === "names") && name !== undefined) return name;
  throw new Error(`a file has the ${member} ${String(value)}, which a service does not read`);
}
