import { type CollectionRole, collectionRoles } from "../../contract";
import { withRetries } from "../../mongo";
import {
  Refusal,
  type StateAddress,
  type StateFile,
  type StateFolder,
  openStateFolder,
  runsLast,
  stateFiles,
} from "../../state";
import { Checkpoints } from "../checkpoints";
import {
  type BothSides,
  type ImportStage,
  type Shard,
  collectionOf,
  isInShard,
  rulesOf,
} from "../sides";
import { type ImportReport, Tally } from "../tally";
import { type FileRecords, type Known, type Reached, recordsOf } from "./file-records";
import { batches, blocksOf, workOn } from "./pipeline";
import { PromisedInserts } from "./promised";
import { QuarantineFile } from "./quarantine";
import { LogOrder, withFirsts } from "./repeats";
import { type Target, databaseTarget } from "./target";

/** How an import is done. */
export interface ImportOptions {
  /** Where in the cutover it stands; default `backfill`. */
  readonly stage?: ImportStage;
  /** The file for the records that are left out; without it they are in the report alone. */
  readonly quarantine?: string;
  /** Imports the runs of one shard only. */
  readonly shard?: Shard;
  /** Says what would become of each record, and writes nothing but keys in a temporary folder. */
  readonly dryRun?: boolean;
  /** Reads every file again, whatever the checkpoints say. */
  readonly afresh?: boolean;
}

/**
 * Imports filesystem state: every record is inserted, updated, unchanged or quarantined. A second
 * run changes nothing and reads only what is new, and several at once end in the same state.
 *
 * @throws StateFolderError before anything is written, where the state root cannot be used
 * @throws KeysError where a dry run finds no room in the temporary folder
 * @throws QuarantineError where records were refused and their file cannot be written
 * @throws ServerTroubleError where MongoDB will not do it, or has trouble for too long
 */
export async function importState(sides: BothSides & ImportOptions): Promise<ImportReport> {
  const { stage = "backfill", dryRun = false, afresh = false, retries } = sides;
  await openStateFolder(sides);
  const empty = await emptyRoles(sides);
  const target = databaseTarget(sides, { rules: rulesOf(stage), empty, dryRun, retries });
  const checkpoints = new Checkpoints(sides.database, sides.checkpoints, retries);
  const resumed = collectionRoles.filter((role) => !afresh && !empty.has(role));
  return importInto(target, {
    ...sides,
    checkpoints: { store: checkpoints, resumed: new Set(resumed), hashAll: stage !== "backfill" },
  });
}

/** The checkpoints of an import. */
export interface ImportCheckpoints {
  readonly store: Pick<Checkpoints, "read" | "save">;
  /** The collections whose checkpoints count; all files of the others are read. */
  readonly resumed: ReadonlySet<CollectionRole>;
  /** Whether times and sizes are trusted for logs only. */
  readonly hashAll: boolean;
}

/** What an import into any target works on. */
export interface ImportSource extends StateAddress, Omit<ImportOptions, "afresh"> {
  readonly checkpoints?: ImportCheckpoints;
  readonly watch?: (tally: Tally) => void;
}

/**
 * Imports filesystem state into a target; `importState` says what that means.
 *
 * @throws StateFolderError before anything is written, where the state root cannot be used
 */
export async function importInto(target: Target, source: ImportSource): Promise<ImportReport> {
  const { stage, quarantine: path, dryRun = false } = source;
  const found = await openStateFolder(source);
  // A worker is live by then, and goes on with a run as soon as it sees it: with its log, too.
  const folder = stage === "final" ? runsLast(found) : found;
  const quarantine = path === undefined || dryRun ? undefined : new QuarantineFile(path);
  const tally = new Tally((refused, raw) => quarantine?.add(refused, raw));
  source.watch?.(tally);
  try {
    const work = (promised?: PromisedInserts) =>
      importFiles(target, source, folder, tally, promised);
    await (dryRun ? PromisedInserts.during(work) : work());
  } catch (error) {
    quarantine?.discard();
    throw error;
  }
  quarantine?.publish();
  return tally.report();
}

async function importFiles(
  target: Target,
  source: ImportSource,
  folder: StateFolder,
  tally: Tally,
  promised?: PromisedInserts,
): Promise<void> {
  /** Files of which a record was refused when it was written: nothing more of them counts as done. */
  const refusedIn = new Set<string>();
  const store = source.dryRun ? undefined : source.checkpoints?.store;
  const order = new LogOrder();
  await workOn(
    batches(newRecords(source, folder, tally)),
    async (batch) => {
      const repeats = order.repeatsIn(batch);
      const settled = await withFirsts(folder, await target.write(batch), repeats);
      for (const [record, outcome] of settled) {
        const { role, place, conversions, raw } = record;
        if (outcome === "inserted") promised?.add(record);
        if (outcome instanceof Refusal) {
          refusedIn.add(place.file);
          tally.refuse(role, place, outcome, raw);
        } else tally.settle(role, outcome, conversions);
      }
    },
    async ({ reached }) => store?.save(furthest(reached, refusedIn)),
  );
  if (promised) correct(tally, promised);
}

/** Counts what a dry run would insert twice as what an import makes of it. */
function correct(tally: Tally, promised: PromisedInserts): void {
  for (const { role, place, conversions, refusal } of promised.repeats()) {
    tally.takeBack(role, "inserted", conversions);
    if (refusal) tally.refuse(role, place, refusal);
    else tally.settle(role, "unchanged", conversions);
  }
}

/** The last checkpoint of each file that had no refusal. */
function furthest(reached: readonly Reached[], refusedIn: ReadonlySet<string>) {
  const counted = reached.filter(({ file }) => !refusedIn.has(file));
  return new Map(counted.map(({ file, checkpoint }) => [file, checkpoint]));
}

async function* newRecords(
  { shard, checkpoints }: ImportSource,
  folder: StateFolder,
  tally: Tally,
): AsyncGenerator<FileRecords> {
  for await (const files of blocksOf(stateFiles(folder, tally.skipped))) {
    const ours = shard ? files.filter(({ stem }) => isInShard(stem, shard)) : files;
    const known = await knownOf(ours, checkpoints);
    for (const file of ours) yield* recordsOf(folder, file, tally, known(file));
  }
}

async function knownOf(
  files: readonly StateFile[],
  checkpoints: ImportCheckpoints | undefined,
): Promise<(file: StateFile) => Known | undefined> {
  if (!checkpoints) return () => undefined;
  const { store, resumed, hashAll } = checkpoints;
  const names = files.filter(({ role }) => resumed.has(role)).map(({ name }) => name);
  const found = await store.read(names);
  return ({ name }) => ({ checkpoint: found.get(name), hashAll });
}

async function emptyRoles(sides: BothSides & ImportOptions): Promise<Set<CollectionRole>> {
  const empty = new Set<CollectionRole>();
  for (const role of collectionRoles) {
    const collection = collectionOf(sides, role);
    const look = () => collection.findOne({}, { projection: { _id: 1 } });
    const found = await withRetries(`Looking into ${collection.namespace}`, look, sides.retries);
    if (found === null) empty.add(role);
  }
  return empty;
}
