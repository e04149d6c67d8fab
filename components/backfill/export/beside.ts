import type { Document } from "mongodb";
import { Refusal } from "../errors";
import { readableKey } from "../keys";
import type { ExportRun } from "./export-run";
import { recordOf } from "./form";
import { besideOf } from "./place";
import { publish, stampOf } from "./publish";
import type { Outgoing } from "./outgoing";
import { textOf } from "./text";
import { wholeFile, type WholeFilePlace } from "./whole-file";

/** Writes what MongoDB has beside a file that stays as it is, and counts it as conflicts. */
export async function writeBeside(
  { tally }: ExportRun,
  place: WholeFilePlace,
  conflicts: readonly (Outgoing & { readonly detail: string })[],
): Promise<void> {
  const { role, name: file } = place;
  const beside = besideOf(place);
  const documents: Document[] = [];
  const records: ReadonlyMap<string, unknown>[] = [];
  for (const { key, side, detail } of conflicts) {
    const id = readableKey(key);
    const record = recordOf(role, side.document);
    try {
      textOf(record);
      documents.push(side.document);
      records.push(record);
      tally.conflict(role, { id, file, beside: beside.name, detail });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      tally.refuse(role, id, error);
    }
  }
  if (records.length === 0) return;
  const content = `${textOf(wholeFile(role, records, undefined, documents), 2)}\n`;
  const stamp = await stampOf(beside.path);
  await publish(beside.path, stamp, (handle) => handle.writeFile(content));
}
