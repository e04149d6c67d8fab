import { type Document, type Filter, Long } from "mongodb";
import type { FileHandle } from "node:fs/promises";
import { Refusal, differingPaths, placeOf, publish, stampOf } from "../../state";
import { countOf, documentsAsStored, hasAny, inOrder } from "../documents";
import { lookBeside } from "./beside";
import { compareLog, writeBesideLog } from "./log-compare";
import {
  type LogEntry,
  type LogScan,
  lastEntry,
  scanLog,
  sequenceOf,
  type BothLogs,
} from "./log-entries";
import { LogWriter } from "./log-writer";
import type { ExportRun } from "./run";

/**
 * Brings a run's log entries to its file: those that come after the file's last one are appended,
 * in the order of their sequence; what the file has is never rewritten. An entry that the file has
 * with other content, or has no place for, is written beside it.
 */
export async function exportLog(run: ExportRun, runId: string): Promise<void> {
  try {
    const place = await placeOf(run.sides, "logs", runId);
    await exportTo(run, { runId, place, sides: run.sides });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await refuseAll(run, { runId }, error);
  }
}

async function refuseAll(
  { sides, tally }: ExportRun,
  filter: Filter<Document>,
  refusal: Refusal,
): Promise<void> {
  for await (const { runId, sequence } of documentsAsStored(sides, "logs", filter, inOrder)) {
    tally.refuse("logs", `${String(runId)}:${String(sequence)}`, refusal);
  }
}

async function exportTo(run: ExportRun, logs: BothLogs): Promise<void> {
  const { place, runId } = logs;
  if (place.there && !run.sides.all && (await endsAlike(logs))) {
    run.tally.settle("logs", "unchanged", await countOf(run.sides, "logs", { runId }));
    return;
  }
  const stamp = await stampOf(place.path);
  const scan = place.there ? await scanLog(run.sides, place) : undefined;
  if (scan?.last !== undefined) {
    const beside = await lookBeside(place);
    const differ = await compareLog(run, logs, scan, scan.last, beside);
    if (differ) await writeBesideLog(logs, scan, scan.last, beside);
  }
  await append(run, logs, stamp, scan);
}

/**
 * Whether both end with the same entry, or MongoDB has none: then no entry of the file is looked at.
 * A file that ends later went on without MongoDB, and may have done so from an earlier entry on.
 */
async function endsAlike({ place, sides, runId }: BothLogs): Promise<boolean> {
  const end = await lastEntry(place, runId);
  if (!end) return false;
  let alike = false;
  const from = { runId, sequence: { $gte: Long.fromBigInt(end.sequence) } };
  for await (const document of documentsAsStored(sides, "logs", from, inOrder)) {
    alike = !alike && isSame(end, document);
    if (!alike) return false;
  }
  return alike || !(await hasAny(sides, "logs", { runId }));
}

function isSame({ sequence, document }: LogEntry, mongo: Document): boolean {
  return sequenceOf(mongo) === sequence && differingPaths("logs", document, mongo).length === 0;
}

async function append(
  run: ExportRun,
  { runId, place, sides }: BothLogs,
  stamp: string | undefined,
  scan: LogScan | undefined,
): Promise<void> {
  const filter = after(runId, scan?.last);
  if (!(await hasAny(sides, "logs", filter))) return;
  const writer = new LogWriter(sides, place, runId, scan, run.tally);
  const write = async (file: FileHandle) => {
    for await (const document of documentsAsStored(sides, "logs", filter, inOrder)) {
      await writer.add(file, document);
    }
    await writer.end(file);
  };
  try {
    await publish(place.path, stamp, write, place.there);
    writer.count();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    await refuseAll(run, filter, error);
  }
}

function after(runId: string, last: bigint | undefined): Filter<Document> {
  return last === undefined ? { runId } : { runId, sequence: { $gt: Long.fromBigInt(last) } };
}
