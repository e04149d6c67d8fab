import { type Document, MongoError } from "mongodb";
import { basename } from "node:path";
import type { CollectionRole } from "../../contract";
import { ServerTroubleError } from "../../mongo";
import {
  type Key,
  Refusal,
  type WholeFileRole,
  WriteError,
  hashOf,
  isSystemError,
  isUnfinished,
  keyOf,
  mapLimit,
} from "../../state";
import type { MergeBase } from "../merge-bases";
import { readDocuments, findOtherRunIds, runsAsBytes } from "../documents";
import { documentIn, fieldIn } from "../exact-types";
import type { MongoSide } from "../sides";
import type { Tally } from "../tally";
import type { Order } from "./order";
import type { ExportBases } from "./merge-bases";
import { type LogInMongo, readLogEnds } from "./log-ends";
import type { ExportSides, PartRole } from "./sides";

/** The state that all runs of one export share. */
export interface ExportTask {
  readonly sides: ExportSides;
  readonly bases: ExportBases;
  readonly tally: Tally;
  /** The order by file name: runs that may share a name are written one after the other. */
  readonly order: Order;
  /** Whether the services write log lines without a sequence; looked up once, for the first new log. */
  readonly lacksSequences: () => Promise<boolean>;
  readonly held: HeldRuns;
}

/** The runs that were held when an export began. */
export interface HeldRuns {
  /** All held runs that have a file. */
  readonly runs: ReadonlySet<string>;
  /** Runs whose files are back in their folders. */
  readonly returned: string[];
  /** Runs that stay held. */
  readonly stillHeld: string[];
  /** Runs of `stillHeld` that could not return, because another file has the name. */
  readonly destinationTaken: string[];
}

/** The part of a document that is kept to detect a change. */
export interface StoredDocument {
  readonly key: Key;
  /** By `hashOf`. */
  readonly hash: string;
  /** The document itself; absent if it did not change, or if the block has no room for it: then it is read again. */
  readonly bytes: Uint8Array | undefined;
}

/** A run whose parts are not loaded yet. */
export interface RunHead {
  readonly runId: string;
  /** Absent if MongoDB has parts of the run only, or if its document is unreadable. */
  readonly own?: StoredDocument;
  /** Whether MongoDB has the run, and it may still execute steps. */
  readonly isUnfinished?: boolean | undefined;
  /** Why nothing of the run can be exported. */
  readonly refusal?: Refusal | undefined;
}

/** A run in MongoDB with its parts: an export's unit. */
export interface RunInMongo extends Omit<RunHead, "own"> {
  /** The base name of its files when both sides last agreed. */
  readonly baseName?: string | undefined;
  /** The documents of each file; `runs` has none if MongoDB does not have the run itself. */
  readonly files: ReadonlyMap<WholeFileRole, readonly StoredDocument[]>;
  readonly log: LogInMongo | undefined;
  /** The merge bases of the whole block. */
  readonly bases: ReadonlyMap<CollectionRole, ReadonlyMap<Key, MergeBase>>;
}

/** Maximum number of runs in a block, and of their bytes; a larger run is a block of its own. */
const blockRuns = 250;
const blockBytes = 1024 * 1024;

/**
 * Reads the runs in MongoDB in blocks.
 *
 * @param runIds the runs that are wanted, by the index on `_id`; undefined for all
 */
export async function* blocksOfRuns(
  sides: MongoSide,
  runIds: readonly string[] | undefined,
  isWanted: (run: RunHead) => boolean = () => true,
): AsyncGenerator<RunHead[]> {
  let block: RunHead[] = [];
  let size = 0;
  for await (const run of runHeads(sides, runIds)) {
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

async function* runHeads(
  sides: MongoSide,
  runIds: readonly string[] | undefined,
): AsyncGenerator<RunHead> {
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
 * Converts any error about one run to its refusal: one document never stops an export.
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
 * Looks up a block of runs in MongoDB with their parts, by a handful of queries for all of them. The indexes that begin
 * with `runId` serve these. If that fails for one of the runs, each is looked up by itself.
 *
 * @param roles the parts that are wanted
 */
export async function lookUp(
  task: ExportTask,
  block: readonly RunHead[],
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
  { sides, bases: exportBases }: ExportTask,
  block: readonly RunHead[],
  roles: readonly PartRole[],
): Promise<RunInMongo[]> {
  const runIds = block.map(({ runId }) => runId);
  const own: DocumentsOfRuns = new Map(block.map(({ runId, own }) => [runId, own ? [own] : []]));
  const files = new Map<WholeFileRole, DocumentsOfRuns>([["runs", own]]);
  let logs: ReadonlyMap<string, LogInMongo> = new Map();
  await mapLimit(roles.length, roles, async (role) => {
    if (role === "logs") logs = await readLogEnds(sides, runIds);
    else files.set(role, await partsOf(sides, role, runIds));
  });
  const keysIn = (runs: DocumentsOfRuns) => [...runs.values()].flat().map(({ key }) => key);
  const keys = new Map([...files].map(([role, runs]) => [role, keysIn(runs)]));
  // Parts of a run that MongoDB lacks go where its files were.
  const bases = await exportBases.read(keys.set("runs", runIds));
  // A document that did not change since both sides agreed is rarely written: if so, it is read again.
  const keep = (role: WholeFileRole) => (document: StoredDocument) => {
    const isAgreed = bases.get(role)?.get(document.key)?.agreed?.mongo === document.hash;
    return isAgreed && !sides.all ? { ...document, bytes: undefined } : document;
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

/** Above this total, the other parts of a block are dropped, and read again when they are written. */
const partBytes = 1024 * 1024;

async function partsOf(
  sides: MongoSide,
  role: WholeFileRole,
  runIds: readonly string[],
): Promise<DocumentsOfRuns> {
  const runs = new Map(runIds.map((runId): [string, StoredDocument[]] => [runId, []]));
  let size = 0;
  const found = await readDocuments(sides, role, { runId: { $in: runIds } }, (bytes) => {
    size += bytes.length;
    const document = documentIn(bytes);
    const stored = toStored(role, document, size <= partBytes ? bytes : undefined);
    return [String(document.runId), stored] as const;
  });
  for (const [runId, stored] of found) runs.get(runId)?.push(stored);
  return runs;
}
