import { type Document, type Filter, Long } from "mongodb";
import type { FileHandle } from "node:fs/promises";
import { dirname } from "node:path";
import {
  type FileLocation,
  LineNumbers,
  type RawText,
  type ReadyRecord,
  Refusal,
  differingPaths,
  findRunId,
  formatJson,
  hashOf,
  hasRun,
  isSameStat,
  lookAt,
  parseRecords,
  locateFile,
  publish,
  readTexts,
  recordOf,
  refusalIn,
  sequenceOfLine,
} from "../../state";
import { readDocuments, pages } from "../documents";
import { documentIn } from "../exact-types";
import { collectionOf } from "../sides";
import { Tally } from "../tally";
import type { ExportedFile } from "./file";
import { type LogInMongo, sequenceOf } from "./log-ends";
import type { ExportTask, RunInMongo } from "./run";
import type { ExportSides } from "./sides";

/**
 * Appends to a run's log the entries that it lacks, in the order of their sequence, even if they belong further up,
 * because a service may insert one late. Existing lines are never rewritten. If the last entry that both sides have
 * differs, the log is a conflict: both sides keep their entries, and what the file lacks is appended all the same.
 */
export async function exportLog(
  task: ExportTask,
  tally: Tally,
  { runId, baseName, log }: RunInMongo,
): Promise<ExportedFile> {
  const { sides } = task;
  if (!log) return notTouched;
  if (log.hasOthers) await refuseOthers(sides, runId, tally);
  let gaps: readonly Filter<Document>[] = [wholeLog];
  try {
    // The run's own merge base has the file's base name.
    const known = baseName === undefined ? undefined : await lookAt(sides, "logs", baseName);
    const seen = known?.stat === undefined ? undefined : await readLog(known, runId, log);
    if (seen && endsAlike(seen, log) && findGaps(seen, log).length === 0) return notTouched;

    const location = await locateFile(sides, "logs", runId, baseName);
    const isKnown = location.baseName === baseName;
    const owner = isKnown
      ? runId
      : ((await findRunId(sides, location.baseName)) ?? location.baseName);
    const isSeen = isKnown && isSameStat(location.stat, known?.stat);
    const file = isSeen && seen ? seen : await readLog(location, owner, log);
    if (!endsAlike(file, log)) await compareLast(sides, runId, file, tally);
    gaps = findGaps(file, log);

    tally.add(await append(task, runId, file, gaps));
    return { agreed: [], folder: dirname(location.path) };
  } catch (error) {
    const refusal = refusalIn(error);
    for await (const entry of entriesIn(sides, runId, gaps)) {
      tally.refuseDocument("logs", entryId(entry), refusal);
    }
    return notTouched;
  }
}

const notTouched: ExportedFile = { agreed: [] };

/** MongoDB compares values of one type only: a page after a number has no sequence that is a text. */
const wholeLog = { sequence: { $type: "number" } };

/** Refuses the entries whose sequence is not a number: no line could be compared with them. */
async function refuseOthers(sides: ExportSides, runId: string, tally: Tally): Promise<void> {
  const refusal = new Refusal("number", "sequence is not a number");
  const others = { runId, sequence: { $not: wholeLog.sequence } };
  for (const id of await readDocuments(sides, "logs", others, (one) => entryId(documentIn(one)))) {
    tally.refuseDocument("logs", id, refusal);
  }
}

const entryId = ({ runId, sequence }: Document) => `${String(runId)}:${String(sequence)}`;

/** Consecutive sequences, both ends included. */
interface Range {
  readonly from: bigint;
  to: bigint;
}

/** The part of a log on disk that is kept after it was read. */
interface LogOnDisk {
  readonly location: FileLocation;
  /** The sequences of its lines in the file's order. */
  readonly ranges: readonly Range[];
  /** The entry with the greatest sequence that MongoDB may have; undefined without one. */
  readonly last: ReadyRecord | undefined;
  /** Whether the last line has its end. */
  readonly ended: boolean;
  /** The greatest sequence of its lines. */
  readonly greatest: bigint;
  /** Whether the last entry has no sequence; undefined without one. */
  readonly lacksSequence: boolean | undefined;
}

/** @param owner the id of the run that the file belongs to, as far as the files show */
async function readLog(location: FileLocation, owner: string, log: LogInMongo): Promise<LogOnDisk> {
  const ranges: Range[] = [];
  let last: { readonly sequence: bigint; readonly text: RawText } | undefined;
  let ended = true;
  let lacksSequence: boolean | undefined;
  const numbers = new LineNumbers();
  if (location.stat === undefined) {
    return { location, ranges, last: undefined, ended, greatest: 0n, lacksSequence };
  }
  for await (const texts of readTexts(location)) {
    ended = texts.at(-1)?.ended ?? ended;
    for (const text of texts) {
      const own = sequenceOfLine(text);
      // A line without an end gets one if anything is appended, and counts then.
      const line = () => ({ ...text, ended: true });
      const [record] = own ? [] : parseRecords(location, owner, [line()], undefined, numbers);
      if (own) numbers.take(own);
      const sequence = (own ?? (record?.document.sequence as Long | undefined))?.toBigInt();
      if (sequence === undefined) continue;
      lacksSequence = own === undefined;
      const range = ranges.at(-1);
      if (range && sequence === range.to + 1n) range.to = sequence;
      else ranges.push({ from: sequence, to: sequence });
      const isLater = last === undefined || sequence > last.sequence;
      if (isLater && sequence <= log.last) last = { sequence, text };
    }
  }
  const before = new LineNumbers(last && { sequence: Long.fromBigInt(last.sequence - 1n) });
  const [record] = last ? parseRecords(location, owner, [last.text], undefined, before) : [];
  const greatest = numbers.sequence.toBigInt();
  return { location, ranges, last: record, ended, greatest, lacksSequence };
}

function endsAlike({ last }: LogOnDisk, { hash }: LogInMongo): boolean {
  return last !== undefined && hashOf("logs", last.document) === hash;
}

/** Selects the sequences that MongoDB may have and a file lacks. */
function findGaps({ ranges }: LogOnDisk, { first, last }: LogInMongo): Filter<Document>[] {
  if (ranges.length === 0) return [wholeLog];
  const gaps: Filter<Document>[] = [];
  const add = (from: bigint, to: bigint) => {
    const sequence = { $gte: Long.fromBigInt(from), $lte: Long.fromBigInt(to) };
    if (from <= to) gaps.push({ sequence });
  };
  let next = first;
  for (const { from, to } of [...ranges].sort((one, other) => (one.from < other.from ? -1 : 1))) {
    add(next, from > last ? last : from - 1n);
    if (to >= next) next = to + 1n;
  }
  add(next, last);
  return gaps;
}

/** The number of gaps in a query: a log in which each second sequence is missing has one for each line. */
const gapsInQuery = 100;

/** A run's entries in some gaps, in their order. */
async function* entriesIn(
  sides: ExportSides,
  runId: string,
  gaps: readonly Filter<Document>[],
): AsyncGenerator<Document> {
  for (let at = 0; at < gaps.length; at += gapsInQuery) {
    const $or = gaps.slice(at, at + gapsInQuery);
    for await (const page of pages(sides, "logs", { runId, $or })) {
      for (const bytes of page) yield documentIn(bytes);
    }
  }
}

/** Counts a log whose last common entry differs as one conflict. */
async function compareLast(
  sides: ExportSides,
  runId: string,
  { location, last }: LogOnDisk,
  tally: Tally,
): Promise<void> {
  if (!last) return;
  const { sequence } = last.document as { readonly sequence: Long };
  for (const stored of await readDocuments(sides, "logs", { runId, sequence }, documentIn)) {
    const paths = differingPaths("logs", last.document, stored);
    if (paths.length === 0) continue;
    const detail = `the file has different content for ${String(sequence)}: ${paths.join(", ")}`;
    const { namespace: collection } = collectionOf(sides, "logs");
    tally.conflict("logs", { runId, file: location.name, collection, detail });
  }
}

const chunkLength = 256 * 1024;

/**
 * Appends the entries that a file lacks: without their sequence as long as the log's last entry has none and the line
 * gets that number anyway. A new file follows the other logs.
 *
 * @returns the counts; ignore them if the file is not published
 */
async function append(
  { sides, lacksSequences }: ExportTask,
  runId: string,
  file: LogOnDisk,
  gaps: readonly Filter<Document>[],
): Promise<Tally> {
  const { path, stat, baseName } = file.location;
  const tally = new Tally();
  const entries = entriesIn(sides, runId, gaps);
  let next = await entries.next();
  if (next.done === true) return tally;
  // If neither the file's name nor a run's file has the run's id, as for a new run, each line gets the `runId`.
  const isNamed = baseName === runId || (await hasRun(sides, baseName));
  const owner = isNamed ? [] : [["runId", runId] as const];
  // A half-written last line stays a line of its own.
  let text = file.ended ? "" : "\n";
  let { greatest } = file;
  let isImplied = file.lacksSequence ?? (await lacksSequences());
  const write = async (to: FileHandle) => {
    const flush = async () => {
      tally.bytes += Buffer.byteLength(text);
      await to.appendFile(text);
      text = "";
    };
    for (; next.done !== true; next = await entries.next()) {
      try {
        const sequence = sequenceOf(next.value) ?? greatest;
        isImplied &&= sequence === greatest + 1n;
        const record = new Map([...owner, ...recordOf("logs", next.value)]);
        if (isImplied) record.delete("sequence");
        text += `${formatJson(record)}\n`;
        if (sequence > greatest) greatest = sequence;
        tally.count("logs", "written");
      } catch (error) {
        tally.refuseDocument("logs", entryId(next.value), refusalIn(error));
      }
      if (text.length > chunkLength) await flush();
    }
    await flush();
    return tally.counts.logs.written > 0;
  };
  await publish(path, stat, write, stat !== undefined);
  if (tally.counts.logs.written > 0) tally.files += 1;
  return tally;
}
