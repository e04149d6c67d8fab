import { Long } from "mongodb";
import { basename } from "node:path";
import {
  type Key,
  type Place,
  type ReadyRecord,
  Refusal,
  type StateFile,
  type StateAddress,
  differingPaths,
  factsOf,
  logsOfRun,
  describePlace,
  readTexts,
  recordsIn,
  fileOf,
} from "../../state";
import type { Outcome } from "../tally";
import type { Batch, Settled } from "./pipeline";

/** A record whose key an earlier record has too. */
export interface Repeat {
  readonly record: ReadyRecord;
  readonly first: ReadyRecord;
}

/** Parts records into those whose key comes first and those that repeat one. */
export function firstsAndRepeats(records: readonly ReadyRecord[]): {
  firsts: readonly ReadyRecord[];
  repeats: readonly Repeat[];
} {
  const byKey = new Map<string, ReadyRecord>();
  const repeats: Repeat[] = [];
  for (const record of records) {
    const first = byKey.get(keyOf(record));
    if (first) repeats.push({ record, first });
    else byKey.set(keyOf(record), record);
  }
  return { firsts: repeats.length === 0 ? records : [...byKey.values()], repeats };
}

const keyOf = ({ role, key }: ReadyRecord) => `${role}\0${key}`;

/** What becomes of a repeat: with the first one's content it shares its outcome. */
export function* settleRepeats(
  repeats: readonly Repeat[],
  settled: ReadonlyMap<ReadyRecord, Outcome | Refusal>,
): Generator<readonly [ReadyRecord, Outcome | Refusal]> {
  for (const { record, first } of repeats) {
    const outcome = settled.get(first);
    const refusal = refusalOf(record, first);
    yield [record, refusal ?? (outcome instanceof Refusal ? outcome : "unchanged")];
  }
}

/** Why a repeat is left out: it has another content than the first one of its key. */
function refusalOf({ role, document }: ReadyRecord, first: ReadyRecord): Refusal | undefined {
  const paths = differingPaths(role, document, first.document);
  if (paths.length === 0) return undefined;
  const detail = `${describePlace(first.place)} has the same key and another content: `;
  return new Refusal("conflict", detail + paths.join(", "), first.place);
}

/**
 * Tells which log entries may have the sequence of an earlier line of their file: all that are not
 * above every entry before. It looks at the batches in the files' order and remembers one number,
 * so a log of any size takes the same memory.
 */
export class LogOrder {
  private file = "";
  private highest = Long.MAX_VALUE;

  /** The entries of the next batch that may repeat a sequence. */
  repeatsIn({ records }: Batch): ReadonlySet<ReadyRecord> {
    return new Set(records.filter((one) => one.role === "logs" && this.mayRepeat(one)));
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

/**
 * Completes the refusals of a batch's log entries, for which MongoDB has another content, by the
 * place of the first entry of the same key: an earlier line of the file, or a line of another log
 * of the same run. The logs are read again for it, up to where all are found.
 *
 * @param repeats the entries that may have the key of an earlier line
 */
export async function withFirsts(
  address: StateAddress,
  settled: Settled,
  repeats: ReadonlySet<ReadyRecord>,
): Promise<Settled> {
  const firsts = new Map<ReadyRecord, Place>();
  for (const [name, conflicts] of conflictsByFile(settled)) {
    const log = fileOf(address, "logs", basename(name, ".ndjson"));
    await findFirsts(
      address,
      log,
      conflicts.filter((record) => repeats.has(record)),
      firsts,
    );
    const { runId } = await factsOf(address, log);
    for (const other of await logsOfRun(address, runId)) {
      if (other.name === name) continue;
      await findFirsts(
        address,
        other,
        conflicts.filter((record) => !firsts.has(record)),
        firsts,
      );
    }
  }
  if (firsts.size === 0) return settled;
  return new Map(
    [...settled].map(([record, outcome]) => {
      const first = firsts.get(record);
      return [record, first && outcome instanceof Refusal ? pointTo(outcome, first) : outcome];
    }),
  );
}

function conflictsByFile(settled: Settled): Map<string, ReadyRecord[]> {
  const files = new Map<string, ReadyRecord[]>();
  for (const [record, outcome] of settled) {
    if (record.role !== "logs" || !(outcome instanceof Refusal)) continue;
    if (outcome.reason !== "conflict" || outcome.other) continue;
    const records = files.get(record.place.file) ?? [];
    records.push(record);
    files.set(record.place.file, records);
  }
  return files;
}

/** Looks in a log for the first line of each record's key; in the records' own log, for one before. */
async function findFirsts(
  address: StateAddress,
  log: StateFile,
  records: readonly ReadyRecord[],
  firsts: Map<ReadyRecord, Place>,
): Promise<void> {
  const wanted = new Set(records.map(({ key }) => key));
  if (wanted.size === 0) return;
  const found = await firstPlaces(address, log, wanted);
  for (const record of records) {
    const place = found.get(record.key);
    if (place && !isSame(place, record.place)) firsts.set(record, place);
  }
}

async function firstPlaces(
  address: StateAddress,
  log: StateFile,
  wanted: ReadonlySet<Key>,
): Promise<Map<Key, Place>> {
  const found = new Map<Key, Place>();
  const facts = await factsOf(address, log);
  for await (const texts of readTexts(log)) {
    for (const { key, place } of recordsIn(log, facts, texts)) {
      if (wanted.has(key) && !found.has(key)) found.set(key, place);
    }
    if (found.size === wanted.size) break;
  }
  return found;
}

function isSame(one: Place, other: Place): boolean {
  return one.file === other.file && one.line === other.line;
}

function pointTo({ reason, detail }: Refusal, first: Place): Refusal {
  return new Refusal(reason, `${detail}; ${describePlace(first)} has the same key`, first);
}
