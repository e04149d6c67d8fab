import { type Document, type Filter, Long } from "mongodb";
import { existsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import {
  Refusal,
  type Stamp,
  differingPaths,
  fileOf,
  formatJson,
  hashOf,
  toHeldAddress,
  placeOf,
  publish,
  readTexts,
  recordOf,
  refusalIn,
  stampOf,
  stemNamed,
} from "../../state";
import { documentsAsStored } from "../documents";
import { collectionOf } from "../sides";
import { Tally } from "../tally";
import {
  type BothLogs,
  type LogEntry,
  type LogScan,
  entriesIn,
  entryId,
  lastEntry,
  scanLog,
  sequenceOf,
} from "./log-entries";
import type { ExportSides, ExportTask, LogInMongo, RunInMongo } from "./run";

/**
 * Brings a run's log entries to its file: those that come after the file's last one are appended,
 * in the order of their sequence; what the file has is never rewritten. If it has an entry with other
 * content, or no place for one, the log is a conflict and both sides stay. If the file's last entry is
 * MongoDB's too, none before it is looked at or counted, unless `all`.
 */
export async function exportLog(task: ExportTask, run: RunInMongo): Promise<void> {
  const { runId, log } = run;
  if (!log) return;
  const { sides, tally } = task;
  let missing: Filter<Document> = { runId };
  try {
    if (!sides.all && (await endsAlike(sides, run, log))) return;
    const place = await placeOf(sides, "logs", runId);
    const logs = { runId, place, sides };
    const stamp = await stampOf(place.path);
    const scan = place.there ? await scanLog(sides, place) : undefined;
    const last = scan?.last;
    if (last && (sides.all || !(await isInMongo(logs, last)))) await compareLog(tally, logs, scan);
    if (last) missing = { runId, sequence: { $gt: Long.fromBigInt(last.sequence) } };
    const isBehind = !last || log.last === undefined || log.last > last.sequence;
    if (isBehind) tally.add(await append(logs, stamp, scan, missing));
  } catch (error) {
    const refusal = refusalIn(error);
    for await (const entry of documentsAsStored(sides, "logs", missing)) {
      tally.refuseDocument("logs", entryId(entry), refusal);
    }
  }
}

/** Whether both end with the same entry. The run's own base knows whose the file's name is. */
async function endsAlike(
  sides: ExportSides,
  { runId, bases }: RunInMongo,
  { hash }: LogInMongo,
): Promise<boolean> {
  const stem = stemNamed(sides, "runs", runId, bases.get("runs")?.get(runId)?.file);
  const file =
    stem === undefined ? await placeOf(sides, "logs", runId) : fileOf(sides, "logs", stem);
  const end = await lastEntry(file, runId);
  return end !== undefined && hashOf("logs", end.document) === hash;
}

/** The maximum number of entries that a log on disk may have late, out of their order. */
const mostLate = 10_000;

/** Compares the entries up to the file's last one: a log that differs is one conflict. */
async function compareLog(
  tally: Tally,
  { runId, place, sides }: BothLogs,
  { facts }: LogScan,
): Promise<void> {
  /** MongoDB's entries up to `reached` that the file did not have so far. */
  const late = new Map<bigint, Document>();
  let [reached, unchanged, difference]: [bigint | undefined, number, string] = [undefined, 0, ""];
  for await (const texts of readTexts(place)) {
    const entries = entriesIn(place, facts, texts);
    const end: bigint | undefined = entries.reduce<bigint | undefined>(
      (most, { sequence }) => (most === undefined || sequence > most ? sequence : most),
      reached,
    );
    if (end !== undefined && end !== reached) {
      const from = reached === undefined ? {} : { $gt: Long.fromBigInt(reached) };
      const range = { runId, sequence: { ...from, $lte: Long.fromBigInt(end) } };
      for await (const stored of documentsAsStored(sides, "logs", range)) {
        late.set(sequenceOf(stored) ?? -1n, stored);
      }
      reached = end;
    }
    for (const { sequence, document } of entries) {
      const stored = late.get(sequence);
      // A line is there twice, or MongoDB does not have it.
      if (!stored) continue;
      late.delete(sequence);
      const paths = differingPaths("logs", document, stored);
      if (paths.length === 0) unchanged += 1;
      else difference ||= `the file has different content for ${sequence}: ${paths.join(", ")}`;
    }
    if (late.size > mostLate) break;
  }
  tally.count("logs", "unchanged", unchanged);
  const [first] = late.keys();
  const detail =
    first === undefined
      ? difference
      : `the file has later entries, but not all: ${first} is missing`;
  if (detail === "") return;
  const { namespace } = collectionOf(sides, "logs");
  tally.conflict("logs", { id: runId, file: place.name, copy: namespace, detail });
}

async function isInMongo(
  { sides, runId }: BothLogs,
  { sequence, document }: LogEntry,
): Promise<boolean> {
  const hashes: string[] = [];
  const filter = { runId, sequence: Long.fromBigInt(sequence) };
  for await (const entry of documentsAsStored(sides, "logs", filter)) {
    hashes.push(hashOf("logs", entry));
  }
  return hashes.length === 1 && hashes[0] === hashOf("logs", document);
}

const chunkLength = 256 * 1024;

/** Counts what became of entries once they are in their file. */
async function append(
  { place, sides, runId }: BothLogs,
  stamp: Stamp,
  scan: LogScan | undefined,
  missing: Filter<Document>,
): Promise<Tally> {
  const tally = new Tally();
  const lineOf = lineFormat({ place, sides, runId }, scan);
  // A half-written last line stays a line of its own.
  let text = scan && !scan.ended ? "\n" : "";
  const write = async (file: FileHandle) => {
    const flush = async () => {
      tally.bytes += Buffer.byteLength(text);
      await file.appendFile(text);
      text = "";
    };
    for await (const entry of documentsAsStored(sides, "logs", missing)) {
      try {
        text += lineOf(entry);
        tally.count("logs", "written");
      } catch (error) {
        tally.refuseDocument("logs", entryId(entry), refusalIn(error));
      }
      if (text.length > chunkLength) await flush();
    }
    await flush();
    return tally.counts.logs.written > 0;
  };
  await publish(place.path, stamp, write, place.there);
  if (tally.counts.logs.written > 0) tally.files += 1;
  return tally;
}

/** How entries become lines; if no line of the log has a sequence, the line's number is it. */
function lineFormat(
  { runId, place, sides }: BothLogs,
  scan: LogScan | undefined,
): (entry: Document) => string {
  const isNumbered = !scan?.last || scan.facts.numbered;
  // The file's name or a run's file tells whose log it is; neither does if the run is new.
  const runs = [sides, toHeldAddress(sides)].map((one) => fileOf(one, "runs", place.stem));
  const isNamed = place.stem === runId || runs.some(({ path }) => existsSync(path));
  let line = BigInt(scan?.lines ?? 0);
  return (entry) => {
    const record = new Map([
      ...(isNamed ? [] : [["runId", runId] as const]),
      ...recordOf("logs", entry),
    ]);
    if (!isNumbered && sequenceOf(entry) !== line + 1n) {
      const detail = `the lines of the log have no sequence, and the next one is line ${line + 1n}`;
      throw new Refusal("form", detail);
    }
    if (!isNumbered) record.delete("sequence");
    const text = `${formatJson(record)}\n`;
    line += 1n;
    return text;
  };
}
