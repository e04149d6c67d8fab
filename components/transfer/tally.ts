import { createHash } from "node:crypto";
import { type CollectionRole, byRole } from "../contract";
import {
  type Conversion,
  type IncompleteLine,
  type Place,
  type Raw,
  type Refusal,
  type RefusalReason,
  type Skipped,
  mayBeUnfinished,
  noneSkipped,
} from "../state";
import type { ImportedCounts } from "./checkpoints";

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

/** A record that was left out, and why. */
export interface Quarantined extends Place {
  readonly reason: RefusalReason;
  readonly detail: string;
  /** Where the record is that has the same key and came first. */
  readonly other?: Place;
}

/** Unfinished runs that MongoDB has from an import, and whose files are gone. */
export interface MissingRuns {
  readonly count: number;
  /** Their ids in order; in outputs the first twenty. */
  readonly runs: readonly string[];
  /** Of the complete list, for `advanced.acceptMissing`. */
  readonly hash: string;
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
  /** How many files were not read again, because they are as they were when they were imported. */
  unchangedFiles: number;
  /**
   * Quarantined runs that are unfinished on disk, or that nobody can parse: they stop a cutover. How many
   * there are, and the first thousand.
   */
  quarantinedUnfinished: { count: number; cases: Quarantined[] };
  /** Absent if nobody looked for them. */
  missing?: MissingRuns;
  /** How many runs on disk may still execute steps, quarantined ones included. */
  unfinishedRuns: number;
}

/**
 * The hash of a list, whatever its order and length, by which the settings `advanced.acceptMissing` and
 * `advanced.acceptQuarantined` accept just what a person has seen: 16 hexadecimal digits.
 */
export class ListHash {
  private sum = 0n;

  add(item: string): this {
    const digest = createHash("sha256").update(item).digest().readBigUInt64BE();
    this.sum = BigInt.asUintN(64, this.sum + digest);
    return this;
  }

  toString(): string {
    return this.sum.toString(16).padStart(16, "0");
  }
}

/** The maximum number of single cases that are kept: memory stays flat, and nobody reads more. */
const keptCases = 1_000;

/** Counts what becomes of each record while an import or a verification runs. */
export class Tally {
  private readonly started = Date.now();
  readonly counts = byRole((): Counts => ({
    read: 0,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    normalized: 0,
    quarantined: 0,
  }));
  readonly skipped = noneSkipped();
  readonly incomplete: IncompleteLine[] = [];
  readonly quarantine: Quarantined[] = [];
  private readonly conversions = new Map<Conversion, number>();
  files = 0;
  bytes = 0;
  private unchangedFiles = 0;
  private unfinishedRuns = 0;
  /** All that is quarantined, and in a verification all that differs. */
  readonly left = new ListHash();
  private readonly quarantinedUnfinished: ImportReport["quarantinedUnfinished"] = {
    count: 0,
    cases: [],
  };

  /** @param keep gets every refused record with what its file has */
  constructor(private readonly keep?: (refused: Quarantined, raw?: Raw) => void) {}

  /** @param mayExecute whether it is a run that may still execute steps; default: it is not */
  settle(
    role: CollectionRole,
    outcome: Outcome,
    conversions: ReadonlySet<Conversion>,
    mayExecute = false,
  ): void {
    const counts = this.counts[role];
    if (mayExecute) this.unfinishedRuns += 1;
    counts.read += 1;
    counts[outcome] += 1;
    if (conversions.size > 0) counts.normalized += 1;
    for (const conversion of conversions) this.count(conversion, 1);
  }

  private count(conversion: Conversion, times: number): void {
    this.conversions.set(conversion, (this.conversions.get(conversion) ?? 0) + times);
  }

  /** @param raw what the file has, if it could be read */
  refuse(role: CollectionRole, place: Place, { reason, detail, other }: Refusal, raw?: Raw): void {
    this.counts[role].read += 1;
    this.counts[role].quarantined += 1;
    const refused = { ...place, reason, detail, ...(other && { other }) };
    this.left.add(JSON.stringify(refused));
    this.keep?.(refused, raw);
    if (this.quarantine.length < keptCases) this.quarantine.push(refused);
    if (role !== "runs" || !mayBeUnfinished(raw?.text)) return;
    this.unfinishedRuns += 1;
    this.quarantinedUnfinished.count += 1;
    const { cases } = this.quarantinedUnfinished;
    if (cases.length < keptCases) cases.push(refused);
  }

  /** How many records of a collection were refused so far. */
  countRefused(role: CollectionRole): number {
    return this.counts[role].quarantined;
  }

  /** Counts the records of a file, or of a log's beginning, that an earlier import brought. */
  resume(role: CollectionRole, imported: ImportedCounts): void {
    const { records, normalized, conversions, unfinished } = imported;
    const counts = this.counts[role];
    this.unfinishedRuns += unfinished;
    counts.read += records;
    counts.unchanged += records;
    counts.normalized += normalized;
    for (const [conversion, count] of Object.entries(conversions)) {
      this.count(conversion as Conversion, count);
    }
    this.unchangedFiles += 1;
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
      unchangedFiles: this.unchangedFiles,
      unfinishedRuns: this.unfinishedRuns,
      quarantinedUnfinished: this.quarantinedUnfinished,
    };
  }
}

/**
 * The report of an import that several shards did: counts are summed, cases follow each other. The
 * time is that of the longest; what was skipped is what each of them saw of all files.
 */
export function ofShards([first, ...others]: readonly ImportReport[]): ImportReport {
  if (!first) throw new Error("An import has the report of one shard at least.");
  const sum = others.reduce((one, other) => addCounts(one, other) as ImportReport, first);
  const elapsedMs = Math.max(...[first, ...others].map((one) => one.elapsedMs));
  return { ...sum, elapsedMs, skipped: first.skipped };
}

function addCounts(one: unknown, other: unknown): unknown {
  if (one === undefined || other === undefined) return one ?? other;
  if (typeof one === "number") return one + (other as number);
  if (Array.isArray(one)) return [...(one as unknown[]), ...(other as unknown[])];
  const [left, right] = [one, other] as [Record<string, unknown>, Record<string, unknown>];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return Object.fromEntries(keys.map((key) => [key, addCounts(left[key], right[key])]));
}
