import { createHash } from "node:crypto";
import { type CollectionRole, byRole, collectionRoles } from "../contract";
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

/** What an import does with a record that it takes. */
export type Outcome = "inserted" | "updated" | "unchanged";

/** A record that was left out, and why. */
export interface Quarantined extends Place {
  readonly reason: RefusalReason;
  readonly detail: string;
  /** Where the record is that has the same key and came first. */
  readonly other?: Place;
}

/**
 * A document whose file changed too; `copy` has MongoDB's content. Paths are below the root. Of a log that
 * differs `id` is the run's, and `copy` is the collection: MongoDB's entries stay there.
 */
export interface ExportConflict {
  readonly id: string;
  readonly file: string;
  readonly copy: string;
  readonly detail: string;
}

/** A document that could not be written, and why. */
export interface Unwritable {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
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
  /**
   * Files whose records the proof compared, and files that it left out because they changed; and how long the
   * import of these took after it. Absent if there was no proof.
   */
  proof?: { provenFiles: number; changedFiles: number; importMs: number };
}

/**
 * What became of one collection's documents: `documents` is the sum of the others. For logs a
 * document is a log entry that was looked at, else a run, an approval or an artifact.
 */
export interface ExportCounts {
  documents: number;
  /** Written to files: new there, or changed only in MongoDB. */
  written: number;
  /** The file has it, or neither side changed since the last import or export. */
  unchanged: number;
  /** Changed only on disk: the file stays, the next import brings it. */
  newerOnDisk: number;
  /** Changed on both sides: the file stays, MongoDB's content is written to a conflict copy. Of logs: that differ. */
  conflicts: number;
  /** No file can hold it. */
  unwritable: number;
}

/** What an export did. `conflicts` and `unwritable` hold the first thousand cases each. */
export interface ExportReport extends Record<CollectionRole, ExportCounts> {
  /** How many files were written again or appended to, conflict copies not counted. */
  files: number;
  /** How many bytes were written. */
  bytes: number;
  elapsedMs: number;
  conflicts: ExportConflict[];
  unwritable: Unwritable[];
  /** The records of which both sides have the same, without a base that says so: all of them. */
  withoutBase: string[];
  /** Why there are such records; absent if there are none. */
  baseTrouble?: string;
  /** The runs that were held and are in their places again. */
  returned: string[];
  /** The runs that stay held: in conflict, not to be written, or another file has the place. */
  stillHeld: string[];
  /** Those of `stillHeld` of which another file has the place. */
  inTheWay: string[];
  /** The runs whose files in their places are older than MongoDB: all that failed, or that it has no more. */
  behind: string[];
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

/** What may be counted of a collection's records in an import, an export or a verification. */
const countNames = [
  ...(["records", "inserted", "updated", "unchanged", "normalized", "quarantined"] as const),
  ...(["written", "newerOnDisk", "conflicts", "unwritable"] as const),
  ...(["equal", "newerInMongo", "expired", "missing", "differing"] as const),
] as const;
type CountName = (typeof countNames)[number];

/** The maximum number of examples of a kind: memory stays flat, and nobody reads more. */
const keptCases = 1_000;

/** Keeps examples of a kind as long as there is room. */
export function keep<Case>(cases: Case[], ...more: readonly Case[]): void {
  cases.push(...more.slice(0, keptCases - cases.length));
}

/** Counts what becomes of records in an import, an export or a verification, with examples of each kind. */
export class Tally {
  private readonly started = Date.now();
  readonly counts = byRole(
    () => Object.fromEntries(countNames.map((name) => [name, 0])) as Record<CountName, number>,
  );
  files = 0;
  bytes = 0;
  /** Files that a proof leaves out, because they are not as they were imported. */
  changedFiles = 0;
  readonly skipped = noneSkipped();
  readonly incomplete: IncompleteLine[] = [];
  readonly quarantine: Quarantined[] = [];
  readonly quarantinedUnfinished = { count: 0, cases: [] as Quarantined[] };
  readonly conflicts: ExportConflict[] = [];
  readonly unwritable: Unwritable[] = [];
  readonly onlyInFiles = byRole((): string[] => []);
  readonly different = byRole((): { id: string; paths: readonly string[] }[] => []);
  /** All that is quarantined, and in a verification all that differs. */
  readonly left = new ListHash();
  private readonly conversions: ImportReport["conversions"] = {};
  private unchangedFiles = 0;
  private unfinishedRuns = 0;

  /** @param keepRaw gets every refused record with what its file has */
  constructor(private readonly keepRaw?: (refused: Quarantined, raw?: Raw) => void) {}

  get elapsedMs(): number {
    return Date.now() - this.started;
  }

  /** Counts records of a collection, and what became of them. */
  count(role: CollectionRole, outcome: Exclude<CountName, "records">, times = 1): void {
    this.counts[role].records += times;
    this.counts[role][outcome] += times;
  }

  /**
   * Counts a record that an import took.
   *
   * @param mayExecute whether it is a run that may still execute steps; default: it is not
   */
  settle(
    role: CollectionRole,
    outcome: Outcome,
    conversions: ReadonlySet<Conversion>,
    mayExecute = false,
  ): void {
    this.count(role, outcome);
    if (mayExecute) this.unfinishedRuns += 1;
    if (conversions.size > 0) this.counts[role].normalized += 1;
    for (const one of conversions) this.conversions[one] = (this.conversions[one] ?? 0) + 1;
  }

  /**
   * Counts a record on disk that is left out.
   *
   * @param raw what the file has, if it could be read
   */
  refuse(role: CollectionRole, place: Place, { reason, detail, other }: Refusal, raw?: Raw): void {
    this.count(role, "quarantined");
    const refused = { ...place, reason, detail, ...(other && { other }) };
    this.left.add(JSON.stringify(refused));
    this.keepRaw?.(refused, raw);
    keep(this.quarantine, refused);
    if (role !== "runs" || !mayBeUnfinished(raw?.text)) return;
    this.unfinishedRuns += 1;
    this.quarantinedUnfinished.count += 1;
    keep(this.quarantinedUnfinished.cases, refused);
  }

  /** Counts a document that no file can hold. */
  refuseDocument(role: CollectionRole, id: string, { reason, detail }: Refusal): void {
    this.count(role, "unwritable");
    keep(this.unwritable, { id, reason, detail });
  }

  /** Counts a document whose file changed too, or a log that differs. */
  conflict(role: CollectionRole, conflict: ExportConflict): void {
    this.count(role, "conflicts");
    keep(this.conflicts, conflict);
  }

  /** Counts the records of a file, or of a log's beginning, that an earlier import brought. */
  resume(role: CollectionRole, imported: ImportedCounts): void {
    const { records, normalized, conversions, unfinished } = imported;
    this.count(role, "unchanged", records);
    this.unfinishedRuns += unfinished;
    this.counts[role].normalized += normalized;
    const all = addCounts(this.conversions, conversions) as ImportReport["conversions"];
    Object.assign(this.conversions, all);
    this.unchangedFiles += 1;
  }

  leaveIncomplete(line: IncompleteLine): void {
    keep(this.incomplete, line);
  }

  /** Counts what another tally of an export has counted. */
  add(other: Tally): void {
    for (const role of collectionRoles) {
      for (const name of countNames) this.counts[role][name] += other.counts[role][name];
    }
    keep(this.conflicts, ...other.conflicts);
    keep(this.unwritable, ...other.unwritable);
    this.files += other.files;
    this.bytes += other.bytes;
  }

  /** All records of each collection, by a name of the report's, and what became of them. */
  countsOf<Total extends string, Name extends CountName>(total: Total, ...names: Name[]) {
    return byRole((role) => {
      const counts: Readonly<Record<CountName, number>> = this.counts[role];
      const named = names.map((name) => [name, counts[name]] as const);
      return Object.fromEntries([[total, counts.records], ...named]) as Record<
        Total | Name,
        number
      >;
    });
  }

  /** What an import counted. */
  report(): ImportReport {
    const { files, bytes, elapsedMs, conversions, skipped, incomplete, quarantine } = this;
    const { unchangedFiles, unfinishedRuns, quarantinedUnfinished } = this;
    const outcomes = ["inserted", "updated", "unchanged", "normalized", "quarantined"] as const;
    const counts = this.countsOf("read", ...outcomes);
    return {
      ...{ files, bytes, elapsedMs, ...counts, conversions, skipped, incomplete, quarantine },
      ...{ unchangedFiles, unfinishedRuns, quarantinedUnfinished },
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

/** The report of two imports of the same files: a record that both of them wrote counts once. */
export function joinImports(first: ImportReport, second: ImportReport): ImportReport {
  const counts = byRole((role): Counts => {
    const { read, normalized, quarantined } = second[role];
    const taken = read - quarantined;
    const inserted = Math.min(taken, first[role].inserted + second[role].inserted);
    const updated = Math.min(taken - inserted, first[role].updated + second[role].updated);
    const unchanged = taken - inserted - updated;
    return { read, inserted, updated, unchanged, normalized, quarantined };
  });
  const { unchangedFiles } = first;
  const bytes = first.bytes + second.bytes;
  return {
    ...second,
    ...counts,
    unchangedFiles,
    bytes,
    elapsedMs: first.elapsedMs + second.elapsedMs,
  };
}

function addCounts(one: unknown, other: unknown): unknown {
  if (one === undefined || other === undefined) return one ?? other;
  if (typeof one === "number") return one + (other as number);
  if (Array.isArray(one)) return [...(one as unknown[]), ...(other as unknown[])];
  const [left, right] = [one, other] as [Record<string, unknown>, Record<string, unknown>];
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return Object.fromEntries(keys.map((key) => [key, addCounts(left[key], right[key])]));
}
