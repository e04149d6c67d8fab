import { type Document, type Filter, Long } from "mongodb";
import type { FileHandle } from "node:fs/promises";
import {
  type Refusal,
  type Stamp,
  fileOf,
  hashOf,
  placeOf,
  publish,
  refusalIn,
  stampOf,
  stemNamed,
} from "../../state";
import { documentsAsStored, hasAny, inOrder } from "../documents";
import { lookBeside } from "./beside";
import { compareLog, writeBesideLog } from "./log-compare";
import { type BothLogs, type LogEntry, type LogScan, lastEntry, scanLog } from "./log-entries";
import { LogWriter } from "./log-writer";
import type { ExportSides, ExportTask, LogInMongo, RunInMongo } from "./run";

/**
 * Brings a run's log entries to its file: those that come after the file's last one are appended,
 * in the order of their sequence; what the file has is never rewritten. An entry that the file has
 * with other content, or has no place for, is written beside it. If the file's last entry is
 * MongoDB's too, none before it is looked at, unless `all`.
 */
export async function exportLog(task: ExportTask, run: RunInMongo): Promise<void> {
  const { runId, log } = run;
  if (!log) return;
  const { sides, tally } = task;
  try {
    if (!sides.all && (await endsAlike(sides, run, log))) {
      tally.settle("logs", "unchanged", log.count);
      return;
    }
    const place = await placeOf(sides, "logs", runId);
    await exportTo(task, { runId, place, sides }, log);
  } catch (error) {
    await refuseAll(task, { runId }, refusalIn(error));
  }
}

async function refuseAll(
  { sides, tally }: ExportTask,
  filter: Filter<Document>,
  refusal: Refusal,
): Promise<number> {
  let count = 0;
  for await (const { runId, sequence } of documentsAsStored(sides, "logs", filter, inOrder)) {
    tally.refuse("logs", `${String(runId)}:${String(sequence)}`, refusal);
    count += 1;
  }
  return count;
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

async function exportTo(task: ExportTask, logs: BothLogs, { count }: LogInMongo): Promise<void> {
  const { place, sides } = logs;
  const stamp = await stampOf(place.path);
  const scan = place.there ? await scanLog(sides, place) : undefined;
  const isCommon = scan?.last && !sides.all && (await isInMongo(logs, scan.last));
  if (scan?.last && !isCommon) {
    const beside = await lookBeside(place);
    const differ = await compareLog(task, logs, scan, scan.last.sequence, beside);
    if (differ) await writeBesideLog(logs, scan, scan.last.sequence, beside);
  }
  const appended = await append(task, logs, stamp, scan);
  if (isCommon) task.tally.settle("logs", "unchanged", Math.max(0, count - appended));
}

/** Whether MongoDB has a file's last entry as the file has it. */
async function isInMongo(
  { sides, runId }: BothLogs,
  { sequence, document }: LogEntry,
): Promise<boolean> {
  const hashes: string[] = [];
  const filter = { runId, sequence: Long.fromBigInt(sequence) };
  for await (const entry of documentsAsStored(sides, "logs", filter, inOrder)) {
    hashes.push(hashOf("logs", entry));
  }
  return hashes.length === 1 && hashes[0] === hashOf("logs", document);
}

/** How many entries were appended or refused. */
async function append(
  task: ExportTask,
  logs: BothLogs,
  stamp: Stamp,
  scan: LogScan | undefined,
): Promise<number> {
  const { runId, place, sides } = logs;
  const filter = after(runId, scan?.last);
  if (scan && !(await hasAny(sides, "logs", filter))) return 0;
  const writer = new LogWriter(logs, scan, task.tally);
  const write = async (file: FileHandle) => {
    for await (const document of documentsAsStored(sides, "logs", filter, inOrder)) {
      await writer.add(file, document);
    }
    await writer.end(file);
  };
  try {
    await publish(place.path, stamp, write, place.there);
    return writer.count();
  } catch (error) {
    return refuseAll(task, filter, refusalIn(error));
  }
}

function after(runId: string, last: LogEntry | undefined): Filter<Document> {
  return last ? { runId, sequence: { $gt: Long.fromBigInt(last.sequence) } } : { runId };
}
