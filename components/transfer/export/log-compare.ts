import { type Document, Long } from "mongodb";
import { Refusal, differingPaths, formatRecord, publish, recordOf } from "../../state";
import { documentsAsStored, inOrder } from "../documents";
import { merge, sideOf } from "../merge";
import type { BesidePlace } from "./beside";
import { type BothLogs, type LogScan, ascendingEntries, sequenceOf } from "./log-entries";
import type { ExportTask } from "./run";

/** An entry in MongoDB, and how it differs from the file; no detail if it does not. */
interface Compared {
  readonly document: Document;
  readonly detail: string | undefined;
}

/** Counts the entries up to the file's last one; whether any of them goes beside it. */
export async function compareLog(
  { tally }: ExportTask,
  logs: BothLogs,
  scan: LogScan,
  last: bigint,
  { name: beside, taken }: BesidePlace,
): Promise<boolean> {
  const { runId, place } = logs;
  let differ = false;
  for await (const { document, detail } of compared(logs, scan, last)) {
    if (detail === undefined) tally.settle("logs", "unchanged");
    else {
      const id = `${runId}:${String(document.sequence)}`;
      if (taken === undefined) tally.conflict("logs", { id, file: place.name, beside, detail });
      else tally.refuse("logs", id, new Refusal("conflict", `${detail}; ${taken}`));
      differ = taken === undefined;
    }
  }
  return differ;
}

/** Writes the entries that differ beside the log, as a list whose begin tells what it is. */
export async function writeBesideLog(
  logs: BothLogs,
  scan: LogScan,
  last: bigint,
  { path, stamp }: BesidePlace,
): Promise<void> {
  await publish(path, stamp, async (file) => {
    let before = "[\n";
    for await (const { document, detail } of compared(logs, scan, last)) {
      if (detail === undefined) continue;
      await file.appendFile(before + formatRecord(recordOf("logs", document)));
      before = ",\n";
    }
    await file.appendFile("\n]\n");
  });
}

/** Both logs side by side in the order of their sequence. */
async function* compared(
  { runId, place, sides }: BothLogs,
  scan: LogScan,
  last: bigint,
): AsyncGenerator<Compared> {
  const disk = ascendingEntries(place, scan);
  let head = await disk.next();
  const filter = { runId, sequence: { $lte: Long.fromBigInt(last) } };
  for await (const document of documentsAsStored(sides, "logs", filter, inOrder)) {
    const sequence = sequenceOf(document) ?? -1n;
    while (!head.done && head.value.sequence < sequence) head = await disk.next();
    const there =
      !head.done && head.value.sequence === sequence
        ? head.value.document
        : scan.stragglers.get(sequence);
    yield { document, detail: there ? difference(there, document) : noPlace };
  }
  await disk.return(undefined);
}

const noPlace = "the file has later entries and not this one; a log is only appended to";

function difference(disk: Document, mongo: Document): string | undefined {
  const verdict = merge("logs", sideOf("logs", disk), sideOf("logs", mongo), undefined);
  if (verdict === "equal") return undefined;
  return `the file has another content: ${differingPaths("logs", disk, mongo).join(", ")}`;
}
