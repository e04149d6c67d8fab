import type { Document } from "mongodb";
import { hash } from "node:crypto";
import { type CollectionRole, byRole, collectionRoles } from "../contract";
import {
  type IncompleteLine,
  type RecordLocation,
  type Raw,
  type Key,
  type ReadyRecord,
  type Refusal,
  formatJson,
  isUnfinished,
  mayBeUnfinished,
  noneSkipped,
  readableKey,
} from "../state";
import type { ImportedCounts } from "./checkpoints";
import {
  type Cases,
  type FileConflict,
  type ImportReport,
  type LogConflict,
  type Quarantined,
  type RemovedApproval,
  type Unwritable,
  noCases,
} from "./reports";

/** The outcome of a record that an import accepts. */
export type Outcome = "inserted" | "updated" | "unchanged";

/**
 * The hash of a list of records with their content on disk, in any order: 16 hexadecimal digits. With it, the setting
 * `advanced.acceptQuarantined` accepts exactly the records that were reported.
 */
export class ListHash {
  private sum = 0n;

  add(item: string): this {
    this.sum = BigInt.asUintN(64, this.sum + hash("sha256", item, "buffer").readBigUInt64BE());
    return this;
  }

  toString(): string {
    return this.sum.toString(16).padStart(16, "0");
  }
}

/** The counts of a collection's records in an import, an export or a verification. */
const countNames = [
  "records",
  "inserted",
  "updated",
  "unchanged",
  "removed",
  "quarantined",
  "written",
  "newerOnDisk",
  "conflicts",
  "unwritable",
  "equal",
  "newerInMongo",
  "expired",
  "missing",
  "differing",
] as const;
type CountName = (typeof countNames)[number];

/** Maximum number of examples of a kind: memory stays flat, and more would not be read. */
const maxExamples = 1_000;

/** Maximum number of quarantined runs that are kept: a stop names them, and is decided from them. */
const maxRuns = 10_000;

/** Adds examples of a kind as long as there is room. */
export function addExamples<Case>(cases: Case[], ...more: readonly Case[]): void {
  cases.push(...more.slice(0, maxExamples - cases.length));
}

/** Counts one more case of a kind. */
export const addCase = <Case>(to: Cases<Case>, one: Case): void => {
  addCases(to, { count: 1, cases: [one] });
};

/** Counts more cases of a kind, and keeps the first thousand. */
export function addCases<Case>(to: Cases<Case>, more: Readonly<Cases<Case>>): void {
  to.count += more.count;
  addExamples(to.cases, ...more.cases);
}

/** Counts the outcomes of records in an import, an export or a verification, with examples of each kind. */
export class Tally {
  private readonly started = Date.now();
  readonly counts = byRole(
    () => Object.fromEntries(countNames.map((name) => [name, 0])) as Record<CountName, number>,
  );
  files = 0;
  bytes = 0;
  /**
   * Files that a first verification leaves out, because they are not as they were imported, or that changed during an
   * import.
   */
  changedFiles = 0;
  readonly skipped = noneSkipped();
  readonly incomplete = noCases<IncompleteLine>();
  /** The first quarantined records of each collection, so that log entries displace no run. */
  readonly quarantined = byRole((): Quarantined[] => []);
  readonly quarantinedUnfinished = noCases<Quarantined>();
  readonly misnamed = { ...noCases<Quarantined>(), encodedCount: 0 };
  readonly conflicts: (FileConflict | LogConflict)[] = [];
  readonly unwritable: Unwritable[] = [];
  readonly onlyInFiles = byRole((): string[] => []);
  readonly different = byRole((): { id: string; paths: readonly string[] }[] => []);
  readonly removedUnfinished = noCases<string>();
  readonly removedApprovals = noCases<RemovedApproval>();
  readonly begunInMongo = noCases<string>();
  /** The runs that an import inserted without the bookkeeping of their cutover. */
  readonly insertedRuns = noCases<string>();
  /** The hash of all quarantined records, and in a verification of all differing ones. */
  readonly differenceHash = new ListHash();
  private unchangedFiles = 0;
  private unfinishedRuns = 0;

  /** @param onRefused receives every refused record with its collection and its raw content */
  constructor(
    private readonly onRefused?: (role: CollectionRole, refused: Quarantined, raw?: Raw) => void,
  ) {}

  /** The first quarantined records: runs, then the others. */
  get quarantine(): Quarantined[] {
    return collectionRoles.flatMap((role) => this.quarantined[role]);
  }

  get elapsedMs(): number {
    return Date.now() - this.started;
  }

  /** Counts records of a collection, by outcome. */
  count(role: CollectionRole, outcome: Exclude<CountName, "records">, times = 1): void {
    this.counts[role].records += times;
    this.counts[role][outcome] += times;
  }

  /**
   * Counts a record that an import accepted.
   *
   * @param mayExecute whether it is a run that may still execute steps; default: it is not
   */
  record(role: CollectionRole, outcome: Outcome, mayExecute = false): void {
    this.count(role, outcome);
    if (mayExecute) this.unfinishedRuns += 1;
  }

  /** Counts a record that the source of truth removed, as the other side has it. */
  remove(role: CollectionRole, key: Key, document: Document): void {
    this.count(role, "removed");
    if (role === "runs" && isUnfinished(document)) addCase(this.removedUnfinished, key);
  }

  /**
   * Counts a record on disk that is left out.
   *
   * @param raw the raw record, if it could be read
   */
  refuse(role: CollectionRole, location: RecordLocation, refusal: Refusal, raw?: Raw): void {
    this.count(role, "quarantined");
    const { reason, detail, other, runId } = refusal;
    const refused = {
      ...location,
      reason,
      detail,
      ...(other && { other }),
      ...(runId && { runId }),
    };
    const { text, entry } = raw ?? {};
    const content = entry === undefined ? (text?.bytes ?? "") : formatJson(entry);
    this.differenceHash.add(JSON.stringify([refused, hash("sha256", content)]));
    this.onRefused?.(role, refused, raw);
    const cases = this.quarantined[role];
    if (cases.length < (role === "runs" ? maxRuns : maxExamples)) cases.push(refused);
    if (role !== "runs") return;
    const mayExecute = mayBeUnfinished(raw?.text);
    if (mayExecute) this.unfinishedRuns += 1;
    if (reason === "encoded-name") this.misnamed.encodedCount += 1;
    const isMisnamed = reason === "name" || reason === "encoded-name";
    const group = isMisnamed ? this.misnamed : mayExecute && this.quarantinedUnfinished;
    if (group) addCase(group, refused);
  }

  /** Counts a document that no file can hold. */
  refuseDocument(role: CollectionRole, id: string, { reason, detail }: Refusal): void {
    this.count(role, "unwritable");
    addExamples(this.unwritable, { id, reason, detail });
  }

  /** Names approvals that MongoDB removed, and that were deleted from their file. @param copy the former file */
  removeApprovals(records: readonly ReadyRecord[], copy: string): void {
    const cases = records.map(({ key, location: { file } }) => ({
      id: readableKey(key),
      file,
      copy,
    }));
    addCases(this.removedApprovals, { count: cases.length, cases });
  }

  /** Counts a document whose file changed too, or a log that differs. */
  conflict(role: CollectionRole, conflict: FileConflict | LogConflict): void {
    this.count(role, "conflicts");
    addExamples(this.conflicts, conflict);
  }

  /** Counts the records of a file, or of a log's beginning, that an earlier import read. */
  resume(role: CollectionRole, imported: ImportedCounts): void {
    const { records, unfinished } = imported;
    this.count(role, "unchanged", records);
    this.unfinishedRuns += unfinished;
    this.unchangedFiles += 1;
  }

  leaveIncomplete(line: IncompleteLine): void {
    addCase(this.incomplete, line);
  }

  /** Adds the counts of another tally of an export. */
  add(other: Tally): void {
    for (const role of collectionRoles) {
      for (const name of countNames) this.counts[role][name] += other.counts[role][name];
    }
    addExamples(this.conflicts, ...other.conflicts);
    addExamples(this.unwritable, ...other.unwritable);
    addCases(this.removedUnfinished, other.removedUnfinished);
    addCases(this.removedApprovals, other.removedApprovals);
    this.files += other.files;
    this.bytes += other.bytes;
  }

  /** The counts of each collection, with the number of all its records under the report's name for it. */
  countsOf<Total extends string, Name extends CountName>(total: Total, ...names: Name[]) {
    type Counts = Record<Total | Name, number>;
    const byName = collectionRoles.map((role) => {
      const counts: Readonly<Record<CountName, number>> = this.counts[role];
      const named = names.map((name) => [name, counts[name]] as const);
      return [role, Object.fromEntries([[total, counts.records], ...named]) as Counts] as const;
    });
    return Object.fromEntries(byName) as Record<CollectionRole, Counts>;
  }

  /** The report of an import. */
  report(): ImportReport {
    const { files, bytes, elapsedMs, skipped, incomplete } = this;
    const { unchangedFiles, changedFiles, unfinishedRuns, quarantinedUnfinished } = this;
    const { misnamed, removedUnfinished, begunInMongo } = this;
    const outcomes = ["inserted", "updated", "unchanged", "removed"] as const;
    const counts = this.countsOf("read", ...outcomes, "quarantined");
    return {
      files,
      bytes,
      elapsedMs,
      ...counts,
      skipped,
      incomplete,
      quarantine: this.quarantine,
      unchangedFiles,
      changedFiles,
      unfinishedRuns,
      quarantinedUnfinished,
      ...(misnamed.count > 0 && { misnamed }),
      removedUnfinished,
      ...(begunInMongo.count > 0 && { begunInMongo }),
    };
  }
}
