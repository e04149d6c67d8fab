import type { Document } from "mongodb";
import {
  type FilePlace,
  Refusal,
  type Stamp,
  type WholeFileRole,
  besideOf,
  formatJson,
  isSideOf,
  publish,
  readableKey,
  recordOf,
  refusalIn,
  stampOf,
  wholeFile,
} from "../../state";
import type { ExportTally } from "./report";
import type { Decided } from "./write-file";

/** Where MongoDB's side of a file goes. */
export interface BesidePlace {
  readonly path: string;
  readonly name: string;
  /** The file that stays as it is. */
  readonly file: FilePlace;
  /** What was there when it was looked at. */
  readonly stamp: Stamp;
  /** Why it cannot go there: another file has the name, such as that of a run `<runId>.mongo`. */
  readonly taken: string | undefined;
}

/** Looks at the place beside a file; what an export put there earlier may be replaced. */
export async function lookBeside(file: FilePlace): Promise<BesidePlace> {
  const { path, name } = besideOf(file);
  const stamp = await stampOf(path);
  const isFree = stamp === undefined || (await isSideOf(path, file.stem));
  const taken = isFree
    ? undefined
    : `its conflict copy ${name} cannot be written, because another file has that name`;
  return { path, name, file, stamp, taken };
}

/** A document that does not go to its file, and why. */
interface Conflict {
  readonly id: string;
  readonly document: Document;
  readonly detail: string;
}

/** The text of a document that goes beside its file, which is counted; undefined if it cannot go there. */
export function besideText(
  tally: ExportTally,
  { name: beside, file, taken }: BesidePlace,
  { id, document, detail }: Conflict,
): string | undefined {
  try {
    if (taken !== undefined) throw new Refusal("conflict", `${detail}; ${taken}`);
    const text = formatJson(recordOf(file.role, document));
    tally.conflict(file.role, { id, file: file.name, beside, detail });
    return text;
  } catch (error) {
    tally.refuse(file.role, id, refusalIn(error));
    return undefined;
  }
}

/** Writes documents beside a file that stays as it is. */
export async function writeBeside(
  tally: ExportTally,
  role: WholeFileRole,
  beside: BesidePlace,
  conflicts: readonly Decided[],
): Promise<void> {
  const documents = conflicts.flatMap(({ key, mongo: { document }, detail = "" }) => {
    const conflict = { id: readableKey(key), document, detail };
    return besideText(tally, beside, conflict) === undefined ? [] : [document];
  });
  if (documents.length === 0) return;
  const records = documents.map((document) => recordOf(role, document));
  const content = `${formatJson(wholeFile(role, records, undefined, documents), 2)}\n`;
  await publish(beside.path, beside.stamp, (file) => file.writeFile(content));
}
