import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type CollectionRole, collectionRoles } from "../../contract";
import { withRetries } from "../../mongo";
import {
  mapLimit,
  type ReadyRecord,
  Refusal,
  differingPaths,
  describePlace,
  runIdOf,
} from "../../state";
import {
  type Bases,
  type NewBase,
  announceBases,
  basesIn,
  isAgreed,
  settleBases,
  withdrawBases,
} from "../bases";
import { isUndecided } from "../merge";
import { type Pair, pairsOf } from "../pairs";
import { type BothSides, type ImportPass, collectionOf } from "../sides";
import type { Outcome } from "../tally";
import { insertAll, replaceAll } from "./bulk";
import { findChanged } from "./read-file";
import type { Batch, Outcomes } from "./pipeline";

/** The destination of an import. */
export interface ImportTarget {
  /** Writes a batch and returns what became of each record. */
  write(batch: Batch): Promise<Outcomes>;
}

interface TargetOptions {
  readonly pass: ImportPass;
  /** Collections that had no document when the import began: the first look is skipped. */
  readonly empty: ReadonlySet<CollectionRole>;
  /** Compares and decides, but writes nothing. */
  readonly dryRun: boolean;
  /** Gets the runs of which an approval was undecided in MongoDB, and is decided now. */
  readonly decided?: Set<string>;
}

/** The database as a target. */
export function databaseTarget(sides: BothSides, options: TargetOptions): ImportTarget {
  const bases = basesIn(sides.database);
  return {
    write: (batch) => {
      const to = { sides, bases, options, sent: new Map<ReadyRecord, Outcome>() };
      const [first] = batch.records;
      const doing = first
        ? `Importing ${first.role} into ${collectionOf(sides, first.role).namespace} ` +
          `from ${describePlace(first.place)} on`
        : `Importing into ${sides.database.databaseName}`;
      return withRetries(doing, () => writeBatch(to, batch), sides);
    },
  };
}

interface Writing {
  readonly sides: BothSides;
  readonly bases: Bases;
  readonly options: TargetOptions;
  /** What earlier attempts at this batch sent: the outcome of each record that is found in MongoDB now. */
  readonly sent: Map<ReadyRecord, Outcome>;
}

type OutcomesSoFar = Map<ReadyRecord, Outcome | "removed" | Refusal>;

/** Maximum attempts when other writers keep changing the key. */
const maxLooks = 3;

/**
 * Writes a batch: inserts what is missing, replaces a document if the merge rules say that the file
 * wins, and leaves everything else as it is. Safe against other writers: a document that appears
 * meanwhile is compared, not overwritten. Of two records with one key the first stays.
 */
async function writeBatch(to: Writing, { records, files }: Batch): Promise<Outcomes> {
  const outcomes: OutcomesSoFar = new Map();
  const { firsts, repeats } = splitDuplicates(records);
  const { pass, empty } = to.options;
  // After both rollouts MongoDB is the source of truth for every run that it has or had.
  const truth = pass === "final" ? "mongo" : undefined;
  let open = firsts;
  for (let look = 1; open.length > 0 && look <= maxLooks; look += 1) {
    const isFirst = look === 1 && to.sent.size === 0;
    const pairs = await pairsOf(to.sides, open, { truth, ...(isFirst && { empty }) });
    const winners = pairs.filter(({ verdict }) => verdict === "disk");
    const read = winners.flatMap(({ disk }) => files.get(disk.place.file) ?? []);
    await recordOutcomes(to, pairs, await findChanged(new Set(read)), outcomes);
    open = open.filter((record) => !outcomes.has(record));
  }
  for (const record of open) {
    outcomes.set(record, new Refusal("server", "another writer kept changing it"));
  }
  // A repeat with the same content is unchanged, or refused like the first.
  for (const [record, first] of repeats) {
    const outcome = outcomes.get(first);
    const paths = differingPaths(record.role, record.document, first.document);
    if (paths.length > 0) {
      const detail = `${describePlace(first.place)} has the same key and different content: `;
      outcomes.set(record, new Refusal("conflict", detail + paths.join(", "), first.place));
    } else outcomes.set(record, outcome instanceof Refusal ? outcome : "unchanged");
  }
  return outcomes;
}

function splitDuplicates(records: readonly ReadyRecord[]) {
  const byKey = new Map<string, ReadyRecord>();
  const repeats: [ReadyRecord, ReadyRecord][] = [];
  for (const record of records) {
    const key = `${record.role}\0${record.key}`;
    const first = byKey.get(key);
    if (first) repeats.push([record, first]);
    else byKey.set(key, record);
  }
  return { firsts: repeats.length === 0 ? records : [...byKey.values()], repeats };
}

/** @param changed files that are not as they were read: MongoDB may have what they have now */
async function recordOutcomes(
  to: Writing,
  pairs: readonly Pair[],
  changed: ReadonlySet<string>,
  outcomes: OutcomesSoFar,
): Promise<void> {
  const written: Pair[] = [];
  for (const pair of pairs) {
    const { disk, mongo, verdict } = pair;
    const isBarred =
      to.options.pass === "final" && disk.role === "runs" && mongo && verdict === "disk";
    if (verdict === "conflict" || isBarred) outcomes.set(disk, conflict(to, pair));
    else if (verdict === "removed") outcomes.set(disk, verdict);
    else if (verdict === "equal" || verdict === "mongo" || changed.has(disk.place.file)) {
      outcomes.set(disk, to.sent.get(disk) ?? "unchanged");
    } else {
      const other = await otherFile(to, pair);
      if (other) outcomes.set(disk, conflict(to, pair, other));
      else written.push(pair);
    }
  }
  if (to.options.dryRun) {
    for (const pair of written) outcomes.set(pair.disk, outcomeOf(pair));
    return;
  }
  await writeAll(to, written, outcomes);
  await settleBases(to.bases, "mongo", newBases(pairs, outcomes));
}

const outcomeOf = ({ mongo }: Pair): Outcome => (mongo ? "updated" : "inserted");

/** Write a run's document last, so that a worker never resumes a run whose log is incomplete. */
async function writeAll(
  to: Writing,
  written: readonly Pair[],
  outcomes: OutcomesSoFar,
): Promise<void> {
  const { bases, sent } = to;
  const becoming = (some: readonly Pair[]) => some.flatMap(({ becomes }) => becomes ?? []);
  // guarantee: an import announces what it writes before it does
  await announceBases(bases, "mongo", becoming(written));
  const sentNow = written.filter(({ disk, mongo }) => !mongo && !sent.has(disk));
  for (const pair of written) sent.set(pair.disk, outcomeOf(pair));
  const write = async (role: CollectionRole) => {
    const pairs = written.filter(({ disk }) => disk.role === role);
    await writeRole(to, role, pairs, outcomes);
  };
  const parts = collectionRoles.filter((role) => role !== "runs");
  // guarantee: no service on MongoDB sees a run before its parts
  await mapLimit(parts.length, parts, write);
  await write("runs");
  // A record without an outcome is another writer's.
  const isLeftOut = ({ disk }: Pair) => !outcomes.has(disk);
  for (const { disk } of written.filter(isLeftOut)) sent.delete(disk);
  await withdrawBases(bases, "mongo", becoming(sentNow.filter(isLeftOut)));
}

async function writeRole(
  { sides, options }: Writing,
  role: CollectionRole,
  pairs: readonly Pair[],
  outcomes: OutcomesSoFar,
): Promise<void> {
  const collection = collectionOf(sides, role);
  const missing = pairs.filter(({ mongo }) => !mongo).map(({ disk }) => disk);
  for (const [disk, outcome] of await insertAll(collection, missing)) outcomes.set(disk, outcome);
  for (const [disk, outcome] of await replaceAll(collection, pairs)) outcomes.set(disk, outcome);
  for (const { disk, mongo } of role === "approvals" ? pairs : []) {
    const isReplaced = mongo !== undefined && outcomes.get(disk) === "updated";
    if (isReplaced && isUndecided(mongo) && !isUndecided(disk.document)) {
      options.decided?.add(runIdOf(disk));
    }
  }
}

function newBases(pairs: readonly Pair[], outcomes: Outcomes): NewBase[] {
  return pairs.flatMap(({ disk, verdict, base, agreement, becomes }) => {
    if (!becomes) return [];
    const outcome = outcomes.get(disk);
    const isWritten = outcome === "inserted" || outcome === "updated";
    const { agreed, file = becomes.file } = agreement;
    // An import was killed after this write, and a service changed the document since: its base is settled now.
    if (verdict === "mongo" && agreed && !base?.agreed) return [{ ...becomes, ...agreed, file }];
    if (!isWritten && (verdict !== "equal" || isAgreed(base, becomes))) return [];
    return [agreed?.disk === becomes.disk ? { ...becomes, file } : becomes];
  });
}

async function otherFile(
  { sides }: Writing,
  { agreement, disk }: Pair,
): Promise<string | undefined> {
  const { file } = agreement;
  if (file === undefined || file === disk.place.file) return undefined;
  const found = await stat(join(sides.root, file)).catch(() => undefined);
  return found?.isFile() ? file : undefined;
}

function conflict({ options }: Writing, { disk, mongo = {} }: Pair, file?: string): Refusal {
  const paths = differingPaths(disk.role, disk.document, mongo).join(", ");
  if (file === undefined) {
    const found = `MongoDB has different content: ${paths}`;
    // Under a fence MongoDB is the source of truth: nobody is to delete what it has.
    const isOpenRun = disk.role === "runs" && options.pass !== "final";
    return new Refusal("conflict", found, undefined, isOpenRun ? disk.key : undefined);
  }
  const detail = `${file} has the same key and different content: ${paths}`;
  return new Refusal("conflict", detail, { file });
}
