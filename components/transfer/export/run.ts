import { type Document, Long, MongoError } from "mongodb";
import { basename } from "node:path";
import type { CollectionRole } from "../../contract";
import { ServerTroubleError, withRetries } from "../../mongo";
import {
  type Key,
  Refusal,
  type StateAddress,
  type WholeFileRole,
  WriteError,
  mapLimit,
  hashOf,
  isSystemError,
  isUnfinished,
  keyOf,
  rolesIn,
} from "../../state";
import { type Base, type Bases, type Hashes, type NewBase, readBases } from "../bases";
import { documentsOf, findOtherRunIds, reading, runsAsBytes } from "../documents";
import { documentIn, fieldIn } from "../exact-types";
import type { BothSides, MongoSide } from "../sides";
import type { ExportReport, OlderSide } from "../reports";
import type { Tally } from "../tally";
import type { Turns } from "../turns";

/** What is exported and where to; `root` is created if it is not there. */
export interface ExportSides extends BothSides {
  /** The side that is not as the last export left it. It calls for `all`. */
  readonly older?: OlderSide | undefined;
  /** Compares every document with its file, not only those that changed in MongoDB. */
  readonly all?: boolean;
  /** Whether a majority may never have what is read. As a base it would let an older record win later. */
  readonly isUnconfirmed?: boolean;
  /** The only runs that are exported; default all, and what has no run. */
  readonly only?: readonly string[] | undefined;
  /** The side that is the source of truth, as `merge` has it. Default: none. */
  readonly truth?: keyof Hashes | undefined;
  /** The services go on in MongoDB: nothing is written without a base, because a later change would be a conflict. */
  readonly isBulk?: boolean;
}

/** One export under way. */
export interface ExportTask {
  readonly sides: ExportSides;
  /** Where conflict copies go, those of held runs too. */
  readonly conflicts: StateAddress;
  /** The bases, and why they are not written any more; mostly undefined. */
  readonly bases: Bases & { trouble?: string | undefined };
  readonly tally: Tally;
  /** What an export lists besides what it counts. */
  readonly lists: Pick<ExportReport, "withoutBase" | "returned" | "stillHeld" | "destinationTaken">;
  /** The runs that were held when the export began: their files are there. */
  readonly held: Set<string>;
  /** Whether a file is believed to have what its base says. */
  readonly trustsBases: boolean;
  /** The bases to settle after the block. */
  readonly unsettled: NewBase[];
  /** The folders to sync before that: no base vouches for a file that a crash takes back. */
  readonly touched: Set<string>;
  /** Whether the services write log lines without a sequence; looked up once, for the first new log. */
  readonly lacksSequences: () => Promise<boolean>;
  /** Turns by file name: runs that may share one are written one after the other. */
  readonly turns: Turns;
}

/** Reads or writes bases, again if the server has trouble that passes. */
export function onBases<T>(
  { sides, bases }: ExportTask,
  work: (bases: Bases) => Promise<T>,
): Promise<T> {
  return withRetries(`Keeping bases in ${bases.collection.namespace}`, () => work(bases), sides);
}

/**
 * Writes bases, unless that failed before. Files are written without them, because a rollback only needs to read
 * MongoDB: without a base, a later change of both sides is a conflict, and nothing is lost.
 *
 * @returns whether they are written
 */
export async function keepBases(
  task: ExportTask,
  write: (bases: Bases) => Promise<void>,
): Promise<boolean> {
  if (task.bases.trouble !== undefined) return false;
  try {
    await onBases(task, write);
    return true;
  } catch (error) {
    if (!(error instanceof ServerTroubleError) || task.sides.isBulk) throw error;
    task.bases.trouble = error.found;
    return false;
  }
}

/** What MongoDB has of a run: an export's unit. */
export interface RunInMongo extends Omit<OwnRecord, "own"> {
  /** The base name of its files when both sides last agreed. */
  readonly baseName?: string | undefined;
  /** The documents of each file; of `runs` none if MongoDB does not have the run itself. */
  readonly files: ReadonlyMap<WholeFileRole, readonly StoredDocument[]>;
  readonly log: LogInMongo | undefined;
  /** The bases of the whole block. */
  readonly bases: ReadonlyMap<CollectionRole, ReadonlyMap<Key, Base>>;
}

/** A document as far as it has to be known if it did not change. */
export interface StoredDocument {
  readonly key: Key;
  /** By `hashOf`. */
  readonly hash: string;
  /** The document itself; absent if it did not change, or a block has no room for it: then it is read again. */
  readonly bytes: Uint8Array | undefined;
}

/** A log as far as it has to be known if it did not change. */
export interface LogInMongo {
  /** The least and the greatest sequence; the least and the greatest integer for one that is none. */
  readonly first: bigint;
  readonly last: bigint;
  /** The last entry's, by `hashOf`. */
  readonly hash: string;
}

/** The sequence of an entry, whatever number it is; undefined if it is not an integer. */
export function sequenceOf({ sequence }: Document): bigint | undefined {
  const text = String(sequence);
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

/** What belongs to a run: it comes to files before the run does. */
export type PartRole = Exclude<CollectionRole, "runs">;

/** The parts that an export writes. */
export function partRoles(sides: ExportSides): PartRole[] {
  return rolesIn(sides).filter((role) => role !== "runs");
}

/** A run of which the parts are still to be looked for. */
export interface OwnRecord {
  readonly runId: string;
  /** Absent if MongoDB has parts of the run only, or if its document is unreadable. */
  readonly own?: StoredDocument;
  /** Whether MongoDB has the run, and it may still execute steps. */
  readonly isUnfinished?: boolean | undefined;
  /** Why nothing of the run can be exported. */
  readonly refusal?: Refusal | undefined;
}

const blockRuns = 250;
const blockBytes = 1024 * 1024;

/**
 * The runs in MongoDB in blocks; a larger run is a block of its own.
 *
 * @param runIds the runs that are wanted, by the index on `_id`; undefined for all
 */
export async function* blocksOfRuns(
  sides: MongoSide,
  runIds: readonly string[] | undefined,
  isWanted: (run: OwnRecord) => boolean = () => true,
): AsyncGenerator<OwnRecord[]> {
  let block: OwnRecord[] = [];
  let size = 0;
  for await (const run of ownRecords(sides, runIds)) {
    if (!isWanted(run)) continue;
    const length = run.own?.bytes?.length ?? 0;
    if (block.length >= blockRuns || (size > 0 && size + length > blockBytes)) {
      yield block;
      block = [];
      size = 0;
    }
    block.push(run);
    size += length;
  }
  if (block.length > 0) yield block;
}

async function* ownRecords(
  sides: MongoSide,
  runIds: readonly string[] | undefined,
): AsyncGenerator<OwnRecord> {
  for await (const bytes of runsAsBytes(sides, runIds)) {
    try {
      const document = documentIn(bytes);
      const own = toStored("runs", document, bytes);
      yield { runId: String(document._id), own, isUnfinished: isUnfinished(document) };
    } catch (error) {
      yield { runId: String(fieldIn(bytes, "_id")), refusal: refuseRun(error) };
    }
  }
  if (runIds) return;
  const refusal = new Refusal("form", "its id is not a text");
  for (const runId of await findOtherRunIds(sides)) yield { runId, refusal };
}

/**
 * Turns what went wrong with one run into its refusal, whatever it is: one document never stops an export.
 *
 * @throws the error itself if it is trouble of the server or of the machine, which concerns all runs
 */
export function refuseRun(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const isGeneral =
    error instanceof MongoError ||
    error instanceof ServerTroubleError ||
    error instanceof WriteError ||
    isSystemError(error);
  if (isGeneral || !(error instanceof Error)) throw error;
  // The message may quote a value.
  return new Refusal("form", `it cannot be read or written (${error.name})`);
}

function toStored(role: WholeFileRole, document: Document, bytes?: Uint8Array): StoredDocument {
  return { key: keyOf(role, document), hash: hashOf(role, document), bytes };
}

/**
 * Looks up what MongoDB has of a block of runs, by a handful of queries for all of them, which the indexes that begin
 * with `runId` serve.
 *
 * @param roles the parts that are wanted
 */
export async function lookUp(
  task: ExportTask,
  block: readonly OwnRecord[],
  roles: readonly PartRole[],
): Promise<RunInMongo[]> {
  try {
    return await lookUpAll(task, block, roles);
  } catch (error) {
    const refusal = refuseRun(error);
    const [first] = block;
    if (first && block.length === 1) return [{ ...nothing, ...first, refusal }];
    const found: RunInMongo[] = [];
    for (const one of block) found.push(...(await lookUp(task, [one], roles)));
    return found;
  }
}

const nothing = { files: new Map(), log: undefined, bases: new Map() };

async function lookUpAll(
  task: ExportTask,
  block: readonly OwnRecord[],
  roles: readonly PartRole[],
): Promise<RunInMongo[]> {
  const runIds = block.map(({ runId }) => runId);
  const own: DocumentsOfRuns = new Map(block.map(({ runId, own }) => [runId, own ? [own] : []]));
  const files = new Map<WholeFileRole, DocumentsOfRuns>([["runs", own]]);
  let logs: ReadonlyMap<string, LogInMongo> = new Map();
  await mapLimit(roles.length, roles, async (role) => {
    if (role === "logs") logs = await logEnds(task.sides, runIds);
    else files.set(role, await partsOf(task.sides, role, runIds));
  });
  const keysIn = (runs: DocumentsOfRuns) => [...runs.values()].flat().map(({ key }) => key);
  const keys = new Map([...files].map(([role, runs]) => [role, keysIn(runs)]));
  // Parts of a run that MongoDB lacks go where its files were.
  const bases = await onBases(task, (bases) => readBases(bases, keys.set("runs", runIds)));
  // What did not change since both sides agreed is hardly ever written, and read again then.
  const keep = (role: WholeFileRole) => (document: StoredDocument) => {
    const isAgreed = bases.get(role)?.get(document.key)?.agreed?.mongo === document.hash;
    return isAgreed && task.trustsBases ? { ...document, bytes: undefined } : document;
  };
  return block.map(({ runId, isUnfinished, refusal }) => {
    const ofRun = [...files].map(
      ([role, runs]) => [role, (runs.get(runId) ?? []).map(keep(role))] as const,
    );
    const file = bases.get("runs")?.get(runId)?.file;
    const baseName = file && basename(file, ".json");
    const log = logs.get(runId);
    return { runId, isUnfinished, refusal, baseName, log, files: new Map(ofRun), bases };
  });
}

type DocumentsOfRuns = ReadonlyMap<string, readonly StoredDocument[]>;

/** The parts of a block that have together more bytes are read again if they are to be written. */
const partBytes = 1024 * 1024;

async function partsOf(
  sides: MongoSide,
  role: WholeFileRole,
  runIds: readonly string[],
): Promise<DocumentsOfRuns> {
  const runs = new Map(runIds.map((runId): [string, StoredDocument[]] => [runId, []]));
  let size = 0;
  const found = await documentsOf(sides, role, { runId: { $in: runIds } }, (bytes) => {
    size += bytes.length;
    const document = documentIn(bytes);
    const stored = toStored(role, document, size <= partBytes ? bytes : undefined);
    return [String(document.runId), stored] as const;
  });
  for (const [runId, stored] of found) runs.get(runId)?.push(stored);
  return runs;
}

/**
 * How the logs of some runs begin and end, by two queries for all of them: the unique index leads to the first and the
 * last entry of each, however long the log is, and on each shard. A run without entries is left out.
 */
async function logEnds(
  sides: MongoSide,
  runIds: readonly string[],
): Promise<Map<string, LogInMongo>> {
  const [firsts, lasts] = await Promise.all([
    outermost(sides, runIds, 1),
    outermost(sides, runIds, -1),
  ]);
  const first = new Map(firsts.map((one) => [String(one.runId), sequenceOf(one)]));
  const { MIN_VALUE, MAX_VALUE } = Long;
  return new Map(
    lasts.map((one) => {
      const runId = String(one.runId);
      const from = first.get(runId) ?? MIN_VALUE.toBigInt();
      const last = sequenceOf(one) ?? MAX_VALUE.toBigInt();
      return [runId, { first: from, last, hash: hashOf("logs", one) }];
    }),
  );
}

async function outermost(
  sides: MongoSide,
  runIds: readonly string[],
  sequence: 1 | -1,
): Promise<Document[]> {
  const lookUp = { localField: "_id", foreignField: "runId", as: "end" };
  const pipeline = [
    { $documents: runIds.map((_id) => ({ _id: { $literal: _id } })) },
    {
      $lookup: {
        from: sides.collections.logs,
        ...lookUp,
        pipeline: [{ $sort: { sequence } }, { $limit: 1 }],
      },
    },
    { $unwind: "$end" },
    { $replaceWith: "$end" },
  ];
  // One reply has them all.
  const options = { raw: true, batchSize: runIds.length + 1 };
  const found = await reading(sides, "logs", () =>
    sides.database.aggregate(pipeline, options).toArray(),
  );
  return found.map((raw) => documentIn(raw as Uint8Array));
}
