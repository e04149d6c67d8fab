/**
 * The import. A log line passes through it like this: `disk/` lists its run and opens its file. `state` cuts the file's
 * bytes into texts, parses a text to a value and converts that to a document, which is a record with its key and
 * location. `disk/` cuts the records into batches, `pairs.ts` pairs each with MongoDB's document, and `write.ts`
 * inserts it. This file then counts it, once, and saves its file's checkpoint. Bytes, text, value, document, record and
 * pair are its only forms; `test/transfer/one-line.test.ts` names the files that it passes through.
 */
import { type CollectionRole, collectionRoles } from "../../contract";
import {
  Refusal,
  cutoverInForce,
  findArchivedJobs,
  isBetweenRollouts,
  isUnfinished,
  mapLimit,
  readCutoverRecord,
  requireState,
  runIdOf,
  skipForeign,
  findChanged,
} from "../../state";
import { isBookkeepingLost } from "../bookkeeping";
import { mergeBasesIn } from "../merge-bases";
import { Checkpoints } from "../checkpoints";
import { type Batch, type From, type OnlyRuns, groupsOnDisk, workOn } from "../disk";
import { findUnfinishedRuns, reading } from "../documents";
import { decideForms } from "../forms/decide";
import { type BothSides, type ImportPass, totalOnDisk } from "../sides";
import { type Report, casesOf } from "../reports";
import { withForms } from "../step-forms";
import { Tally, addCase } from "../tally";
import { LateRuns } from "./begun";
import type { OutcomesSoFar } from "./outcomes";
import { QuarantineFile } from "./quarantine";
import { RefusedFiles, withdrawEmptied } from "./withdraw";
import { type Writer, writeBatch } from "./write";

/** Options of an import. */
export interface ImportOptions {
  /** Default: `bulk`. While a cutover is in force it is always the final pass. */
  readonly pass?: ImportPass;
  /**
   * Whether web may have decided an approval on files since the handover. Default: until the final pass of the cutover is
   * recorded.
   */
  readonly isInWindow?: boolean;
  /** The file for quarantined records; without it they are only in the report. */
  readonly quarantine?: string;
  /** Imports only some runs, and only some of their files. */
  readonly only?: OnlyRuns;
  /** Receives the base names of the runs whose own file or approvals were read. */
  readonly readNames?: Set<string> | undefined;
  /** `start` also reads records that an earlier import read. Default: `checkpoints`. */
  readonly from?: Exclude<From, "unchanged only">;
  /** Counts the outcome that each record would have, and writes nothing. Duplicates far apart on disk all count. */
  readonly dryRun?: boolean;
}

/**
 * Imports filesystem state: every record is inserted, updated, unchanged or quarantined. A second
 * import changes nothing and reads only new content, and concurrent imports end in the same state.
 *
 * @throws StateFolderError before anything is written, if the state directory cannot be used
 * @throws WriteError if records are quarantined and their file cannot be written
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 */
export async function importState(given: BothSides & ImportOptions): Promise<Report<"import">> {
  const { pass: asked = "bulk", quarantine: path, only, dryRun = false } = given;
  await requireState(given);
  const cutoverRecord = await readCutoverRecord(given.root);
  const inForce = cutoverInForce(cutoverRecord);
  const pass = inForce ? "final" : asked;
  const { isInWindow = isBetweenRollouts(cutoverRecord) } = given;
  const isLost = inForce !== undefined && (await isBookkeepingLost(given, inForce));
  const decides = pass === "bulk" && !only;
  const sides = decides ? await decideForms(given, dryRun) : await withForms(given);
  const checkpoints = new Checkpoints(sides.database, sides);
  // No index is built while the worker is stopped.
  if (pass === "bulk" && !dryRun) await checkpoints.createIndex();
  const quarantine = path === undefined || dryRun ? undefined : new QuarantineFile(path);
  const refusedFiles = new RefusedFiles();
  const tally = new Tally((role, refused, raw) => {
    quarantine?.add(refused, raw);
    refusedFiles.add(role, refused);
  });
  const writer = {
    sides,
    bases: mergeBasesIn(sides.database),
    pass,
    isInWindow,
    empty: await findEmpty(sides),
    dryRun,
    decided: new Set<string>(),
  };
  try {
    if (decides) await skipForeign(sides, tally.skipped);
    const { empty } = writer;
    // From the cutover's record on, a merge base without its document says that MongoDB removed it.
    const withdraws = pass !== "final" && !dryRun;
    if (withdraws && empty.has("runs")) await withdrawEmptied(sides, checkpoints, empty);
    sides.watch?.(tally, () => totalOnDisk(sides));
    await importRuns({ ...given, ...writer, tally, checkpoints, isLost });
    if (withdraws && tally.quarantine.length > 0) await refusedFiles.withdraw(sides, checkpoints);
  } catch (error) {
    quarantine?.discard();
    throw error;
  }
  quarantine?.publish();
  const { decided } = writer;
  return {
    ...tally.report(),
    ...(isLost && { bookkeepingLost: tally.insertedRuns }),
    ...(decided.size > 0 && (await findDecidedLate(sides, decided))),
  };
}

async function findEmpty(sides: BothSides): Promise<ReadonlySet<CollectionRole>> {
  const idOnly = { projection: { _id: 1 } };
  const found = await mapLimit(collectionRoles.length, collectionRoles, (role) =>
    reading(sides, role, (all) => all.findOne({}, idOnly)),
  );
  return new Set(collectionRoles.filter((_, at) => !found[at]));
}

interface Importing extends Writer, Pick<ImportOptions, "only" | "readNames" | "from"> {
  readonly tally: Tally;
  readonly checkpoints: Checkpoints;
  /** Whether the bookkeeping of the cutover in force was lost: then every file is compared. */
  readonly isLost: boolean;
}

/** Imports the runs on disk, batch by batch, and counts the outcomes of their records. */
async function importRuns(importing: Importing): Promise<void> {
  const { sides, pass, empty, dryRun, tally, checkpoints, isLost } = importing;
  const { only, readNames, from = "checkpoints" } = importing;
  /** Files with a record that was refused in the write, or removed: nothing more of them counts as imported. */
  const notWholeIn = new Set<string>();
  const late = pass === "final" && !dryRun && !isLost ? new LateRuns(sides) : undefined;
  const count = async (outcomes: OutcomesSoFar, { reached, files }: Batch) => {
    // Another importer may have written a changed file's new content.
    const changed = await findChanged(files.values());
    tally.changedFiles += changed.size;
    const begun = await late?.leaveOut(tally, [...new Set([...outcomes.keys()].map(runIdOf))]);
    for (const [record, result] of outcomes) {
      const { role, key, location, document, raw } = record;
      // A change then comes from a service that should be stopped. Web may still write approvals until its own rollout.
      const isStopped = pass === "final" || (pass === "delta" && role !== "approvals");
      const isLate = isStopped && changed.has(location.file);
      const outcome = isLate ? new Refusal("conflict", "it changed during the import") : result;
      const isBegun = begun?.has(runIdOf(record)) ?? false;
      if (isBegun || outcome instanceof Refusal || outcome === "removed") {
        notWholeIn.add(location.file);
      }
      if (isBegun) continue;
      if (outcome instanceof Refusal) tally.refuse(role, location, outcome, raw);
      else if (outcome === "removed") tally.remove(role, key, document);
      else tally.record(role, outcome, role === "runs" && isUnfinished(document));
      if (isLost && role === "runs" && outcome === "inserted") addCase(tally.insertedRuns, key);
    }
    if (dryRun) return;
    const done = [...reached].filter(([{ name }]) => !notWholeIn.has(name) && !changed.has(name));
    await checkpoints.save(new Map(done));
  };
  const groups = groupsOnDisk({
    address: sides,
    tally,
    from: isLost ? "start" : from,
    checkpoints,
    empty,
    only,
    readNames,
    // The delta and the final pass are the last to see a change: a cached stat must not hide it.
    stats: pass === "bulk" ? "listed" : "fresh",
    select: late && ((runs) => late.select(tally, runs)),
  });
  // guarantee: a checkpoint is saved after its batch
  await workOn(groups, (batch) => writeBatch(importing, batch), count);
}

/** Runs with steps to do whose approval was decided in the final pass, each with the job that would resume it. */
async function findDecidedLate(
  sides: BothSides,
  decided: ReadonlySet<string>,
): Promise<Pick<Report<"import">, "decidedLate">> {
  const unfinished = new Set((await findUnfinishedRuns(sides, [...decided])).keys());
  if (unfinished.size === 0) return {};
  const jobs = await findArchivedJobs(sides, unfinished);
  const decidedLate = [...unfinished].map((runId) => {
    const job = jobs.get(runId);
    return { runId, ...(job !== undefined && { job }) };
  });
  return { decidedLate: casesOf(decidedLate) };
}
