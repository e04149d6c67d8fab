import { type Document, type Filter, Long } from "mongodb";
import { existsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import {
  type FileFacts,
  type FilePlace,
  type ReadyRecord,
  Refusal,
  differingPaths,
  fileOf,
  findRunId,
  formatJson,
  hashOf,
  isNumbered,
  lastLine,
  placeOf,
  publish,
  readTexts,
  recordOf,
  recordsIn,
  refusalIn,
  stemNamed,
  toHeldAddress,
} from "../../state";
import { documentsAsStored } from "../documents";
import { collectionOf } from "../sides";
import { Tally } from "../tally";
import {
  type ExportSides,
  type ExportTask,
  type LogInMongo,
  type RunInMongo,
  sequenceOf,
} from "./run";

/**
 * Brings a run's log entries to its file: those that come after the file's last one are appended,
 * in the order of their sequence; what the file has is never rewritten. If it has an entry with other
 * content, or no place for one, the log is a conflict and both sides stay. If the file's last entry is
 * MongoDB's too, none before it is looked at or counted, unless `all`.
 */
export async function exportLog({ sides, tally }: ExportTask, run: RunInMongo): Promise<void> {
  const { runId, log } = run;
  if (!log) return;
  let missing: Filter<Document> = { runId };
  try {
    if (!sides.all && (await endsAlike(sides, run, log))) return;
    const file = await readLog(sides, runId);
    const { last } = file;
    if (last) {
      const sequence = last.document.sequence as Long;
      if (sides.all || !(await isInMongo(sides, { runId, sequence }, last))) {
        await compareLog(sides, runId, file, tally);
      }
      missing = { runId, sequence: { $gt: sequence } };
    }
    const isBehind = !last || log.last === undefined || log.last > sequenceIn(last);
    if (isBehind) tally.add(await append(sides, runId, file, missing));
  } catch (error) {
    const refusal = refusalIn(error);
    for await (const entry of documentsAsStored(sides, "logs", missing)) {
      tally.refuseDocument("logs", entryId(entry), refusal);
    }
  }
}

const sequenceIn = ({ document }: ReadyRecord) => (document.sequence as Long).toBigInt();

const entryId = ({ runId, sequence }: Document) => `${String(runId)}:${String(sequence)}`;

/** Whether both end with the same entry. The run's own base knows whose the file's name is. */
async function endsAlike(
  sides: ExportSides,
  { runId, bases }: RunInMongo,
  { hash }: LogInMongo,
): Promise<boolean> {
  const baseName = stemNamed(sides, "runs", runId, bases.get("runs")?.get(runId)?.file);
  const file =
    baseName === undefined ? await placeOf(sides, "logs", runId) : fileOf(sides, "logs", baseName);
  const line = await lastLine(file.path);
  // If no line has a sequence, this one would need its line's number.
  const [end] = line ? recordsIn(file, { runId, numbered: true }, [line]) : [];
  return end !== undefined && hashOf("logs", end.document) === hash;
}

/** A log on disk, as far as it is known after it was read once. */
interface LogOnDisk {
  readonly place: FilePlace;
  readonly facts: FileFacts;
  /** The entry with the greatest sequence; undefined if the log has no entry. */
  readonly last: ReadyRecord | undefined;
  /** How many lines there are, broken and empty ones counted. */
  readonly lines: number;
  /** Whether the last line has its end. */
  readonly ended: boolean;
}

async function readLog(sides: ExportSides, runId: string): Promise<LogOnDisk> {
  const place = await placeOf(sides, "logs", runId);
  let [last, lines, ended]: [ReadyRecord | undefined, number, boolean] = [undefined, 0, true];
  if (place.stamp === undefined) {
    return { place, facts: { runId, numbered: true }, last, lines, ended };
  }
  const { baseName } = place;
  const facts = {
    runId: (await findRunId(sides, baseName)) ?? baseName,
    numbered: await isNumbered(place),
  };
  for await (const texts of readTexts(place)) {
    lines += texts.length;
    ended = texts.at(-1)?.ended ?? ended;
    for (const entry of recordsIn(place, facts, texts)) {
      if (last === undefined || sequenceIn(entry) > sequenceIn(last)) last = entry;
    }
  }
  return { place, facts, last, lines, ended };
}

async function isInMongo(
  sides: ExportSides,
  filter: Filter<Document>,
  { document }: ReadyRecord,
): Promise<boolean> {
  const hashes: string[] = [];
  for await (const entry of documentsAsStored(sides, "logs", filter)) {
    hashes.push(hashOf("logs", entry));
  }
  return hashes.length === 1 && hashes[0] === hashOf("logs", document);
}

/** The maximum number of entries that a log on disk may have late, out of their order. */
const mostLate = 10_000;

/** Compares the entries up to the file's last one: a log that differs is one conflict. */
async function compareLog(
  sides: ExportSides,
  runId: string,
  { place, facts }: LogOnDisk,
  tally: Tally,
): Promise<void> {
  /** MongoDB's entries up to `reached` that the file did not have so far. */
  const late = new Map<bigint, Document>();
  let [reached, unchanged, difference]: [bigint | undefined, number, string] = [undefined, 0, ""];
  for await (const texts of readTexts(place)) {
    const entries = recordsIn(place, facts, texts);
    let end: bigint | undefined = reached;
    for (const entry of entries) {
      if (end === undefined || sequenceIn(entry) > end) end = sequenceIn(entry);
    }
    if (end !== undefined && end !== reached) {
      const from = reached === undefined ? {} : { $gt: Long.fromBigInt(reached) };
      const range = { runId, sequence: { ...from, $lte: Long.fromBigInt(end) } };
      for await (const stored of documentsAsStored(sides, "logs", range)) {
        late.set(sequenceOf(stored) ?? -1n, stored);
      }
      reached = end;
    }
    for (const entry of entries) {
      const sequence = sequenceIn(entry);
      const stored = late.get(sequence);
      // A line is there twice, or MongoDB does not have it.
      if (!stored) continue;
      late.delete(sequence);
      const paths = differingPaths("logs", entry.document, stored);
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

const chunkLength = 256 * 1024;

/** Counts what became of entries once they are in their file. */
async function append(
  sides: ExportSides,
  runId: string,
  file: LogOnDisk,
  missing: Filter<Document>,
): Promise<Tally> {
  const { ended } = file;
  const { path, stamp } = file.place;
  const tally = new Tally();
  const lineOf = lineFormat(sides, runId, file);
  // A half-written last line stays a line of its own.
  let text = ended ? "" : "\n";
  const write = async (to: FileHandle) => {
    const flush = async () => {
      tally.bytes += Buffer.byteLength(text);
      await to.appendFile(text);
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
  await publish(path, stamp, write, stamp !== undefined);
  if (tally.counts.logs.written > 0) tally.files += 1;
  return tally;
}

/** How entries become lines; if no line of the log has a sequence, the line's number is it. */
function lineFormat(
  sides: ExportSides,
  runId: string,
  { place: { baseName }, facts, last, lines }: LogOnDisk,
): (entry: Document) => string {
  const hasSequences = !last || facts.numbered;
  // The file's name or a run's file tells whose log it is; neither does if the run is new.
  const runs = [sides, toHeldAddress(sides)].map((one) => fileOf(one, "runs", baseName));
  const isNamed = baseName === runId || runs.some(({ path }) => existsSync(path));
  let line = BigInt(lines);
  return (entry) => {
    const record = new Map([
      ...(isNamed ? [] : [["runId", runId] as const]),
      ...recordOf("logs", entry),
    ]);
    if (!hasSequences && sequenceOf(entry) !== line + 1n) {
      const detail = `the lines of the log have no sequence, and the next one is line ${line + 1n}`;
      throw new Refusal("form", detail);
    }
    if (!hasSequences) record.delete("sequence");
    const text = `${formatJson(record)}\n`;
    line += 1n;
    return text;
  };
}
