import { type Document, Long } from "mongodb";
import { differingPaths, publish } from "../../state";
import { documentsAsStored } from "../documents";
import { merge, sideOf } from "../merge";
import { besideText, lookBeside } from "./beside";
import { type BothLogs, type LogScan, ascendingEntries, entryId, sequenceOf } from "./log-entries";
import type { ExportTally } from "./report";

/** An entry in MongoDB, and how it differs from the file; no detail if it does not. */
interface Compared {
  readonly document: Document;
  readonly detail: string | undefined;
}

/**
 * Compares the entries up to the file's last one. Those that differ go beside the log, as a list whose
 * begin tells what it is.
 */
export async function compareLog(
  tally: ExportTally,
  logs: BothLogs,
  scan: LogScan,
  last: bigint,
): Promise<void> {
  const beside = await lookBeside(logs.place);
  await publish(beside.path, beside.stamp, async (file) => {
    let before = "[\n";
    for await (const { document, detail } of compareEntries(logs, scan, last)) {
      if (detail === undefined) {
        tally.settle("logs", "unchanged");
        continue;
      }
      const text = besideText(tally, beside, { id: entryId(document), document, detail });
      if (text === undefined) continue;
      await file.appendFile(before + text);
      before = ",\n";
    }
    if (before === "[\n") return false;
    await file.appendFile("\n]\n");
    return true;
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
