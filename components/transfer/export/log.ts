import { type Document, type Filter, Long } from "mongodb";
import { existsSync } from "node:fs";
import {
  Refusal,
  type Stamp,
  fileOf,
  formatJson,
  hashOf,
  toHeldAddress,
  placeOf,
  publish,
  recordOf,
  refusalIn,
  stampOf,
  stemNamed,
} from "../../state";
import { documentsAsStored } from "../documents";
import { compareLog } from "./log-compare";
import {
  type BothLogs,
  type LogEntry,
  type LogScan,
  entryId,
  lastEntry,
  scanLog,
  sequenceOf,
} from "./log-entries";
import { ExportTally } from "./report";
import type { ExportSides, ExportTask, LogInMongo, RunInMongo } from "./run";

/**
 * Brings a run's log entries to its file: those that come after the file's last one are appended,
 * in the order of their sequence; what the file has is never rewritten. An entry that the file has
 * with other content, or has no place for, goes to a conflict copy. If the file's last entry is
 * MongoDB's too, none before it is looked at or counted, unless `all`.
 */
export async function exportLog(task: ExportTask, run: RunInMongo): Promise<void> {
  const { runId, log } = run;
  if (!log) return;
  const { sides } = task;
  await countWhile(task, { runId }, async (tally) => {
    if (!sides.all && (await endsAlike(sides, run, log))) return;
    const place = await placeOf(sides, "logs", runId);
    await exportTo({ ...task, tally }, { runId, place, sides }, log);
  });
}

/** Counts what became of entries when they are in their file; if it is refused, all that a filter selects are. */
async function countWhile(
  { sides, tally }: ExportTask,
  filter: Filter<Document>,
  work: (tally: ExportTally) => Promise<void>,
): Promise<void> {
  const done = new ExportTally();
  try {
    await work(done);
    tally.add(done);
  } catch (error) {
    const refusal = refusalIn(error);
    for await (const entry of documentsAsStored(sides, "logs", filter)) {
      tally.refuse("logs", entryId(entry), refusal);
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

async function exportTo(task: ExportTask, logs: BothLogs, { last }: LogInMongo): Promise<void> {
  const { place, sides } = logs;
  const stamp = await stampOf(place.path);
  const scan = place.there ? await scanLog(sides, place) : undefined;
  const isCommon = scan?.last && !sides.all && (await isInMongo(logs, scan.last));
  if (scan?.last && !isCommon) await compareLog(task, logs, scan, scan.last.sequence);
  const isBehind = !scan?.last || last === undefined || last > scan.last.sequence;
  if (isBehind) await append(task, logs, stamp, scan);
}

/** Whether MongoDB has a file's last entry as the file has it. */
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

/** So many characters are gathered before they are written. */
const chunkLength = 256 * 1024;

/** Appends the entries that come after the file's last one. */
async function append(
  task: ExportTask,
  logs: BothLogs,
  stamp: Stamp,
  scan: LogScan | undefined,
): Promise<void> {
  const { place, sides, runId } = logs;
  const last = scan?.last && { sequence: { $gt: Long.fromBigInt(scan.last.sequence) } };
  const filter = { runId, ...last };
  await countWhile(task, filter, async (tally) => {
    const lineOf = lineFormat(logs, scan);
    // A half-written last line stays a line of its own.
    let text = scan && !scan.ended ? "\n" : "";
    await publish(
      place.path,
      stamp,
      async (file) => {
        const flush = async () => {
          tally.bytes += Buffer.byteLength(text);
          await file.appendFile(text);
          text = "";
        };
        for await (const entry of documentsAsStored(sides, "logs", filter)) {
          try {
            text += lineOf(entry);
            tally.settle("logs", "written");
          } catch (error) {
            tally.refuse("logs", entryId(entry), refusalIn(error));
          }
          if (text.length > chunkLength) await flush();
        }
        await flush();
        return tally.counts.logs.written > 0;
      },
      place.there,
    );
    if (tally.counts.logs.written > 0) tally.files += 1;
  });
}

/** How entries become lines; if no line of the log has a sequence, the line's number is it. */
function lineFormat(logs: BothLogs, scan: LogScan | undefined): (entry: Document) => string {
  const isNumbered = !scan?.last || scan.facts.numbered;
  const runId = isNamed(logs) ? undefined : { runId: logs.runId };
  let line = BigInt(scan?.lines ?? 0);
  return (entry) => {
    const record = new Map([...Object.entries(runId ?? {}), ...recordOf("logs", entry)]);
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

/** Whether the file's name or a run's file tells whose log it is; neither does if the run is new. */
function isNamed({ runId, place, sides }: BothLogs): boolean {
  if (place.stem === runId) return true;
  const runs = [sides, toHeldAddress(sides)].map((one) => fileOf(one, "runs", place.stem));
  return runs.some(({ path }) => existsSync(path));
}
