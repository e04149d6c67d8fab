import { stat } from "node:fs/promises";
import { join } from "node:path";
import { type Collection, type Document, MongoBulkWriteError } from "mongodb";
import { type CollectionRole, collectionRoles } from "../../contract";
import { isDocumentCode, withRetries } from "../../mongo";
import {
  mapLimit,
  type ReadyRecord,
  Refusal,
  describeLocation,
  runIdOf,
  findChanged,
} from "../../state";
import {
  type MergeBases,
  announceMergeBases,
  settleMergeBases,
  withdrawMergeBases,
} from "../merge-bases";
import type { Batch } from "../disk";
import { isUndecided } from "../merge";
import { type Pair, pairsOf } from "../pairs";
import { type BothSides, type ImportPass, collectionOf } from "../sides";
import type { Accepted } from "../tally";
import {
  type OutcomesSoFar,
  toConflict,
  refusedCodes,
  judgeRepeat,
  resolveBase,
  toRefusal,
} from "./outcomes";
import { replaceAll } from "./replace";

/** The state of an import that its writes share. */
export interface Writer {
  readonly sides: BothSides;
  readonly bases: MergeBases;
  readonly pass: ImportPass;
  /** Collections that had no document when the import began: their first query is skipped. */
  readonly empty: ReadonlySet<CollectionRole>;
  /** Whether web may have decided an approval on files since the handover. */
  readonly isInWindow: boolean;
  /** Compares and decides, but writes nothing. */
  readonly dryRun: boolean;
  /** Receives the runs with an approval that was undecided in MongoDB, and is decided now. */
  readonly decided: Set<string>;
}

interface Writing extends Writer {
  /** The records that earlier attempts at this batch sent, with the outcome of each that is found in MongoDB now. */
  readonly sent: Map<ReadyRecord, Accepted>;
  readonly outcomes: OutcomesSoFar;
}

/** Maximum attempts when other writers keep changing the key. */
const maxLooks = 3;

/**
 * Writes a batch: inserts missing records, replaces a document if the file wins by the merge rules, and leaves
 * everything else as it is. Safe against other writers: a document that appears meanwhile is compared, not overwritten.
 * Of two records with one key the first stays.
 *
 * @returns the outcome of each record
 */
export function writeBatch(writer: Writer, batch: Batch): Promise<OutcomesSoFar> {
  const { sides } = writer;
  const [first] = batch.records;
  const doing = () =>
    first
      ? `Importing ${first.role} into ${collectionOf(sides, first.role).namespace} ` +
        `from ${describeLocation(first.location)} on`
      : `Importing into ${sides.database.databaseName}`;
  const sent = new Map<ReadyRecord, Accepted>();
  return withRetries(doing, () => tryBatch({ ...writer, sent, outcomes: new Map() }, batch), sides);
}

async function tryBatch(to: Writing, { records, files }: Batch): Promise<OutcomesSoFar> {
  const { sides, pass, isInWindow, empty, sent, outcomes } = to;
  const { firsts, repeats } = splitDuplicates(records);
  // After both rollouts MongoDB is the source of truth for every run that it has or had.
  const truth = pass === "final" ? "mongo" : undefined;
  let open = firsts;
  for (let look = 1; open.length > 0 && look <= maxLooks; look += 1) {
    const isFirst = look === 1 && sent.size === 0;
    const pairs = await pairsOf(sides, open, "write", {
      truth,
      isInWindow,
      ...(isFirst && { empty }),
    });
    const winners = pairs.filter(({ verdict }) => verdict === "disk");
    const read = winners.flatMap(({ disk }) => files.get(disk.location.file) ?? []);
    const written = await decide(to, pairs, await findChanged(new Set(read)));
    if (to.dryRun) for (const pair of written) outcomes.set(pair.disk, outcomeOf(pair));
    else await writeAll(to, pairs, written);
    open = open.filter((record) => !outcomes.has(record));
  }
  for (const record of open) {
    outcomes.set(record, new Refusal("server", "another writer kept changing it"));
  }
  for (const [record, first] of repeats) outcomes.set(record, judgeRepeat(record, first, outcomes));
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

/**
 * Decides the outcomes of records, and returns the pairs to write.
 *
 * @param changed files that changed since they were read: MongoDB may have their new content
 */
async function decide(
  to: Writing,
  pairs: readonly Pair[],
  changed: ReadonlySet<string>,
): Promise<Pair[]> {
  const { sides, pass, sent, outcomes } = to;
  const written: Pair[] = [];
  for (const pair of pairs) {
    const { disk, mongo, verdict, agreement } = pair;
    const { file } = disk.location;
    const isBarred = pass === "final" && disk.role === "runs" && mongo && verdict === "disk";
    if (verdict === "conflict" || isBarred) outcomes.set(disk, toConflict(pass, pair));
    else if (verdict === "removed") outcomes.set(disk, verdict);
    else if (verdict === "equal" || verdict === "mongo" || changed.has(file)) {
      outcomes.set(disk, sent.get(disk) ?? "unchanged");
    } else if (agreement.file === undefined || agreement.file === file) written.push(pair);
    else {
      const other = await stat(join(sides.root, agreement.file)).catch(() => undefined);
      if (other?.isFile()) outcomes.set(disk, toConflict(pass, pair, agreement.file));
      else written.push(pair);
    }
  }
  return written;
}

const outcomeOf = ({ mongo }: Pair): Accepted => (mongo ? "updated" : "inserted");

/** Writes so that the next import can continue after a kill or another writer's change at any moment. */
async function writeAll(
  to: Writing,
  pairs: readonly Pair[],
  written: readonly Pair[],
): Promise<void> {
  const { sides, bases, decided, sent, outcomes } = to;
  // 1. Announce it. After a kill the announcement says that a document is this file's.
  const announced = written.flatMap(({ becomes }) => becomes ?? []);
  // guarantee: an import announces what it writes before it does
  if (announced.length > 0) await announceMergeBases(bases, "mongo", announced);

  // 2. Remember it. After a lost answer the next attempt counts what it finds as written by this one.
  const insertedNow = written.filter(({ disk, mongo }) => !mongo && !sent.has(disk));
  for (const pair of written) sent.set(pair.disk, outcomeOf(pair));

  // 3. Write it, a run's document last, so that a worker never resumes a run whose log is incomplete.
  const write = async (role: CollectionRole) => {
    const ofRole = written.filter(({ disk }) => disk.role === role);
    if (ofRole.length === 0) return;
    const collection = collectionOf(sides, role);
    const missing = ofRole.filter(({ mongo }) => !mongo);
    if (missing.length > 0) await insertAll(collection, missing, outcomes);
    if (missing.length < ofRole.length) await replaceAll(collection, ofRole, outcomes);
    for (const { disk, mongo } of role === "approvals" ? ofRole : []) {
      const isReplaced = mongo !== undefined && outcomes.get(disk) === "updated";
      if (isReplaced && isUndecided(mongo) && !isUndecided(disk.document)) {
        decided.add(runIdOf(disk));
      }
    }
  };
  const parts = collectionRoles.filter((role) => role !== "runs");
  // guarantee: no service on MongoDB sees a run before its parts
  await mapLimit(parts.length, parts, write);
  await write("runs");

  // 4. Another writer was first for a record without an outcome: withdraw its announcement. It is compared again.
  const isLeftOut = ({ disk }: Pair) => !outcomes.has(disk);
  for (const { disk } of written.filter(isLeftOut)) sent.delete(disk);
  const withdrawn = insertedNow.filter(isLeftOut).flatMap(({ becomes }) => becomes ?? []);
  if (withdrawn.length > 0) await withdrawMergeBases(bases, "mongo", withdrawn);

  // 5. Settle the merge bases of the records that both sides have now.
  const withBase = pairs.filter(({ becomes }) => becomes);
  const agreed = withBase.flatMap((pair) => resolveBase(pair, outcomes) ?? []);
  if (agreed.length > 0) await settleMergeBases(bases, "mongo", agreed);
}

/** MongoDB's code for a unique key that exists already. */
const duplicateKey = 11000;

/** Inserts records together; one whose document appeared meanwhile gets no outcome. */
async function insertAll(
  collection: Collection,
  pairs: readonly Pair[],
  outcomes: OutcomesSoFar,
): Promise<void> {
  const errors = await insertErrors(
    collection,
    pairs.map(({ disk }) => disk.document),
  );
  for (const [at, { disk }] of pairs.entries()) {
    const error = errors.get(at);
    if (!error) outcomes.set(disk, "inserted");
    else if (error.code !== duplicateKey) outcomes.set(disk, toRefusal(error.code));
  }
}

/**
 * The errors of single documents by their position. If the server refuses all of them because one is too large, each is
 * tried by itself.
 */
async function insertErrors(
  collection: Collection,
  documents: readonly Document[],
): Promise<ReadonlyMap<number, { readonly code?: unknown }>> {
  try {
    await collection.insertMany(documents, { ordered: false });
    return new Map();
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const errors = error.result.getWriteErrors();
    // The driver splits more than 16 MiB into several commands; a command's error has the earlier ones' write errors.
    const isOfCommand = ![error.writeErrors].flat().length;
    if (isOfCommand && refusedCodes.has(error.code)) {
      if (documents.length === 1) return new Map([[0, error]]);
      const found = new Map<number, { readonly code?: unknown }>();
      for (const [at, document] of documents.entries()) {
        const alone = (await insertErrors(collection, [document])).get(0);
        if (alone) found.set(at, alone);
      }
      return found;
    }
    // The other documents may have no majority yet, or were not tried.
    const ofOthers =
      error.result.getWriteConcernError() ?? errors.find(({ code }) => !isDocumentCode(code));
    if (isOfCommand || ofOthers) throw error;
    return new Map(errors.map((one) => [one.index, one]));
  }
}
