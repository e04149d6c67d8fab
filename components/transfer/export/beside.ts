import type { Document } from "mongodb";
import {
  type FilePlace,
  Refusal,
  type Stamp,
  type WholeFilePlace,
  besideOf,
  formatRecord,
  isSideOf,
  publish,
  readableKey,
  recordOf,
  refusalIn,
  stampOf,
  wholeFile,
} from "../../state";
import type { ExportTask, Outgoing } from "./run";

/** Where MongoDB's side of a file goes. */
export interface BesidePlace {
  readonly path: string;
  readonly name: string;
  /** What was there when it was looked at. */
  readonly stamp: Stamp;
  /** Why it cannot go there: another file has the name, such as that of a run `<runId>.mongo`. */
  readonly taken: string | undefined;
}

/** Looks at the place beside a file; what an export put there earlier may be replaced. */
export async function lookBeside(place: FilePlace): Promise<BesidePlace> {
  const { path, name } = besideOf(place);
  const stamp = await stampOf(path);
  const isFree = stamp === undefined || (await isSideOf(path, place.stem));
  const taken = isFree ? undefined : `${name} beside it is another file, which stays`;
  return { path, name, stamp, taken };
}

/** Writes what MongoDB has beside a file that stays as it is, and counts it as conflicts. */
export async function writeBeside(
  { tally }: ExportTask,
  place: WholeFilePlace,
  conflicts: readonly (Outgoing & { readonly detail: string })[],
): Promise<void> {
  if (conflicts.length === 0) return;
  const { role, name: file } = place;
  const { path, name: beside, stamp, taken } = await lookBeside(place);
  const documents: Document[] = [];
  const records: ReadonlyMap<string, unknown>[] = [];
  for (const { key, side, detail } of conflicts) {
    const id = readableKey(key);
    const record = recordOf(role, side.document);
    try {
      formatRecord(record);
      if (taken !== undefined) throw new Refusal("conflict", `${detail}; ${taken}`);
      documents.push(side.document);
      records.push(record);
      tally.conflict(role, { id, file, beside, detail });
    } catch (error) {
      tally.refuse(role, id, refusalIn(error));
    }
  }
  if (records.length === 0) return;
  const content = `${formatRecord(wholeFile(role, records, undefined, documents), 2)}\n`;
  await publish(path, stamp, (handle) => handle.writeFile(content));
}
