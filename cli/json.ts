import { z } from "zod";
import {
  changesShape,
  findingForm,
  formsForm,
  planForm,
  printedForm,
  reviewShape,
} from "../components/review";
import { exportShape, importShape, jobsForm, rollbackShape, verifyShape } from "./json-reports";

const check = z.object({
  name: z.string(),
  verdict: z.enum(["ok", "warn", "stop"]),
  seen: z.string(),
  findings: z.array(findingForm),
});

const ledgerRecord = z.object({
  _id: z.string(),
  checksum: z.string(),
  stack: z.string(),
  toolVersion: z.string(),
  startedAt: z.date(),
  finishedAt: z.date().nullable(),
  commands: z.array(z.object({ command: z.string(), reason: z.string(), durationMs: z.number() })),
  cutoverAt: z.date().optional(),
  cutoverFile: z.unknown().optional().describe("A copy of cutover.json."),
  cutovers: z.array(z.object({ at: z.date(), stack: z.string() })).optional(),
  endedCutover: z.int().optional(),
  exportedAt: z.date().optional(),
  logsExpiredBefore: z.date().optional(),
  logExpiryEndedAt: z.date().optional(),
});

const modes = z.array(z.enum(["mongo", "filesystem", "drained"]));

const statusForm = printedForm({
  database: z.string(),
  record: ledgerRecord.optional().describe("The migration's record; absent if not applied."),
  current: z.boolean().describe("Whether the record is of these settings."),
  drift: z.int().describe("The number of changes that a migration would make."),
  documents: z.record(z.string(), z.int()).describe("As the server estimates them."),
  forms: formsForm.optional(),
  jobs: jobsForm.optional(),
  storageMode: z.enum(["mongo", "filesystem"]).optional().describe("Of the settings."),
  services: z
    .object({ worker: modes, web: modes })
    .optional()
    .describe("What the services work on now; absent if they cannot be seen."),
  finalPassLeft: z
    .enum(["import", "export"])
    .optional()
    .describe(
      "The command that is left to run once both services are deployed, with `confirm: none`.",
    ),
});

const posted = z.object({
  outcome: z.enum(["created", "updated", "unchanged"]),
  url: z.string(),
});

/** The schema of what each command prints with `--json`. */
export const jsonForms = {
  doctor: printedForm({ go: z.boolean(), checks: z.array(check) }),
  preview: printedForm({
    ...reviewShape,
    planned: z.array(z.string()).describe("What each step will do, in their order."),
  }),
  status: statusForm,
  plan: planForm,
  apply: printedForm({ ...changesShape, appliedAt: z.date() }),
  script: printedForm({ script: z.string() }),
  import: printedForm(importShape),
  verify: printedForm(verifyShape),
  export: printedForm(exportShape),
  "export-hold-unfinished": printedForm(rollbackShape),
  comment: printedForm({
    ...reviewShape,
    posted: posted.optional().describe("With `--post`."),
    changes: z.array(z.string()).optional().describe("With `--expect-no-changes`."),
  }),
  error: printedForm({
    error: z.object({
      message: z.string(),
      code: z.string().describe("Such as `connection`, `data-issues` or `usage`."),
    }),
  }),
};

/** The name of a schema: the command's, with the option that makes it print something else. */
export type JsonName = keyof typeof jsonForms;

/** A value that a schema allows. Its lists may be read-only. */
export type JsonValue<Name extends JsonName> = Value<
  Omit<z.infer<(typeof jsonForms)[Name]>, "format">
>;

type Value<Form> = Form extends Date
  ? Date
  : Form extends readonly (infer Item)[]
    ? readonly Value<Item>[]
    : Form extends object
      ? { readonly [Key in keyof Form]: Value<Form[Key]> }
      : Form;

/** Formats a value as its schema says. */
export function toJson<Name extends JsonName>(_name: Name, value: JsonValue<Name>): string {
  return JSON.stringify(Object.assign({ format: 1 }, value), undefined, 2);
}
