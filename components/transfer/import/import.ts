import { collectionRoles } from "../../contract";
import {
  Refusal,
  type StateAddress,
  findArchivedJobs,
  isUnfinished,
  mapLimit,
  readFence,
  requireState,
  runIdOf,
  skipBesideStores,
  sourceOfTruth,
} from "../../state";
import { Checkpoints, type RunCheckpoints } from "../checkpoints";
import { findUnfinishedRuns, reading } from "../documents";
import { decideForms } from "../forms/decide";
import { type BothSides, type ImportPass } from "../sides";
import type { ImportReport } from "../reports";
import { withForms } from "../step-forms";
import { Tally } from "../tally";
import { LateRuns } from "./begun";
import { type OnlyRuns, groupsOnDisk } from "./groups";
import { findChanged } from "./read-file";
import { type Batch, type Outcomes, workOn } from "./pipeline";
import { QuarantineFile } from "./quarantine";
import { type ImportTarget, databaseTarget } from "./write";

interface ImportOptions {
  /** Default: `bulk`. While a fence is in force it is always the final pass. */
  readonly pass?: ImportPass;
  /** The file for quarantined records; without it they are only in the report. */
  readonly quarantine?: string;
  /** Imports only some runs, and only some of their files. */
  readonly only?: OnlyRuns;
  /** Receives the base names of the runs whose own file or approvals were read. */
  readonly readNames?: Set<string> | undefined;
  /** Reads every file from its beginning, also those that an earlier import brought. Default: false. */
  readonly shouldReadAll?: boolean;
  /** Counts what would become of each record, and writes nothing. Duplicates far apart on disk all count. */
  readonly dryRun?: boolean;
}

/**
 * Imports filesystem state: every record is inserted, updated, unchanged or quarantined. A second
 * import changes nothing and reads only what is new, and several at once end in the same state.
 *
 * @throws StateFolderError before anything is written, if the state directory cannot be used
 * @throws WriteError if records are quarantined and their file cannot be written
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 */
export async function importState(given: BothSides & ImportOptions): Promise<ImportReport> {
  const { pass: asked = "bulk", dryRun = false, shouldReadAll = false } = given;
  await requireState(given);
  const truth = sourceOfTruth(await readFence(given.root));
  const pass = truth === "mongo" ? "final" : asked;
  const decides = pass === "bulk" && !given.only;
  const sides = decides ? await decideForms(given, dryRun) : await withForms(given);
  const idOnly = { projection: { _id: 1 } };
  const found = await mapLimit(collectionRoles.length, collectionRoles, (role) =>
    reading(sides, role, (all) => all.findOne({}, idOnly)),
  );
  const empty = new Set(collectionRoles.filter((_, at) => !found[at]));
  const decided = new Set<string>();
  const target = databaseTarget(sides, { pass, empty, dryRun, decided });
  const ignored = new Set<keyof RunCheckpoints>(shouldReadAll ? collectionRoles : empty);
  if (empty.has("logs")) ignored.add("beginning");
  const checkpoints = new Checkpoints(sides.database, sides, ignored);
  // While the worker is stopped, an index is not built.
  if (pass === "bulk" && !dryRun) await checkpoints.createIndex();
  const isFinal = pass === "final" && !dryRun;
  const source = { ...sides, pass, checkpoints, ...(isFinal && { late: new LateRuns(sides) }) };
  const report = await importInto(target, source);
  const unfinished = new Set((await findUnfinishedRuns(sides, [...decided])).keys());
  if (unfinished.size === 0) return report;
  const jobs = await findArchivedJobs(sides, unfinished);
  const decidedLate = [...unfinished].map((runId) => {
    const job = jobs.get(runId);
    return { runId, ...(job !== undefined && { job }) };
  });
  return { ...report, decidedLate };
}

/** What an import into any target works on. */
interface ImportSource extends StateAddress, ImportOptions {
  readonly checkpoints?: Checkpoints;
  readonly watch?: (tally: Tally) => void;
  /** The runs that a worker may begin in MongoDB before they are imported. */
  readonly late?: LateRuns;
}

/**
 * Imports filesystem state into a target; `importState` says what that means.
 *
 * @throws StateFolderError before anything is written, if the state directory cannot be used
 */
export async function importInto(
  target: ImportTarget,
  source: ImportSource,
): Promise<ImportReport> {
  const { quarantine: path, dryRun = false } = source;
  await requireState(source);
  const quarantine = path === undefined || dryRun ? undefined : new QuarantineFile(path);
  const tally = new Tally((refused, raw) => quarantine?.add(refused, raw));
  source.watch?.(tally);
  try {
    await importFiles(target, source, tally);
  } catch (error) {
    quarantine?.discard();
    throw error;
  }
  quarantine?.publish();
  return tally.report();
}

async function importFiles(
  target: ImportTarget,
  source: ImportSource,
  tally: Tally,
): Promise<void> {
  const { only, readNames, checkpoints, dryRun, pass = "bulk", late } = source;
  /** Files of which a record was refused when it was written, or removed: nothing more of them counts as done. */
  const notWholeIn = new Set<string>();
  // The delta and the final pass are the last to see a change: a cached stat must not hide it.
  const shouldBypassCache = pass !== "bulk";
  const reading = { address: source, tally, only, readNames, checkpoints };
  if (pass === "bulk" && !only) await skipBesideStores(source, tally.skipped);
  const groups = groupsOnDisk({
    ...reading,
    shouldBypassCache,
    select: late && ((runs) => late.select(tally, runs)),
  });
  const count = async (outcomes: Outcomes, { reached, files }: Batch) => {
    // Another importer may have written what a changed file has now.
    const changed = await findChanged(files.values());
    tally.changedFiles += changed.size;
    const begun = await late?.leaveOut(tally, [...new Set([...outcomes.keys()].map(runIdOf))]);
    outcomes.forEach((result, record) => {
      const { role, place, document, conversions, raw } = record;
      if (begun?.has(runIdOf(record))) {
        notWholeIn.add(place.file);
        return;
      }
      // Then a service writes that should be stopped. Web may still write approvals until its own rollout.
      const isStopped = pass === "final" || (pass === "delta" && role !== "approvals");
      const isLate = isStopped && changed.has(place.file);
      const outcome = isLate ? new Refusal("conflict", "it changed during the import") : result;
      if (outcome instanceof Refusal) {
        notWholeIn.add(place.file);
        tally.refuse(role, place, outcome, raw);
      } else if (outcome === "removed") {
        notWholeIn.add(place.file);
        tally.remove(record.role, record.key, record.document);
      } else tally.record(role, outcome, conversions, role === "runs" && isUnfinished(document));
    });
    if (dryRun) return;
    const done = [...reached].filter(([{ name }]) => !notWholeIn.has(name) && !changed.has(name));
    await checkpoints?.save(new Map(done));
  };
  // guarantee: a checkpoint is saved after its batch
  await workOn(groups, (batch) => target.write(batch), count);
}
