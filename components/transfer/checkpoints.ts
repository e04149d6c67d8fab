import type { Collection, Db, Document, Filter } from "mongodb";
import { type CollectionRole, checkpointsCollection, collectionRoles } from "../contract";
import { type Patience, withRetries } from "../mongo";
import {
  type FileStat,
  type NumberedLines,
  type ReadPosition,
  type ReadyRecord,
  type StateFile,
  isUnfinished,
  usualForms,
} from "../state";

/** The number of a file's records that are in MongoDB. */
export interface ImportedCounts {
  readonly records: number;
  /** The number of them that are runs that may still execute steps. */
  readonly unfinished: number;
}

const noCounts: ImportedCounts = { records: 0, unfinished: 0 };

/** Adds more records of a file to its counts. */
export function countMore(
  counts: ImportedCounts = noCounts,
  records: readonly ReadyRecord[],
): ImportedCounts {
  const unfinished = records.filter(
    ({ role, document }) => role === "runs" && isUnfinished(document),
  );
  return {
    records: counts.records + records.length,
    unfinished: counts.unfinished + unfinished.length,
  };
}

/** A file's progress: every record before `offset` is in MongoDB, and none was refused. Only a log has numbered lines. */
export interface Checkpoint extends FileStat, ReadPosition, ImportedCounts, NumberedLines {
  /** Whether that was the whole file, except a last line without an end. */
  readonly complete: boolean;
  /** The run's id by which the file was read. */
  readonly runId: string;
  /** By `converterOf`; another converter makes other documents of the file. */
  readonly converter: string;
}

/** The version of the conversion of files to documents. Raise it when the conversion gives other documents. */
const converterVersion = 1;

/** Names the conversion of a file. For a run, the forms of its steps are part of the name. */
export function converterOf({
  role,
  forms = usualForms,
}: Pick<StateFile, "role" | "forms">): string {
  const ofSteps = [forms.table, ...(forms.dates ?? [])];
  return [converterVersion, ...(role === "runs" ? ofSteps : [])].join(" ");
}

/** The imported beginning of a log whose lines have no sequence: their numbers depend on it. */
export type Beginning = Pick<Checkpoint, "runId" | "offset" | "hash">;

/** The checkpoints of a run's files, and the beginning of its log, which is not forgotten with them. */
export type RunCheckpoints = Readonly<
  Partial<Record<CollectionRole, Checkpoint> & { beginning: Beginning }>
>;

const fields = [...collectionRoles, "beginning"] as const;

type StoredCheckpoints = RunCheckpoints & { readonly _id: string };

/** The files' checkpoints in the database: one document a run, whose `_id` is `run:<base name of its files>`. */
export class Checkpoints {
  private readonly collection: Collection<StoredCheckpoints>;

  /** @param patience how long an operation is retried if the server has trouble */
  constructor(
    database: Db,
    private readonly patience?: Patience,
  ) {
    this.collection = database.collection(checkpointsCollection);
  }

  /**
   * Reads the checkpoints of some runs by the base names of their files. The index on `_id` serves it.
   *
   * @param ignored the fields to leave out
   */
  async read(
    baseNames: readonly string[],
    ignored: ReadonlySet<keyof RunCheckpoints> = new Set(),
  ): Promise<Map<string, RunCheckpoints>> {
    if (ignored.size === fields.length || baseNames.length === 0) return new Map();
    const wanted = { _id: { $in: baseNames.map(idOf) } };
    const projection = Object.fromEntries([...ignored].map((role) => [role, 0]));
    // All of them fit in one reply.
    const options = { projection, batchSize: baseNames.length + 1 };
    const found = await this.patient("Reading", () =>
      this.collection.find(wanted, options).toArray(),
    );
    return new Map(found.map((run) => [run._id.slice(prefix.length), run]));
  }

  /** Saves checkpoints, but never over a newer one that another importer of the same files saved. */
  async save(checkpoints: ReadonlyMap<StateFile, Checkpoint>): Promise<void> {
    if (checkpoints.size === 0) return;
    const runs = new Map<string, Document>();
    for (const [{ role, baseName }, checkpoint] of checkpoints) {
      const isNewer = { $gt: [`$${role}.seen`, checkpoint.seen] };
      const unlessNewer = (field: keyof RunCheckpoints, value: object) => ({
        [field]: { $cond: [isNewer, `$${field}`, { $literal: value }] },
      });
      const { lacksSequences = false, runId, offset, hash } = checkpoint;
      runs.set(baseName, {
        ...runs.get(baseName),
        ...unlessNewer(role, checkpoint),
        ...(lacksSequences && unlessNewer("beginning", { runId, offset, hash })),
      });
    }
    const operations = [...runs].map(([baseName, $set]) => ({
      updateOne: { filter: { _id: idOf(baseName) }, update: [{ $set }], upsert: true },
    }));
    await this.patient("Saving", () => this.collection.bulkWrite(operations, { ordered: false }));
  }

  /** Creates the index of `findUnfinished`, unless it exists. */
  async createIndex(): Promise<void> {
    const partialFilterExpression = { [unfinishedField]: { $gt: 0 } };
    const options = { name: "run_unfinished", partialFilterExpression };
    await this.patient("Indexing", () =>
      this.collection.createIndex({ [unfinishedField]: 1 }, options, {}),
    );
  }

  /**
   * Finds the runs that were unfinished when they were imported, with the base names of their files. The partial index,
   * which has only these, serves it.
   */
  async findUnfinished(): Promise<Map<string, string[]>> {
    const query = { [unfinishedField]: { $gt: 0 } } as Filter<StoredCheckpoints>;
    const found = await this.patient("Reading", () =>
      this.collection.find(query, { projection: { "runs.runId": 1 } }).toArray(),
    );
    const runs = new Map<string, string[]>();
    for (const { _id, runs: own } of found) {
      if (own) runs.set(own.runId, [...(runs.get(own.runId) ?? []), _id.slice(prefix.length)]);
    }
    return runs;
  }

  /**
   * Makes the next import read files from their beginning. Empties the documents, because the migrator's role may not
   * delete them; the merge bases stay.
   *
   * @param baseNames default all files
   * @param fields default all but the logs' beginnings
   */
  async forget(
    baseNames?: readonly string[],
    fields: readonly (keyof RunCheckpoints)[] = collectionRoles,
  ): Promise<void> {
    const ours = baseNames ? { _id: { $in: baseNames.map(idOf) } } : all;
    const update = [{ $unset: [...fields] }];
    await this.patient("Forgetting", () => this.collection.updateMany(ours, update));
  }

  private patient<T>(verb: string, work: () => Promise<T>): Promise<T> {
    return withRetries(`${verb} checkpoints in ${this.collection.namespace}`, work, this.patience);
  }
}

const unfinishedField = "runs.unfinished";

const prefix = "run:";
/** Selects all checkpoints. */
const all = idsFrom(prefix);

/** A filter that selects entries of the bookkeeping whose `_id` begins with a text. The index on `_id` serves it. */
export function idsFrom(start: string) {
  const next = String.fromCharCode(start.charCodeAt(start.length - 1) + 1);
  return { _id: { $gte: start, $lt: start.slice(0, -1) + next } };
}

function idOf(baseName: string): string {
  return prefix + baseName;
}
