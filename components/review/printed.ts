/** The schemas of what commands print with `--json`, as far as a review reads or makes it. */
import { z } from "zod";
import { byRole } from "../contract";

/** The first member of what each command prints with `--json`. */
const format = z.literal(1).describe("Members may be added to a format: ignore unknown ones.");

/** Builds the schema of what a command prints with `--json`. */
export const printedForm = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object({ format, ...shape });

const files = z.object({ files: z.int(), bytes: z.int() });
const change = z.object({
  kind: z.string().describe("Such as `create index`."),
  collection: z.string(),
  index: z.string().optional(),
  title: z.string(),
  reason: z.string(),
  blocksWrites: z.boolean().describe("Whether writers wait while it runs."),
  loses: z.boolean().describe("Whether it removes something."),
  commands: z.array(z.record(z.string(), z.unknown())).describe("MongoDB's commands."),
});
const issue = { collection: z.string(), documents: z.int(), text: z.string() };
const duplicate = z.object({
  id: z.string(),
  at: z.string().optional().describe("The entry in the document."),
});
const duplicateKeys = z.object({
  kind: z.literal("duplicate keys"),
  ...issue,
  index: z.string(),
  keys: z.int(),
  examples: z.array(
    z.object({ key: z.record(z.string(), z.unknown()), documents: z.array(duplicate) }),
  ),
});
const brokenDocuments = z.object({
  kind: z.literal("broken documents"),
  ...issue,
  rules: z.array(
    z.object({
      field: z.string(),
      rule: z.string(),
      documents: z.int(),
      ids: z.array(z.string()),
    }),
  ),
});
const seenForm = z.object({ form: z.string(), count: z.int(), example: z.string() });

/** What `plan` and `apply` print. */
export const changesShape = {
  checksum: z.string().optional().describe("SHA-256 of the wanted schema; absent without MongoDB."),
  changes: z.array(change).describe("In the order of execution."),
  leftAlone: z.array(change).describe("Objects outside the schema, which are never changed."),
  issues: z
    .array(z.union([duplicateKeys, brokenDocuments]))
    .describe("Documents that block changes."),
  notChecked: z.array(z.string()).describe("Searches for such documents that MongoDB stopped."),
};

/** The comparison of forms that `plan`, `status` and `verify` print. */
export const formsForm = z
  .object({
    compared: z.object(byRole(() => z.int())).describe("Documents of services."),
    differences: z.array(
      z.object({
        role: z.string(),
        path: z.string(),
        imported: seenForm,
        services: z.array(seenForm),
      }),
    ),
    hash: z.string().optional().describe("For `advanced.acceptForms`."),
  })
  .describe("Absent if the state directory is not on this machine, or MongoDB is unreachable.");

/** A finding, by its code in docs/codes.md. */
export const findingForm = z.object({
  severity: z.enum(["stop", "warn", "info"]),
  code: z.string(),
  text: z.string(),
  facts: z.record(z.string(), z.union([z.number(), z.string()])).optional(),
});

/** What `plan --json` prints, and a review reads. */
export const planForm = printedForm({
  target: z
    .object({ hosts: z.string(), database: z.string() })
    .optional()
    .describe("MongoDB by the connection string; absent without one."),
  reachable: z.boolean().describe("Whether MongoDB answered: in filesystem mode it need not."),
  blocked: z.boolean().describe("Whether `issues` stop `pulumi up`."),
  ...changesShape,
  forms: formsForm.optional(),
  documents: z
    .record(z.string(), z.int())
    .optional()
    .describe("Documents of each collection, as the server estimates them."),
  expiring: z
    .object({ entries: z.int(), isMore: z.boolean() })
    .optional()
    .describe("Log entries older than `logRetentionDays`. At most 100,000 are counted."),
  state: z
    .object({
      root: z.string(),
      ...byRole(() => files),
      unfinished: z
        .int()
        .optional()
        .describe("In mongo mode, runs on disk that may still execute steps."),
      unreadable: z
        .array(z.string())
        .optional()
        .describe("In mongo mode, files in which no run can be read: they may be unfinished."),
    })
    .optional()
    .describe("Files on disk; absent if the state directory is not on this machine."),
  leftBehind: z
    .object({
      exported: z.object(byRole(() => z.int())).describe("Documents that it would write."),
      conflicts: z.int().describe("Documents that changed on both sides."),
      unfinished: z.int().describe("Runs in MongoDB that may still execute steps."),
    })
    .optional()
    .describe("In filesystem mode, what a rollback would export now."),
  findings: z
    .array(findingForm)
    .optional()
    .describe("In filesystem mode without MongoDB, what a rollback would warn of."),
});

/** What `comment` and `preview` print. */
export const reviewShape = {
  headline: z.string().describe("One sentence: `staging: cut over to MongoDB: …`."),
  level: z
    .enum(["blocked", "risks", "clear"])
    .describe("Whether something stops the update, a person has to decide, or neither."),
  verdict: z.string().describe("One line of Markdown: what blocks the update, what to look into."),
  databases: z
    .array(z.object({ hosts: z.string().optional(), database: z.string().optional() }))
    .describe("MongoDB by environment; a member is absent if only `up` knows it."),
  body: z.string().describe("The whole comment in GitHub's Markdown."),
};
