/** The schemas of the reports that `import`, `verify` and `export` print with `--json`. */
import { z } from "zod";
import { byRole } from "../components/contract";
import { formsForm } from "../components/review";
import { type Counts, type Pass, outcomeWords } from "../components/transfer";

const texts = z.array(z.string());
const location = { file: z.string(), line: z.int().optional(), entry: z.int().optional() };
const quarantined = z.object({
  ...location,
  reason: z.string(),
  detail: z.string(),
  other: z.object(location).optional().describe("The first record with the same key."),
  runId: z.string().optional(),
});
/** What each pass read, or an export wrote, in bytes and ms. */
const amounts = { files: z.int(), bytes: z.int(), elapsedMs: z.int() };
const quarantine = z
  .array(quarantined)
  .describe("The first 10,000 runs, then the first thousand others of each collection.");
/** Cases of a kind: their number, and the first thousand. */
const casesOf = <Case extends z.ZodType>(one: Case) =>
  z.object({ count: z.int(), cases: z.array(one).describe("The first thousand.") });
const incomplete = casesOf(z.object({ file: z.string(), line: z.int(), offset: z.int() })).describe(
  "Last lines of logs that have no end yet.",
);
const names = casesOf(z.string());
const removedUnfinished = names.describe("Runs that one side removed, unfinished on the other.");
const superseded = names.describe("Runs whose held copies went to superseded/.");

/** The jobs that wait in the queue's folder. */
export const jobsForm = z
  .object({
    waiting: z.int(),
    atHandover: z.int().optional(),
    untaken: texts.optional().describe("Of those at the handover, if none was taken since."),
    unknown: z
      .object({ count: z.int(), names: texts.describe("The first ones.") })
      .optional()
      .describe("Files, folders and links in the queue without the id of a run."),
  })
  .describe("Jobs that wait; absent without a queue.");

/** The counts of each collection, as the table of their words has them. */
function countsOf<Of extends Pass>(pass: Of) {
  type Members = Record<keyof Counts<Of>, z.ZodInt>;
  const words: Readonly<Record<string, { readonly meaning?: string }>> = outcomeWords[pass];
  const members = Object.entries(words).map(([name, { meaning }]) => {
    return [name, meaning === undefined ? z.int() : z.int().describe(meaning)] as const;
  });
  const counts = z.object(Object.fromEntries(members) as Members);
  return byRole(() => counts);
}

/** What `import` prints. */
export const importShape = {
  ...countsOf("import"),
  ...amounts,
  skipped: z.object({
    hidden: z.int(),
    temporary: z.int(),
    foreign: z.int(),
    foreignNames: texts,
    unknown: z.int(),
    unknownNames: texts,
  }),
  incomplete,
  quarantine,
  unchangedFiles: z.int().describe("Not read again, because they are as they were imported."),
  changedFiles: z.int().describe("Changed after they were read: import again."),
  quarantinedUnfinished: casesOf(quarantined).describe(
    "Quarantined runs that may still execute steps, without those of `misnamed`.",
  ),
  misnamed: casesOf(quarantined)
    .extend({ encodedCount: z.int() })
    .optional()
    .describe("Quarantined runs whose files do not have their names; of these, some are encoded."),
  removedUnfinished,
  begunInMongo: names.optional(),
  bookkeepingLost: names
    .optional()
    .describe(
      "Inserted although the bookkeeping of the cutover was lost: MongoDB may have had them. Absent if it is there.",
    ),
  decidedLate: casesOf(z.object({ runId: z.string(), job: z.string().optional() })).optional(),
  jobs: jobsForm.optional(),
  unfinished: z
    .object({
      compared: z.int(),
      held: z.int(),
      superseded: superseded.optional(),
      changed: z.int(),
      unequal: casesOf(z.object({ runId: z.string(), detail: z.string() })),
    })
    .optional()
    .describe("The comparison of runs that may still execute steps."),
  unfinishedRuns: z.int().describe("Runs on disk that may still execute steps."),
  firstVerification: z
    .object({ verifiedFiles: z.int(), changedFiles: z.int(), importMs: z.int() })
    .optional(),
};

/** What `verify` prints. */
export const verifyShape = {
  ...countsOf("verification"),
  holds: z.boolean().describe("Whether MongoDB has every record on disk."),
  hash: z.string().optional().describe("For `advanced.acceptQuarantined`."),
  at: z.iso.datetime().describe("When MongoDB's documents were counted."),
  ...amounts,
  onlyInFiles: z
    .object(byRole(() => texts))
    .optional()
    .describe("The first thousand ids of missing records."),
  different: z
    .object(byRole(() => z.array(z.object({ id: z.string(), paths: texts }))))
    .optional()
    .describe("The first thousand differing records, with the paths that differ."),
  notForgotten: z.string().optional(),
  removedUnfinished,
  incomplete,
  quarantine,
  forms: formsForm.optional(),
  firstVerification: z.object({ verifiedFiles: z.int(), changedFiles: z.int() }).optional(),
  jobs: jobsForm.optional(),
};

const conflict = z.object({
  id: z.string().optional(),
  file: z.string(),
  copy: z.string().optional().describe("Where MongoDB's content was written."),
  runId: z.string().optional(),
  collection: z.string().optional(),
  detail: z.string(),
});
const heldJobs = names.describe("Held jobs without a held run.");

/** What `export` prints. */
export const exportShape = {
  ...countsOf("export"),
  ...amounts,
  conflicts: casesOf(conflict),
  unwritable: casesOf(z.object({ id: z.string(), reason: z.string(), detail: z.string() })),
  removedUnfinished,
  removedApprovals: casesOf(z.object({ id: z.string(), file: z.string(), copy: z.string() }))
    .optional()
    .describe(
      "Approvals that MongoDB removed, deleted from their file; `copy` is the former file.",
    ),
  withoutMergeBase: names,
  baseTrouble: z.string().optional().describe("Why they have no merge base."),
  returned: names.describe("Runs that were held, and are back in their folders."),
  stillHeld: names.describe("With those of `destinationTaken`."),
  destinationTaken: names.describe("Held runs that another file of the same name blocks."),
  superseded: superseded.optional(),
  heldJobs,
  returnedJobs: names
    .optional()
    .describe("Held jobs of runs that neither side has, back in the queue."),
  older: z.string().optional().describe("The side that is not as the last export left it."),
};

/** What `export --hold-unfinished` prints. */
export const rollbackShape = {
  at: z.iso.datetime(),
  exported: z.object(exportShape).optional().describe("Absent if MongoDB was unreachable."),
  unreachable: z.string().optional().describe("Why nothing was exported."),
  held: names.describe("Runs that are held, so that no step is executed twice."),
  heldJobs: heldJobs.optional(),
  notHeld: names.optional().describe("Approvals and jobs of held runs that were not moved."),
  jobsWithoutRun: z
    .int()
    .optional()
    .describe("Jobs that stay although neither side has their run."),
  notImported: z.int().optional().describe("Unfinished runs that web wrote after the handover."),
  unequal: names.optional().describe("Runs unfinished in MongoDB that differ on disk."),
};
