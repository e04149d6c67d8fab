import fc from "fast-check";
import { type StepTable, stepEnumerations, stepTables } from "../../components/contract";
import { approval, artifact, logLine, run } from "./state";

/** How services wrote a run's files, where the specification leaves it open. */
export interface Form {
  /** The members of steps that are integers. */
  readonly integers: readonly (typeof stepEnumerations)[number][];
  readonly sequences: "each line" | "no line" | "some lines";
  /** Whether sequences are digits in quotes. */
  readonly isQuoted: boolean;
  /** An approval's status before and after its decision, and the latter as a service writes it to MongoDB. */
  readonly decision: readonly [before: string | number, after: string | number, stored: string];
  readonly moment: string;
  /** Whether absent members of steps are null. */
  readonly hasNulls: boolean;
  /** Whether records lack what their file's name or the manifest implies. */
  readonly isImplied: boolean;
  readonly isPascalCase: boolean;
  readonly layout: (text: string) => string;
}

/** The layout that an export writes. */
const plain = (text: string) => text;
const layouts = [
  plain,
  (text: string) => `\uFEFF${text.replaceAll("\n", "\r\n")}`,
  (text: string) => JSON.stringify(JSON.parse(text)),
];

const formOf = fc.record<Form>({
  integers: fc.subarray([...stepEnumerations]),
  sequences: fc.constantFrom("each line", "no line", "some lines"),
  isQuoted: fc.boolean(),
  decision: fc.constantFrom(
    ["pending", "approved", "approved"],
    ["Pending", "Approved", "Approved"],
    ["PENDING", "Approved", "Approved"],
    [0, 1, "Approved"],
  ),
  moment: fc.constantFrom("10:00:00.1234567+00:00", "10:00:00.5Z", "12:00:00+02:00"),
  hasNulls: fc.boolean(),
  isImplied: fc.boolean(),
  isPascalCase: fc.boolean(),
  layout: fc.constantFrom(...layouts),
});

/** A state directory, and how its services write to MongoDB. */
export interface Written {
  readonly table: StepTable;
  /** Whether the services write dates inside `steps` of MongoDB as dates. */
  readonly hasDates: boolean;
  /** The form of run `r-0`, which is to change. */
  readonly first: Form;
  /** Those of `r-1` and so on. */
  readonly others: readonly Form[];
}

/** A state directory in random forms. */
export const writtenForms = fc.record<Written>({
  table: fc.constantFrom("Run", "Unknown"),
  hasDates: fc.boolean(),
  first: formOf.map((form) => ({ ...form, layout: plain })),
  others: fc.array(formOf, { maxLength: 2 }),
});

/** What a service changes in MongoDB: a member of a step, of its run, of an approval or of an artifact. */
export const changes = [
  "kind",
  "status",
  "attempts",
  "lastTransitionAt",
  "planHash",
  "updatedAt",
  "approval",
  "artifact",
] as const;
export type Change = (typeof changes)[number];

/** The moment of a change. */
export const later = new Date("2025-11-06T11:00:00Z");

/** A member's name in a run's files. */
export function memberName({ isPascalCase }: Form, name: string): string {
  return isPascalCase ? name.charAt(0).toUpperCase() + name.slice(1) : name;
}

/** A run's files; those after a change too, in which nothing but its member is another one. */
export function filesOf(
  table: StepTable,
  form: Form,
  runId: string,
  change?: Change,
): Record<string, string> {
  const changed = <T>(name: Change, before: T, after: T) => (change === name ? after : before);
  const moment = `2025-11-06T${form.moment}`;
  const enumeration = (member: (typeof stepEnumerations)[number], name: string) => {
    const names: readonly string[] = stepTables[table][member];
    return form.integers.includes(member) ? names.indexOf(name) : name;
  };
  const none = form.hasNulls ? { maxParallel: null } : {};
  const steps = [
    {
      stepId: "build",
      kind: enumeration("kind", changed("kind", "Run", "Map")),
      status: enumeration("status", "Succeeded"),
      attempts: 1,
      ...none,
    },
    {
      stepId: "sign-off",
      kind: enumeration("kind", "GateApproval"),
      approvalId: "gate",
      ...none,
      status: enumeration("status", changed("status", "Running", "Failed")),
      attempts: changed("attempts", 1, 2),
      lastTransitionAt: changed("lastTransitionAt", moment, later.toISOString()),
    },
  ];
  const fields = {
    planHash: changed("planHash", "sha256:1", "sha256:2"),
    updatedAt: changed("updatedAt", moment, later.toISOString()),
    steps,
  };
  const [pending, decided] = form.decision;
  const approvals = [
    approval("gate", {
      runId: form.isImplied ? undefined : runId,
      status: changed("approval", pending, decided),
    }),
  ];
  const outputs = ["missing", changed("artifact", "missing", "copied")].map((status, at) =>
    artifact(`output-${at}`, {
      status,
      ...(form.isImplied && { capturedAt: form.hasNulls ? null : undefined }),
    }),
  );
  const whole = (value: unknown) => form.layout(`${textOf(form, value, 2)}\n`);
  return {
    [`state/runs/${runId}.json`]: whole(run(runId, fields)),
    [`state/approvals/${runId}.json`]: whole(approvals),
    [`artifacts/${runId}/artifact-manifest.json`]: whole({ uploadedAt: moment, outputs }),
    [`logs/runs/${runId}.ndjson`]: logOf(form),
  };
}

function logOf(form: Form): string {
  const lines = [1, 2, 3].map((at) => {
    const hasOwn = form.sequences === "each line" || (form.sequences === "some lines" && at === 2);
    const own = form.isQuoted ? String(at) : at;
    return `${textOf(form, logLine(at, { sequence: hasOwn ? own : undefined }))}\n`;
  });
  return lines.join("");
}

function textOf(form: Form, value: unknown, indent?: number): string {
  const text = JSON.stringify(value, undefined, indent);
  return text.replace(/"(\w+)":/g, (_all, name: string) => `"${memberName(form, name)}":`);
}
