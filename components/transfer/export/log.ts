import { type Document, type Filter, Long } from "mongodb";
import { existsSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import {
  type FilePlace,
  type ReadyRecord,
  differingPaths,
  fileOf,
  findRunId,
  formatJson,
  hashOf,
  lastLine,
  placeOf,
  publish,
  readTexts,
  recordOf,
  parseRecords,
  refusalIn,
  heldAddresses,
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
 * content, or lacks one before its last, the log is a conflict and both sides stay. If the file's last entry is
 * MongoDB's too, none before it is looked at or counted, unless `all`.
 */
export async function exportLog({ sides, tally }: ExportTask, run: RunInMongo): Promise<void> {
  const { runId, log } = run;
  if (!log) return;
  let missing: Filter<Document> = { runId };
  try {
    if (!sides.all && (await endsAlike(sides, run, log))) return;
    const file = await readLog(sides, run);
    const { last } = file;
    if (last) {
      const sequence = last.document.sequence as Long;
      if (sides.all || !(await isInMongo(sides, { runId, sequence }, last))) {
        await compareLog(sides, runId, file, tally);
      }
      missing = { runId, sequence: { $gt: sequence } };
    }
    const lacksEntries = !last || log.last === undefined || log.last > sequenceIn(last);
    if (lacksEntries) tally.add(await append(sides, runId, file, missing));
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
  { runId, baseName }: RunInMongo,
  { hash }: LogInMongo,
): Promise<boolean> {
  const file =
    baseName === undefined ? await placeOf(sides, "logs", runId) : fileOf(sides, "logs", baseName);
  const line = await lastLine(file.path);
  const [end] = line ? parseRecords(file, runId, [line]) : [];
  return end !== undefined && hashOf("logs", end.document) === hash;
}

/** A log on disk, as far as it is known after it was read once. */
interface LogOnDisk {
  readonly place: FilePlace;
  /** The id of the run that the file belongs to, as far as files tell. */
  readonly owner: string;
  /** The entry with the greatest sequence; undefined if the log has no entry. */
  readonly last: ReadyRecord | undefined;
  /** Whether the last line has its end. */
  readonly ended: boolean;
}

async function readLog(sides: ExportSides, { runId, baseName }: RunInMongo): Promise<LogOnDisk> {
  const place = await placeOf(sides, "logs", runId, baseName);
  let last: ReadyRecord | undefined;
  let ended = true;
  if (place.stamp === undefined) return { place, owner: runId, last, ended };
  const isKnown = place.baseName === baseName;
  const owner = isKnown ? runId : ((await findRunId(sides, place.baseName)) ?? place.baseName);
  for await (const texts of readTexts(place)) {
    ended = texts.at(-1)?.ended ?? ended;
    for (const entry of parseRecords(place, owner, texts)) {
      if (last === undefined || sequenceIn(entry) > sequenceIn(last)) last = entry;
    }
  }
  return { place, owner, last, ended };
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
  { place, owner }: LogOnDisk,
  tally: Tally,
): Promise<void> {
  /** MongoDB's entries up to `reached` that the file did not have so far. */
  const late = new Map<bigint, Document>();
  let reached: bigint | undefined;
  let unchanged = 0;
  let difference = "";
  for await (const texts of readTexts(place)) {
    const entries = parseRecords(place, owner, texts);
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

/** Appends the entries that a file lacks. Its own tally counts only once they are published. */
async function append(
  sides: ExportSides,
  runId: string,
  { ended, place: { path, stamp, baseName } }: LogOnDisk,
  missing: Filter<Document>,
): Promise<Tally> {
  const tally = new Tally();
  // If neither the file's name nor a run's file tells whose log it is, as for a new run, each line gets the `runId`.
  const places = [sides, ...(await heldAddresses(sides))];
  const runs = places.map((one) => fileOf(one, "runs", baseName));
  const isNamed = baseName === runId || runs.some((run) => existsSync(run.path));
  const owner = isNamed ? [] : [["runId", runId] as const];
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
        text += `${formatJson(new Map([...owner, ...recordOf("logs", entry)]))}\n`;
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
