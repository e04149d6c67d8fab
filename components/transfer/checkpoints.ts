import type { Collection, Db } from "mongodb";
import { checkpointsCollection } from "../contract";
import { withRetries } from "../mongo";
import {
  type Conversion,
  type FileStamp,
  type ReadPosition,
  type ReadyRecord,
  isUnfinished,
} from "../state";

/** How many records of a file are in MongoDB, and what they needed. */
export interface ImportedCounts {
  readonly records: number;
  readonly normalized: number;
  readonly conversions: Readonly<Partial<Record<Conversion, number>>>;
  /** How many of them are runs that may still execute steps. */
  readonly unfinished: number;
}

const noCounts: ImportedCounts = { records: 0, normalized: 0, conversions: {}, unfinished: 0 };

/** The counts of a file with some more of its records. */
export function countMore(
  counts: ImportedCounts = noCounts,
  records: readonly ReadyRecord[],
): ImportedCounts {
  let { normalized, unfinished } = counts;
  const kinds = { ...counts.conversions };
  for (const { role, document, conversions } of records) {
    if (conversions.size > 0) normalized += 1;
    for (const one of conversions) kinds[one] = (kinds[one] ?? 0) + 1;
    if (role === "runs" && isUnfinished(document)) unfinished += 1;
  }
  const all = counts.records + records.length;
  return { records: all, normalized, conversions: kinds, unfinished };
}

/** A file's progress: every record before `offset` is in MongoDB, and none was refused. */
export interface Checkpoint extends FileStamp, ReadPosition, ImportedCounts {
  /** Whether that was the whole file, except a last line without an end. */
  readonly complete: boolean;
  /** The run's id by which the file was read. */
  readonly runId: string;
}

/** A checkpoint in the database: its `_id` is `file:<name below the state directory>`. */
interface CheckpointDocument extends Checkpoint {
  readonly _id: string;
}

/** The files' checkpoints in the database. */
export class Checkpoints {
  private readonly collection: Collection<CheckpointDocument>;

  /** @param retries how often one is tried again if the server has trouble */
  constructor(
    database: Db,
    private readonly retries?: number,
  ) {
    this.collection = database.collection(checkpointsCollection);
  }

  /** The checkpoints of some files by their names below the state directory. */
  async read(names: readonly string[]): Promise<Map<string, Checkpoint>> {
    if (names.length === 0) return new Map();
    const wanted = { _id: { $in: names.map(idOf) } };
    // One reply has them all.
    const all = { batchSize: names.length + 1 };
    const found = await this.patient("Reading", () => this.collection.find(wanted, all).toArray());
    const prefix = idOf("").length;
    return new Map(found.map((checkpoint) => [checkpoint._id.slice(prefix), checkpoint]));
  }

  /** Saves checkpoints, but never over a newer one, which another importer of the same files has. */
  async save(checkpoints: ReadonlyMap<string, Checkpoint>): Promise<void> {
    if (checkpoints.size === 0) return;
    const operations = [...checkpoints].map(([name, checkpoint]) => {
      const _id = idOf(name);
      const isNewer = { $gt: ["$seen", checkpoint.seen] };
      const next = { $cond: [isNewer, "$$ROOT", { $literal: { _id, ...checkpoint } }] };
      return { updateOne: { filter: { _id }, update: [{ $replaceWith: next }], upsert: true } };
    });
    await this.patient("Saving", () => this.collection.bulkWrite(operations, { ordered: false }));
  }

  /**
   * Makes the next import read every file again. Invalidates the checkpoints, because the migrator's role may not
   * delete documents; the bases stay.
   */
  async forget(): Promise<void> {
    const ours = { _id: { $gte: idOf(""), $lt: "file;" } };
    const fitsNone = { $set: { hash: "", complete: false } };
    await this.patient("Forgetting", () => this.collection.updateMany(ours, fitsNone));
  }

  private patient<T>(verb: string, work: () => Promise<T>): Promise<T> {
    return withRetries(`${verb} checkpoints in ${this.collection.namespace}`, work, {
      retries: this.retries,
    });
  }
}

function idOf(name: string): string {
  return `file:${name}`;
}
