import { type Document, Long } from "mongodb";
import { differingPaths, formatJson, publish, recordOf } from "../../state";
import { documentsAsStored } from "../documents";
import { merge, sideOf } from "../merge";
import { conflictCopyOf, countConflict } from "./conflict-copy";
import { type BothLogs, type LogScan, ascendingEntries, entryId, sequenceOf } from "./log-entries";
import type { ExportTask } from "./run";

/** An entry in MongoDB, and how it differs from the file; no detail if it does not. */
interface Compared {
  readonly document: Document;
  readonly detail: string | undefined;
}

/** Compares the entries up to the file's last one. Those that differ go to the log's conflict copy. */
export async function compareLog(
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
        tally.settle("logs", "unchanged");
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

/** Both logs side by side in the order of their sequence. */
async function* compareEntries(
  { runId, place, sides }: BothLogs,
  scan: LogScan,
  last: bigint,
): AsyncGenerator<Compared> {
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
    yield { document, detail: there ? difference(there, document) : noPlace };
  }
  await disk.return(undefined);
}

const noPlace = "the file has later entries but not this one, and a log is only appended to";

function difference(disk: Document, mongo: Document): string | undefined {
  const verdict = merge("logs", sideOf("logs", disk), sideOf("logs", mongo), undefined);
  if (verdict === "equal") return undefined;
  return `the file has different content: ${differingPaths("logs", disk, mongo).join(", ")}`;
}
