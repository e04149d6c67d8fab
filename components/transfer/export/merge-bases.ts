import type { CollectionRole } from "../../contract";
import { ServerTroubleError, withRetries } from "../../mongo";
import { type Key, readableKey } from "../../state";
import {
  type MergeBase,
  type NewMergeBase,
  announceMergeBases,
  mergeBasesIn,
  readMergeBases,
  settleMergeBases,
  withdrawMergeBases,
} from "../merge-bases";
import { noCases } from "../reports";
import { addCases } from "../tally";
import type { ExportSides } from "./sides";

/**
 * The merge bases of one export. Once a write of them fails, files are written without them, because a rollback must
 * work if MongoDB can only be read. A later change on both sides is then a conflict, and nothing is lost.
 */
export class ExportBases {
  private readonly bases;
  /** The reason why merge bases are not written; undefined as long as they are. */
  trouble: string | undefined;
  /** The records that are equal on both sides, without a merge base that says so. */
  readonly withoutMergeBase = noCases<string>();

  constructor(private readonly sides: ExportSides) {
    this.bases = mergeBasesIn(sides.database);
    if (sides.isUnconfirmed) this.trouble = "no majority has the data that was read";
  }

  /** Reads the merge bases of keys, by the index on `_id`; keys without one are absent. */
  read(
    keys: ReadonlyMap<CollectionRole, readonly Key[]>,
  ): Promise<Map<CollectionRole, Map<Key, MergeBase>>> {
    return this.retry(() => readMergeBases(this.bases, keys));
  }

  /** Announces the writes of files. */
  async announce(records: readonly NewMergeBase[]): Promise<void> {
    await this.write(() => announceMergeBases(this.bases, "disk", records));
  }

  /** Withdraws the announcements of files that were not written. */
  async withdraw(records: readonly NewMergeBase[]): Promise<void> {
    await this.write(() => withdrawMergeBases(this.bases, "disk", records));
  }

  /** Records that both sides agree. */
  async settle(records: readonly NewMergeBase[]): Promise<void> {
    if (await this.write(() => settleMergeBases(this.bases, "disk", records))) return;
    const cases = records.map(({ key }) => readableKey(key));
    addCases(this.withoutMergeBase, { count: cases.length, cases });
  }

  /**
   * Writes merge bases, unless a write failed before.
   *
   * @returns whether they were written
   * @throws ServerTroubleError in a bulk pass, which leaves the remaining records to the delta pass
   */
  async write(work: () => Promise<void>): Promise<boolean> {
    if (this.trouble !== undefined) return false;
    try {
      await this.retry(work);
      return true;
    } catch (error) {
      if (!(error instanceof ServerTroubleError) || this.sides.isBulk) throw error;
      this.trouble = error.found;
      return false;
    }
  }

  private retry<T>(work: () => Promise<T>): Promise<T> {
    const doing = `Keeping merge bases in ${this.bases.collection.namespace}`;
    return withRetries(doing, work, this.sides);
  }
}
