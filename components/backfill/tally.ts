import type { CollectionRole } from "../contract";
import { byRole } from "./by-role";
import type { Refusal, RefusalReason } from "./errors";
import type { Conversion } from "./stages/convert";
import type { Skipped } from "./stages/list";

/**
 * What became of one collection's records: `read` is the sum of `inserted`, `updated`,
 * `unchanged` and `quarantined`; `normalized` counts those of the first three that needed a
 * conversion beyond their form.
 */
export interface Counts {
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  normalized: number;
  quarantined: number;
}

export type Outcome = "inserted" | "updated" | "unchanged";

/** Where a record is: the file below the state root, the line of a log, the place in a list. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly entry?: number;
}

/** A record that was left out, and why. */
export interface Quarantined extends Place {
  readonly reason: RefusalReason;
  readonly detail: string;
}

/** The last line of a log that has no end yet: left for the next run. `offset` is in bytes. */
export interface IncompleteLine {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
}

/** What an import did. `quarantine` and `incomplete` hold the first thousand each. */
export interface ImportReport extends Record<CollectionRole, Counts> {
  files: number;
  bytes: number;
  elapsedMs: number;
  /** How many records needed each kind of conversion. */
  conversions: Partial<Record<Conversion, number>>;
  skipped: Skipped;
  incomplete: IncompleteLine[];
  quarantine: Quarantined[];
}

/** So many single cases are kept: memory stays flat, and nobody reads more. */
const keptCases = 1_000;

/** Counts what becomes of each record while an import or a verification runs. */
export class Tally {
  private readonly started = Date.now();
  readonly counts = byRole(emptyCounts);
  readonly skipped: Skipped = { hidden: 0, temporary: 0, links: 0 };
  readonly incomplete: IncompleteLine[] = [];
  readonly quarantine: Quarantined[] = [];
  private readonly conversions = new Map<Conversion, number>();
  files = 0;
  bytes = 0;

  settle(role: CollectionRole, outcome: Outcome, conversions: ReadonlySet<Conversion>): void {
    const counts = this.counts[role];
    counts.read += 1;
    counts[outcome] += 1;
    if (conversions.size > 0) counts.normalized += 1;
    for (const conversion of conversions) {
      this.conversions.set(conversion, (this.conversions.get(conversion) ?? 0) + 1);
    }
  }

  refuse(role: CollectionRole, place: Place, { reason, detail }: Refusal): void {
    this.counts[role].read += 1;
    this.counts[role].quarantined += 1;
    if (this.quarantine.length < keptCases) this.quarantine.push({ ...place, reason, detail });
  }

  leaveIncomplete(line: IncompleteLine): void {
    if (this.incomplete.length < keptCases) this.incomplete.push(line);
  }

  report(): ImportReport {
    return {
      files: this.files,
      bytes: this.bytes,
      elapsedMs: Date.now() - this.started,
      ...this.counts,
      conversions: Object.fromEntries(this.conversions),
      skipped: this.skipped,
      incomplete: this.incomplete,
      quarantine: this.quarantine,
    };
  }
}

function emptyCounts(): Counts {
  return { read: 0, inserted: 0, updated: 0, unchanged: 0, normalized: 0, quarantined: 0 };
}
