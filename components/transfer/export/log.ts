import { type Document, type Filter, Long } from "mongodb";
import { existsSync } from "node:fs";
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
  recordOf,
  refusalIn,
  stampOf,
  stemNamed,
} from "../../state";
import { documentsAsStored } from "../documents";
import { Tally } from "../tally";
import { conflictCopyOf, countConflict } from "./conflict-copy";
import {
  type BothLogs,
  type LogEntry,
  type LogScan,
  ascendingEntries,
  entryId,
  lastEntry,
  scanLog,
  sequenceOf,
} from "./log-entries";
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
    const logs = { runId, place, sides };
    const stamp = await stampOf(place.path);
    const scan = place.there ? await scanLog(sides, place) : undefined;
    const last = scan?.last;
    const isCommon = last && !sides.all && (await isInMongo(logs, last));
    if (last && !isCommon) await compareLog({ ...task, tally }, logs, scan, last.sequence);
    const isBehind = !last || log.last === undefined || log.last > last.sequence;
    if (isBehind) await append({ ...task, tally }, logs, stamp, scan);
  });
}

/** Counts what became of entries when they are in their file; if it is refused, all that a filter selects are. */
async function countWhile(
  { sides, tally }: ExportTask,
  filter: Filter<Document>,
  work: (tally: Tally) => Promise<void>,
): Promise<void> {
  const done = new Tally();
  try {
    await work(done);
    tally.add(done);
  } catch (error) {
    const refusal = refusalIn(error);
    for await (const entry of documentsAsStored(sides, "logs", filter)) {
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

/** Compares the entries up to the file's last one. Those that differ go to the log's conflict copy. */
async function compareLog(
  task: ExportTask,
  logs: BothLogs,
  scan: LogScan,
  last: bigint,
): Promise<void> {
  const { tally } = task;
  const copy = await conflictCopyOf(task, logs.place);
  await publish(copy.path, copy.stamp, async (file) => {
    let hasConflict = false;
    for await (const { document, detail } of compareEntries(logs, scan, last)) {
      if (detail === undefined) {
        tally.count("logs", "unchanged");
        continue;
      }
      const conflict = { id: entryId(document), document, detail };
      if (!countConflict(tally, copy, conflict)) continue;
      await file.appendFile(`${formatJson(recordOf("logs", document))}\n`);
      hasConflict = true;
    }
    return hasConflict;
  });
}

async function* compareEntries(
  { runId, place, sides }: BothLogs,
  scan: LogScan,
  last: bigint,
): AsyncGenerator<{ readonly document: Document; readonly detail: string | undefined }> {
  const disk = ascendingEntries(place, scan);
  let head = await disk.next();
  const filter = { runId, sequence: { $lte: Long.fromBigInt(last) } };
  for await (const document of documentsAsStored(sides, "logs", filter)) {
    const sequence = sequenceOf(document) ?? -1n;
    while (!head.done && head.value.sequence < sequence) head = await disk.next();
    const there =
      !head.done && head.value.sequence === sequence
        ? head.value.document
        : scan.stragglers.get(sequence);
    const paths = there && differingPaths("logs", there, document);
    const different = `the file has different content: ${paths?.join(", ") ?? ""}`;
    yield { document, detail: !paths ? noPlace : paths.length > 0 ? different : undefined };
  }
  await disk.return(undefined);
}

const noPlace = "the file has later entries but not this one, and a log is only appended to";

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
            tally.count("logs", "written");
          } catch (error) {
            tally.refuseDocument("logs", entryId(entry), refusalIn(error));
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
