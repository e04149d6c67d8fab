import type { CollectionRole } from "../../contract";
import { ServerTroubleError, withRetries } from "../../mongo";
import { type Key, readableKey } from "../../state";
import {
  type Base,
  type NewBase,
  announceBases,
  basesIn,
  readBases,
  settleBases,
  withdrawBases,
} from "../bases";
import { addExamples } from "../tally";
import type { ExportSides } from "./sides";

/**
 * The bases of one export. Once a write of them fails, files are written without them, because a rollback must only be able
 * to read MongoDB: a later change on both sides is a conflict then, and nothing is lost.
 */
export class ExportBases {
  private readonly bases;
  /** Why bases are not written; undefined as long as they are. */
  trouble: string | undefined;
  /** The records of which both sides have the same, without a base that says so. */
  readonly withoutBase = { count: 0, cases: [] as string[] };

  constructor(private readonly sides: ExportSides) {
    this.bases = basesIn(sides.database);
    if (sides.isUnconfirmed) this.trouble = "no majority has what was read";
  }

  /** The bases of keys, by the index on `_id`; keys without one are absent. */
  read(
    keys: ReadonlyMap<CollectionRole, readonly Key[]>,
  ): Promise<Map<CollectionRole, Map<Key, Base>>> {
    return this.retry(() => readBases(this.bases, keys));
  }

  /** Announces what files will have. */
  async announce(records: readonly NewBase[]): Promise<void> {
    await this.write(() => announceBases(this.bases, "disk", records));
  }

  /** Withdraws announcements of files that were not written. */
  async withdraw(records: readonly NewBase[]): Promise<void> {
    await this.write(() => withdrawBases(this.bases, "disk", records));
  }

  /** Records that both sides agree. */
  async settle(records: readonly NewBase[]): Promise<void> {
    if (await this.write(() => settleBases(this.bases, "disk", records))) return;
    this.withoutBase.count += records.length;
    addExamples(this.withoutBase.cases, ...records.map(({ key }) => readableKey(key)));
  }

  /**
   * Does bookkeeping, unless that failed before.
   *
   * @returns whether it is done
   * @throws ServerTroubleError in a bulk pass, which leaves what follows to the delta pass
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
    const doing = `Keeping bases in ${this.bases.collection.namespace}`;
    return withRetries(doing, work, this.sides);
  }
}
