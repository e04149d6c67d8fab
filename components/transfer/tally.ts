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
  type Counts,
  type Outcome,
  type OutcomeOf,
  type Pass,
  allOutcomes,
  outcomes,
  totals,
} from "./outcomes";
import {
  type Cases,
  type DifferentRecord,
  type FileConflict,
  type LogConflict,
  type Quarantined,
  type RemovedApproval,
  type Report,
  type Unwritable,
  noCases,
} from "./reports";

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

/** The outcomes of a record that an import accepts. */
export type Accepted = "inserted" | "updated" | "unchanged";

/** The counts of a collection that a tally has. */
type Counted<Of extends Pass> = Pick<Counts<Of>, OutcomeOf<Of> | (typeof totals)[Of]>;

type CountName = Outcome | "records";
const countNames: readonly CountName[] = ["records", ...allOutcomes];

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
  readonly conflicts = noCases<FileConflict | LogConflict>();
  readonly unwritable = noCases<Unwritable>();
  readonly onlyInFiles = byRole((): string[] => []);
  readonly different = byRole((): DifferentRecord[] => []);
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
  count(role: CollectionRole, outcome: Outcome, times = 1): void {
    this.counts[role].records += times;
    this.counts[role][outcome] += times;
  }

  /**
   * Counts a record that an import accepted.
   *
   * @param mayExecute whether it is a run that may still execute steps; default: it is not
   */
  record(role: CollectionRole, outcome: Accepted, mayExecute = false): void {
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
    addCase(this.unwritable, { id, reason, detail });
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
    addCase(this.conflicts, conflict);
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
    addCases(this.conflicts, other.conflicts);
    addCases(this.unwritable, other.unwritable);
    addCases(this.removedUnfinished, other.removedUnfinished);
    addCases(this.removedApprovals, other.removedApprovals);
    this.files += other.files;
    this.bytes += other.bytes;
  }

  /** The counts of each collection as a pass reports them. */
  countsOf<Of extends Pass>(pass: Of) {
    const counted = collectionRoles.map((role) => {
      const { records, ...counts } = this.counts[role];
      const named = outcomes[pass].map((outcome) => [outcome, counts[outcome]] as const);
      return [role, { [totals[pass]]: records, ...Object.fromEntries(named) }] as const;
    });
    return Object.fromEntries(counted) as Record<CollectionRole, Counted<Of>>;
  }

  /** The report of an import. */
  report(): Report<"import"> {
    const { files, bytes, elapsedMs, skipped, incomplete } = this;
    const { unchangedFiles, changedFiles, unfinishedRuns, quarantinedUnfinished } = this;
    const { misnamed, removedUnfinished, begunInMongo } = this;
    return {
      files,
      bytes,
      elapsedMs,
      ...this.countsOf("import"),
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
