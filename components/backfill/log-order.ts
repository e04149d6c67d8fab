import { Long } from "mongodb";
import type { ReadyRecord } from "../state";
import type { Batch } from "./stages/batch";

/**
 * Tells which log entries may have the sequence of an earlier line of their file: all that are not
 * above every entry before. It looks at the batches in the files' order and remembers one number,
 * so a log of any size takes the same memory.
 */
export class LogOrder {
  private file = "";
  private highest = Long.MAX_VALUE;

  /** The entries of the next batch that may repeat a sequence. */
  repeatsIn({ role, records }: Batch): ReadonlySet<ReadyRecord> {
    return new Set(role === "logs" ? records.filter((record) => this.mayRepeat(record)) : []);
  }

  private mayRepeat({ place, document }: ReadyRecord): boolean {
    const sequence = document.sequence as Long;
    if (place.file !== this.file) {
      this.file = place.file;
      // Where the reading goes on behind an imported part, nothing is known of what lies before.
      this.highest = place.line === 1 ? Long.MIN_VALUE : Long.MAX_VALUE;
    }
    if (sequence.lessThanOrEqual(this.highest)) return true;
    this.highest = sequence;
    return false;
  }
}
